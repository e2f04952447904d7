"""docs/schemas and the page's types are those of the dataclasses, and the files that gemelo writes fit them."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gemelo.edge.build import make_pack
from gemelo.store.bundle import Bundle
from gemelo.store.files import read_json
from gemelo.store.schema import as_json
from gemelo.webpage.content import collect_goldens, page_content
from tests.conftest import ROOT
from tests.support.pages import make_full_bundle
from tools import schemas


def assert_fits(name: str, value: Any) -> None:
    """Hold JSON to the published schema of a file."""
    schema = read_json(ROOT / "docs" / "schemas" / name)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(value)


@pytest.mark.parametrize("name", schemas.files())
def test_generated_files_are_up_to_date(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == schemas.files()[name], "make docs writes it anew"


def test_no_other_schema_is_published() -> None:
    assert {path.name for path in (ROOT / "docs" / "schemas").iterdir()} == set(schemas.FILES)


def test_a_bundle_its_page_and_its_pack_fit(tmp_path: Path) -> None:
    bundle = make_full_bundle(tmp_path / "full")
    for name in ("manifest.json", "reference.json", "parity.json"):
        assert_fits(name, read_json(bundle.path / name))
    assert_fits(
        "page.json",
        as_json(page_content(bundle, {"tfjs": "tfjs", "onnx": "onnx"}, collect_goldens(bundle), {"a": b"x"}, 1000)),
    )
    pack = make_pack(bundle.path, tmp_path / "pack").path
    assert_fits("pack.json", read_json(pack / "pack.json"))
    assert_fits("preprocessing.json", read_json(pack / "preprocessing.json"))
    assert_fits("expected.json", read_json(pack / "goldens" / "expected.json"))


def test_a_trained_run_and_its_bundle_fit(small_run: Path, small_bundle: Path) -> None:
    for name in ("run.json", "dataset.json", "history.json", "reference.json"):
        assert_fits(name, read_json(small_run / name))
    for name in ("manifest.json", "reference.json", "parity.json"):
        assert_fits(name, read_json(small_bundle / name))
    bundle = Bundle.open(small_bundle)
    for path in bundle.files:
        if (name := Path(path).name) in ("layers.json", "quantization.json"):
            assert_fits(name, read_json(bundle.file(path)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 3}, "2 was expected"),
        ({"kind": "run"}, "'bundle' was expected"),
        ({"labels": None}, "None is not of type 'array'"),
        ({"abstain": {"threshold": 1}}, "not valid under any"),
        ({"files": {"a": {"bytes": -1, "sha256": "0" * 64}}}, "-1 is less than the minimum"),
        ({"files": {"a": {"bytes": 1, "sha256": "x"}}}, "'x' does not match"),
    ],
)
def test_damaged_files_do_not_fit(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    value = as_json(make_full_bundle(tmp_path / "full").manifest)
    assert_fits("manifest.json", value)
    with pytest.raises(jsonschema.ValidationError, match=said):
        assert_fits("manifest.json", {**value, **change})
