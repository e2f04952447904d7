"""The page below the app runs by what the bundle has."""

from pathlib import Path

import pytest
import streamlit as st

from gemelo.store.files import read_json
from gemelo.webpage import assets
from streamlit_app import hosting
from streamlit_app.models import Found
from tests.support.bundles import reseal
from tests.support.pages import make_assets, make_full_bundle


@pytest.mark.parametrize(
    ("formats", "runtime"),
    [(("onnx", "tfjs", "tflite"), "tfjs"), (("onnx", "tflite"), "onnx"), (("tflite",), "litert")],
)
def test_the_lightest_runtime_that_the_bundle_has_something_for(
    formats: tuple[str, ...], runtime: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "FOLDER", make_assets(tmp_path / "web"))
    monkeypatch.setattr(hosting, "FOLDER", tmp_path / "pages")
    monkeypatch.setattr(st, "get_option", lambda name: True)
    full = make_full_bundle(tmp_path / "bundle")
    bundle = reseal(full, artifacts=[artifact for artifact in full.artifacts if artifact.format in formats])
    hosting.publish(Found(bundle.path, "stamp", bundle, None), 64_000_000)
    [page] = (tmp_path / "pages").iterdir()
    assert read_json(page / "page.json")["runtimes"] == [runtime]
