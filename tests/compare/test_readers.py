"""One small network in many files: every file is read by what it says of itself, and all agree."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gemelo.compare import Asked, CompareOptions, CompareReport, compare
from gemelo.compare.beside import declaration
from gemelo.compare.readers import OpenOptions, find
from tests.support import tfjs
from tests.support.bundles import make_bundle
from tests.support.compared import KERNEL, SIDE, Tiny

PETS = Path(__file__).resolve().parents[2] / "models/cats_vs_dogs"
ONNX_FILES: dict[str, dict[str, Any]] = {
    "channels-last": {"layout": "NHWC"},
    "float16": {"dtype": "float16"},
    "fixed-batch": {"batch": 4},
    "fixed-batch-of-1": {"batch": 1},
    "logits": {"end": None},
    "any-size": {"size": "side", "layout": "NHWC"},
    "bgr": {"kernel": KERNEL[:, ::-1].copy()},
    "bytes": {"dtype": "uint8", "layout": "NHWC", "scaled": True},
    "two-outputs": {"extra_output": "active"},
}
OWN: dict[str, dict[str, Any]] = {"bgr": {"channel_order": "bgr"}, "any-size": {"size": str(SIDE)}}


def run(
    paths: list[Path],
    photos: Path,
    common: dict[str, Any] | None = None,
    options: CompareOptions | None = None,
    **own: Any,
) -> CompareReport:
    """Compare; `own` is said of the second."""
    asked = Asked(paths, declaration(**{"scale": "0..1", **(common or {})}), {1: declaration(**own)})
    return compare(asked, photos, options or CompareOptions(causes=False))


@pytest.mark.parametrize("name", ONNX_FILES)
def test_the_same_network_in_another_onnx_file_agrees(name: str, tiny: Tiny, photos: Path) -> None:
    other = tiny.onnx(f"{name}.onnx", **ONNX_FILES[name])
    report = run([tiny.onnx(), other], photos, **OWN.get(name, {}))
    assert report.passed, report.pairs[0].reasons
    assert report.photos == 12
    assert report.pairs[0].max_difference < (1e-3 if name == "float16" else 1e-6)


def test_a_layers_model_of_tfjs_agrees_and_is_looked_into(tiny: Tiny, photos: Path) -> None:
    report = run([tiny.onnx(), tiny.layers()], photos, options=CompareOptions(layers=True))
    assert report.passed
    assert report.sides[1].format == "TF.js layers"
    departure = report.pairs[0].departure
    assert departure is not None
    assert (departure.matched, departure.tensors, departure.here) == (4, 4, None)


def test_a_graph_model_of_tfjs_is_read_with_its_labels(tmp_path: Path) -> None:
    entry = tfjs.write_tiny(tmp_path)
    model = find(entry.parent).open(entry, OpenOptions())
    images = np.random.default_rng(0).integers(0, 256, (3, *tfjs.SHAPE)).astype(np.float32)
    logits = images.reshape(3, -1) @ tfjs.MATRIX
    power = np.exp(logits - logits.max(axis=1, keepdims=True))
    assert np.abs(model.answer(images) - power / power.sum(axis=1, keepdims=True)).max() < 1e-5
    assert model.facts.labels == tuple(tfjs.LABELS)
    assert [tensor.kind for tensor in model.tensors(images)] == ["Reshape", "MatMul", "Softmax"]
    model.close()


def test_artifacts_that_ship_agree_and_say_all_themselves(photos: Path) -> None:
    paths = [PETS, PETS / "tflite/int8.tflite", PETS / "onnx/int8", PETS / "tfjs/uint8"]
    report = compare(Asked(paths), photos, CompareOptions(layers=True))
    assert [pair.letter for pair in report.pairs if pair.passed] == ["B", "C", "D"]
    assert [side.precision for side in report.sides] == ["fp32", "int8", "int8", "int8"]
    assert report.pairs[2].max_difference < 1e-5
    assert report.sides[0].accuracy is not None
    assert not [pair for pair in report.pairs if pair.departure is None or pair.departure.here]


def test_a_bundle_is_its_most_exact_artifact(tmp_path: Path, photos: Path) -> None:
    bundle = make_bundle(tmp_path / "tiny").path
    report = compare(Asked([bundle, bundle / "onnx/fp32.onnx"]), photos)
    assert report.passed
    assert "is its artifact onnx/fp32" in report.sides[0].notes[0]


def test_columns_in_another_order_are_brought_together_by_their_labels(tiny: Tiny, photos: Path) -> None:
    order = [2, 0, 1]
    one = tiny.onnx(labels=["cats", "dogs", "birds"])
    other = tiny.onnx("b.onnx", labels=["birds", "cats", "dogs"], dense=_columns(order))
    report = run([one, other], photos)
    assert report.passed
    assert report.labels == ["cats", "dogs", "birds"]


def test_what_is_written_beside_a_model_is_read(tiny: Tiny, photos: Path) -> None:
    one, other = tiny.onnx(), tiny.onnx("b.onnx", kernel=KERNEL[:, ::-1].copy())
    (tiny.folder / "b.onnx.gemelo.json").write_text('{"channel_order": "bgr", "scale": "0..1"}')
    (tiny.folder / "labels.txt").write_text("cats\ndogs\nbirds\n")
    report = compare(Asked([one, other], own={0: declaration(scale="0..1")}), photos)
    assert report.passed
    assert report.labels == ["cats", "dogs", "birds"]
    assert report.sides[1].preprocessing.endswith("BGR")


def _columns(order: list[int]) -> np.ndarray:
    from tests.support.compared import DENSE

    return DENSE[:, order].copy()
