"""Runs and bundles of gemelo 0.1.0: other keys, another file of reference outputs, and read all the same."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from gemelo.errors import SchemaError
from gemelo.parity import verify
from gemelo.parity.expected import expected_outputs
from gemelo.preprocessing import DEFAULT_MAX_PIXELS
from gemelo.store.bundle import Bundle, artifact_names
from gemelo.store.files import read_json
from gemelo.store.run import Run
from gemelo.store.schema import as_json
from gemelo.store.schema1 import upgraded
from gemelo.webpage.content import collect_goldens, page_content
from tests.support.older import make_older


@pytest.fixture
def bundle(small_bundle: Path, tmp_path: Path) -> Path:
    copy = Path(shutil.copytree(small_bundle, tmp_path / "bundle"))
    make_older(copy, "manifest.json")
    return copy


def test_an_older_bundle_is_read_as_the_same_bundle(small_bundle: Path, bundle: Path) -> None:
    assert "contract" in read_json(bundle / "manifest.json")
    one, other = Bundle.open(small_bundle), Bundle.open(bundle)
    assert other.preprocessing == one.preprocessing
    assert other.artifacts == one.artifacts
    assert expected_outputs(other) == expected_outputs(one)
    assert as_json(other.reference) == as_json(one.reference)
    assert artifact_names(bundle) == artifact_names(small_bundle)


def test_an_older_bundle_is_verified(bundle: Path) -> None:
    report = verify(bundle, formats=["onnx"])
    assert report.passed
    assert report.goldens == 24


def test_the_page_of_an_older_bundle_names_its_own_file(bundle: Path) -> None:
    opened = Bundle.open(bundle)
    value = page_content(opened, {"onnx": "onnx"}, collect_goldens(opened), {}, DEFAULT_MAX_PIXELS)
    assert value.schema == 2
    assert value.reference.path == "bundle/recorded.json"
    assert value.answers is None


def test_an_older_run_is_read_as_the_same_run(small_run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(small_run, tmp_path / "run"))
    make_older(copy, "run.json")
    one, other = Run.open(small_run), Run.open(copy)
    assert other.preprocessing == one.preprocessing
    assert other.manifest.training.preprocessing == one.manifest.training.preprocessing
    assert as_json(other.reference) == as_json(one.reference)


def test_reference_outputs_that_no_hash_covers_are_not_read(small_run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(small_run, tmp_path / "run"))
    make_older(copy, "run.json")
    shutil.copy(small_run / "reference.json", copy / "reference.json")
    with pytest.raises(SchemaError, match=r"no hash of reference\.json"):
        Run.open(copy)


@pytest.mark.parametrize("value", [None, [], "x", {"schema": 1, "contract": 5}, {"schema": 1, "training": []}])
def test_what_is_damaged_stays_damaged(value: Any) -> None:
    before = json.dumps(value)
    upgraded(value)
    assert json.dumps(value) == before
