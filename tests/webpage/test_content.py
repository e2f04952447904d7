"""page.json: what stands in it. Artifacts that gave Keras's digits are held to them, others as by `gemelo verify`."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gemelo
from gemelo.cli.page import page
from gemelo.cli.show import print_parity
from gemelo.errors import SchemaError, UnknownNameError, UsageError
from gemelo.parity import verify
from gemelo.parity.html import render
from gemelo.preprocessing import prepare
from gemelo.store.bundle import Bundle, ParityRow
from gemelo.store.files import FileRow, read_json, write_json
from gemelo.store.manifest import Abstain, DeclaredFact, ImportedFacts
from gemelo.store.reference import tensor_sha256
from gemelo.webpage.assets import Assets
from gemelo.webpage.content import choose_runtimes, collect_goldens, encode, page_content
from tests.support.bundles import LABELS, PREPROCESSING, make_bundle, reseal
from tests.support.pages import FORMATS, make_full_bundle


def content(bundle: Bundle, *runtimes: str) -> dict[str, Any]:
    chosen = {name: FORMATS[name] for name in runtimes or FORMATS}
    made = page_content(bundle, chosen, collect_goldens(bundle), {"samples/cat-1.jpg": b"jpeg"}, 64_000_000)
    return json.loads(encode(made, bundle))


def test_what_stands_in_it(written: Path) -> None:
    bundle = Bundle.open(written)
    value = content(bundle)
    assert value["schema"] == 2
    assert value["gemelo"] == gemelo.__version__
    assert (value["name"], value["architecture"], value["parameters"]) == ("tiny", "mean-color", 6)
    assert value["labels"] == LABELS
    assert value["preprocessing"] == PREPROCESSING.to_json()
    assert value["accuracy"] == 1.0
    assert value["threshold"] is None
    assert value["max_pixels"] == 64_000_000
    assert value["runtimes"] == ["tfjs", "onnx", "litert"]
    assert [(a["format"], a["variant"]) for a in value["artifacts"]] == [
        ("onnx", "fp32"),
        ("onnx", "int8"),
        ("tfjs", "fp32"),
        ("tflite", "fp32"),
    ]
    assert value["samples"] == [
        {"path": "samples/cat-1.jpg", "bytes": 4, "sha256": hashlib.sha256(b"jpeg").hexdigest()}
    ]


def test_an_imported_model_shows_its_declarations_and_its_warning(
    bundle: Path, built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [DeclaredFact("scale", "0..1", "option"), DeclaredFact("channel_order", "bgr", "preset")]
    source = ImportedFacts("my.keras", "0" * 64, 9, "keras", "Keras", "3", "keras", said, warning="Use scale [0..255].")
    imported = reseal(Bundle.open(bundle), imported=source)
    value = content(imported)["imported"]
    assert value["declared"] == [vars(row) for row in said]
    assert value["warning"] == source.warning
    page(bundle, tmp_path / "page")
    print_parity(verify(bundle), {})
    assert capsys.readouterr().out.count("WARNING Use scale [0..255].") == 2
    assert "Use scale [0..255]." in render(verify(bundle))
    assert imported.manifest.color == "RGB, which the model swaps to BGR"
    right = reseal(imported, imported=replace(source, warning=None))
    assert "warning" not in content(right)["imported"]
    assert 'class="warn"' not in render(verify(bundle))


def test_what_gives_keras_digits_in_fewer_bytes_comes_first(tmp_path: Path) -> None:
    bundle = make_full_bundle(tmp_path / "full")
    exact = {"max_abs_difference": 3e-6, "top1_agreement": 1.0}
    for name, parity, wanted in [
        ("onnx/int8", exact, True),
        ("onnx/int8", {**exact, "max_abs_difference": 2e-5}, False),
        ("onnx/int8", {**exact, "top1_agreement": 0.9995}, False),
        ("onnx/int8", {}, False),
        ("tfjs/fp32", {}, True),
    ]:
        rows = content(with_parity(bundle, name, parity))["artifacts"]
        found = {f"{row['format']}/{row['variant']}": row["exact"] for row in rows}
        assert found[name] is wanted, (name, parity)
        held = {
            f"{row['format']}/{row['variant']}": (row["tolerance"], row["expected_outputs"] is None) for row in rows
        }
        assert held[name] == ((1e-5, True) if wanted else (1e-2, False))
        smaller = name == "onnx/int8" and wanted
        order = ["onnx/int8", "onnx/fp32"] if smaller else ["onnx/fp32", "onnx/int8"]
        assert list(found) == [*order, "tfjs/fp32", "tflite/fp32"]


def with_parity(bundle: Bundle, name: str, parity: dict[str, Any]) -> Bundle:
    """The bundle with another measurement of one artifact, and an ONNX fp32 that is the larger one."""
    rows = [replace(a, parity=ParityRow(**parity)) if a.name == name else a for a in bundle.artifacts]
    larger = {"onnx/fp32.onnx": FileRow(10_000, "0" * 64)}
    rows = [replace(a, files=larger) if a.name == "onnx/fp32" else a for a in rows]
    return Bundle(bundle.path, replace(bundle.manifest, artifacts=rows))


def test_the_threshold_goes_with_it(tmp_path: Path) -> None:
    bundle = reseal(make_bundle(tmp_path / "tiny"), abstain=Abstain(0.75, 1.0, 1.0))
    assert content(bundle, "onnx")["threshold"] == 0.75


def test_every_file_has_the_hash_of_the_file(written: Path) -> None:
    value = content(Bundle.open(written))
    rows = {value["reference"]["path"]: value["reference"], **value["layers"]["files"]}
    for artifact in value["artifacts"]:
        assert artifact["path"] in artifact["files"]
        rows |= artifact["files"]
    assert {"bundle/tfjs/fp32/group1-shard1of1.bin", "bundle/layers/tfjs/model.json"} <= set(rows)
    for path, row in rows.items():
        data = (written / path.removeprefix("bundle/")).read_bytes()
        assert (row["bytes"], row["sha256"]) == (len(data), hashlib.sha256(data).hexdigest()), path


def test_goldens_are_found_by_their_offsets(written: Path) -> None:
    bundle = Bundle.open(written)
    packed = collect_goldens(bundle)
    row = content(bundle)["goldens"]
    assert (row["path"], row["bytes"]) == ("goldens.bin", len(packed.data))
    assert row["sha256"] == hashlib.sha256(packed.data).hexdigest()
    assert len(row["images"]) == 24
    for image, reference in zip(row["images"], bundle.reference.goldens, strict=True):
        png = packed.data[image["offset"] : image["offset"] + image["bytes"]]
        assert png == (written / "goldens" / image["name"]).read_bytes()
        assert image["tensor_sha256"] == tensor_sha256(prepare(png, bundle.preprocessing))
        assert (np.asarray(image["probabilities"], np.float32) == reference.probabilities).all()


@pytest.mark.parametrize(
    ("convolutions", "tolerance"), [(0, 1e-5), (20, 1e-5), (21, 1e-4)], ids=["shallow", "at the edge", "deep"]
)
def test_fp32_is_held_to_keras(tmp_path: Path, convolutions: int, tolerance: float) -> None:
    value = content(make_full_bundle(tmp_path / "tiny", convolutions=convolutions))
    first = value["artifacts"][0]
    # One golden is all black: both labels are equally probable, and either may win.
    assert (first["variant"], first["tolerance"], first["allowed_label_changes"], first["expected_outputs"]) == (
        "fp32",
        tolerance,
        1,
        None,
    )


def test_a_quantized_artifact_is_held_to_its_own_expected_outputs(written: Path) -> None:
    int8 = content(Bundle.open(written))["artifacts"][1]
    assert (int8["variant"], int8["tolerance"], int8["allowed_label_changes"]) == ("int8", 1e-2, 0)
    assert int8["expected_outputs"] == read_json(written / "parity.json")["artifacts"][1]["goldens"]
    assert np.shape(int8["expected_outputs"]) == (24, 2)


def test_without_expected_outputs_labels_alone_count(bundle: Path) -> None:
    opened, report = Bundle.open(bundle), read_json(bundle / "parity.json")
    report["artifacts"][1]["goldens"] = []
    write_json(bundle / "parity.json", report)
    int8 = content(reseal(opened))["artifacts"][1]
    unsure = sum(abs(image.probabilities[0] - image.probabilities[1]) <= 0.2 for image in opened.reference.goldens)
    assert (int8["tolerance"], int8["allowed_label_changes"], int8["expected_outputs"]) == (1.0, 1 + unsure, None)


@pytest.mark.parametrize("goldens", [[[0.5, 0.5]], [[0.5]] * 24, [7] * 24, "none"], ids=str)
def test_expected_outputs_of_another_shape_are_refused(bundle: Path, goldens: object) -> None:
    opened, report = Bundle.open(bundle), read_json(bundle / "parity.json")
    report["artifacts"][1]["goldens"] = goldens
    write_json(bundle / "parity.json", report)
    with pytest.raises(SchemaError, match=r"no 24x2 answers of onnx/int8|artifacts\[1\]\.goldens"):
        content(reseal(opened))


@pytest.mark.parametrize("report", [[], {"artifacts": [{"format": "onnx"}]}], ids=str)
def test_a_parity_report_that_is_none_is_refused(bundle: Path, report: object) -> None:
    opened = Bundle.open(bundle)
    write_json(bundle / "parity.json", report)
    with pytest.raises(SchemaError, match=r"parity\.json: missing or damaged"):
        content(reseal(opened))


def test_layers_are_there_only_with_tfjs(written: Path) -> None:
    bundle = Bundle.open(written)
    assert content(bundle, "tfjs")["layers"]["path"] == "bundle/layers/layers.json"
    value = content(bundle, "onnx")
    assert value["layers"] is None
    assert "without TF.js" in value["layers_reason"]
    assert [a["format"] for a in value["artifacts"]] == ["onnx", "onnx"]


def test_a_bundle_without_layers_says_why(tmp_path: Path) -> None:
    value = content(make_full_bundle(tmp_path / "tiny", layers=None, layers_reason="no plain chain"))
    assert (value["layers"], value["layers_reason"]) == (None, "no plain chain")
    older = content(make_bundle(tmp_path / "older"), "onnx")
    assert (older["layers"], older["layers_reason"]) == (None, None)


def test_layers_without_a_hash_are_refused(bundle: Path) -> None:
    with pytest.raises(SchemaError, match=r"no hash of layers/other\.json"):
        content(reseal(Bundle.open(bundle), layers="layers/other.json"))


def test_a_golden_that_is_not_in_the_bundle_is_named(bundle: Path) -> None:
    opened, record = Bundle.open(bundle), read_json(bundle / "reference.json")
    record["goldens"][3]["path"] = "goldens/elsewhere.png"
    write_json(bundle / "reference.json", record)
    with pytest.raises(SchemaError, match=r"no hash of goldens/elsewhere\.png"):
        reseal(opened)


def test_a_number_that_is_none_is_refused(bundle: Path) -> None:
    path = bundle / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"accuracy": 1.0', '"accuracy": NaN', 1), encoding="utf-8")
    with pytest.raises(SchemaError, match="NaN is no number of JSON"):
        Bundle.open(bundle)


def test_runtimes_for_which_there_is_something(built: Path, written: Path, tmp_path: Path) -> None:
    assets = Assets.open()
    bundle = Bundle.open(written)
    assert choose_runtimes(assets, bundle, None) == (["tfjs", "onnx", "litert"], [])
    assert choose_runtimes(assets, bundle, ["litert", "tfjs"]) == (["tfjs", "litert"], [])
    small = make_bundle(tmp_path / "small")
    runtimes, notes = choose_runtimes(assets, small, None)
    assert runtimes == ["onnx"]
    assert notes == [
        "without tfjs: the bundle has no tfjs artifact",
        "without litert: the bundle has no tflite artifact",
    ]


def test_runtimes_that_there_are_not(built: Path, written: Path, tmp_path: Path) -> None:
    assets = Assets.open()
    with pytest.raises(UnknownNameError, match="unknown runtime 'tflite'") as caught:
        choose_runtimes(assets, Bundle.open(written), ["tfjs", "tflite"])
    assert caught.value.hint == "there is: tfjs, onnx, litert"
    with pytest.raises(UsageError, match="no artifact for tfjs or litert") as nothing:
        choose_runtimes(assets, make_bundle(tmp_path / "small"), ["tfjs", "litert"])
    assert nothing.value.hint == "it has onnx/fp32"
    with pytest.raises(UsageError, match="no runtime"):
        choose_runtimes(assets, Bundle.open(written), [])
