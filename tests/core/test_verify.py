"""`verify` where some runtimes are missing, and with formats that were named."""

from pathlib import Path

import pytest

import gemelo
from gemelo import runtimes
from gemelo.errors import MissingDependencyError, UnknownNameError
from gemelo.store.bundle import Artifact, Bundle
from tests.support.bundles import make_bundle, reseal


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """One ONNX artifact, and one for TF.js, whose runtime is missing here."""
    made = make_bundle(tmp_path / "tiny")
    folder = made.path / "tfjs" / "fp32"
    folder.mkdir(parents=True)
    (folder / "model.json").write_text('{"weightsManifest": []}')
    artifact = Artifact.of(made.path, "tfjs", "fp32", "tfjs/fp32/model.json")
    reseal(made, artifacts=[made.artifacts[0], artifact])
    return made.path


@pytest.fixture(autouse=True)
def without_node(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise MissingDependencyError("Node", "apt-get install nodejs")

    monkeypatch.setattr(runtimes.get("tfjs"), "version", missing)


def test_what_can_be_run_is_verified_and_the_rest_is_named(bundle: Path) -> None:
    report = gemelo.verify(bundle)
    assert [found.name for found in report.artifacts] == ["onnx/fp32"]
    assert report.passed
    [note] = report.notes
    assert note == "tfjs/fp32 was not verified: Node is not installed; install it with: apt-get install nodejs"


def test_formats_that_were_named(bundle: Path) -> None:
    assert gemelo.verify(bundle, formats=["onnx"]).notes == []
    with pytest.raises(MissingDependencyError, match="Node is not installed"):
        gemelo.verify(bundle, formats=["onnx", "tfjs"])
    with pytest.raises(UnknownNameError, match="unknown format 'tflite'"):
        gemelo.verify(bundle, formats=["tflite"])


def test_where_nothing_can_be_run_it_says_so(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Bundle.open(bundle)
    reseal(opened, artifacts=opened.artifacts[1:])
    with pytest.raises(MissingDependencyError, match="Node is not installed"):
        gemelo.verify(bundle)
