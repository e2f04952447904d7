"""Agreement that says nothing is not taken for agreement, and a cause that would break the good model is not named."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gemelo.compare import Asked, CompareOptions, CompareReport, compare, information
from gemelo.compare.beside import declaration
from tests.compare.test_causes import recorded
from tests.support.compared import BIAS, DENSE, KERNEL, Tiny

# The first class wins by far, whatever the photo: features are never negative.
SURE = np.stack([np.full(100, 50), np.zeros(100), np.zeros(100)], axis=1).astype(np.float32)


def run(paths: list[Path], photos: Path, own: dict[str, Any] | None = None, **options: Any) -> CompareReport:
    """Compare two files that take pixels as 0..1."""
    asked = Asked(paths, declaration(scale="0..1"), {1: declaration(**(own or {}))})
    return compare(asked, photos, CompareOptions(**options))


def test_saturated_answers_hide_no_layer_and_are_noted(tiny: Tiny, photos: Path) -> None:
    one, other = tiny.onnx(dense=SURE), tiny.onnx("b.onnx", dense=SURE, kernel=KERNEL * np.float32(1.2))
    report = run([one, other], photos, layers=True)
    assert report.passed
    assert report.notes[0].startswith("all 12 answers are class 0, with over 0.999: the preprocessing is")
    departure = report.pairs[0].departure
    assert departure is not None
    assert "to the end" not in departure.sentence
    assert f"{departure.matched} of {departure.tensors} tensors have a counterpart" in departure.sentence
    assert "the first that has none is features" in departure.sentence


def test_the_same_model_agrees_to_the_end(tiny: Tiny, photos: Path) -> None:
    report = run([tiny.onnx(), tiny.onnx("b.onnx", layout="NHWC")], photos, layers=True)
    departure = report.pairs[0].departure
    assert departure is not None
    assert departure.sentence == "B agrees with A layer by layer, to the end"
    (note,) = report.notes
    assert note == "the photos lie in 2 folders, but no file has labels: say --labels FILE for accuracy"


def test_the_labels_of_as_many_folders_are_spelled_out() -> None:
    (note,) = information.unlabeled(["dogs", "cats", "cats"], 2)
    assert "say --labels cats,dogs, in the order of the columns, for accuracy" in note
    assert information.unlabeled(["", ""], 2) == information.unlabeled(["cats"], 2) == []


def test_one_photo_is_too_little_for_a_cause(tiny: Tiny, photos: Path) -> None:
    folder = tiny.folder / "one"
    folder.mkdir()
    shutil.copy(next(photos.rglob("*.jpg")), folder)
    one = tiny.onnx()
    (found,) = run([one, recorded(one, folder, change=lambda rows: rows[:, [1, 2, 0]])], folder).pairs
    assert found.cause is None
    assert found.unexplained == "only 1 photo: not enough to name a cause of B"


def test_a_cause_that_saturates_is_not_named(tiny: Tiny, photos: Path) -> None:
    ahead = DENSE.copy()
    ahead[:, 0] = DENSE.max(axis=1) + 0.05
    one = tiny.onnx(dense=ahead)
    sure = recorded(one, photos, change=lambda rows: np.eye(3, dtype=np.float32)[[0] * len(rows)])
    (found,) = run([one, sure], photos).pairs
    assert not found.passed
    assert found.cause is None


def sorted_by(model: Path, photos: Path, folder: Path) -> Path:
    """The photos twice, each in the folder of the class that a model gives it, which makes that model right."""
    for name, row in json.loads(recorded(model, photos).read_text())["answers"].items():
        label = folder / f"class {int(np.argmax(row))}"
        label.mkdir(parents=True, exist_ok=True)
        for i in range(2):
            shutil.copy(photos / name, label / f"{i}_{name.replace('/', '_')}")
    return folder


def inside(tiny: Tiny) -> Path:
    """The tiny model with 2x - 1 before its first layer, folded into it."""
    bias = (BIAS - KERNEL.sum(axis=(1, 2, 3))).astype(np.float32)
    return tiny.onnx("b.onnx", kernel=2 * KERNEL, bias=bias)


def test_a_scale_that_makes_the_reference_worse_is_said_of_the_other(tiny: Tiny, photos: Path) -> None:
    one, other = tiny.onnx(), inside(tiny)
    unknown = run([one, other], photos).pairs[0].cause
    assert unknown is not None
    assert unknown.sentence.endswith("or B scales once more inside")
    cause = run([one, other], sorted_by(one, photos, tiny.folder / "sorted")).pairs[0].cause
    assert cause is not None
    assert cause.sentence.startswith("B seems to scale once more inside: given -1..1 instead of 0..1, A agrees to")
    assert cause.option == ""


def test_a_model_that_divides_by_255_inside_is_said_to(tiny: Tiny, photos: Path) -> None:
    cause = run([tiny.onnx(), tiny.onnx("b.onnx", scaled=True)], photos).pairs[0].cause
    assert cause is not None
    assert cause.option == "--b-scale 0..255"
    assert cause.sentence.endswith("; B probably divides by 255 inside")


def test_what_takes_most_of_a_difference_away_is_said(tiny: Tiny, photos: Path) -> None:
    other = tiny.onnx("b.onnx", kernel=KERNEL * np.float32(1.01))
    cause = run([tiny.onnx(), other], photos, {"scale": "-1..1"}).pairs[0].cause
    assert cause is not None
    assert "0..1 takes most of the difference away, not all of it" in cause.sentence
    assert cause.option == "--b-scale 0..1"


@pytest.mark.parametrize(("right", "told"), [(12, True), (35, False)])
def test_an_accuracy_that_chance_explains_is_noted(right: int, told: bool) -> None:
    truth = np.arange(40) % 3
    chosen = np.where(np.arange(40) < right, truth, (truth + 1) % 3)
    found = information.notes({"A": 0.8 * np.eye(3, dtype=np.float32)[chosen]}, ["a", "b", "c"], truth)
    assert bool(found) == told
    assert all(f"{right} of 40 photos, which is no better than chance" in note for note in found)


def test_a_small_departure_is_found_where_it_begins(tiny: Tiny, photos: Path) -> None:
    """The logits are nearly the same, and yet it is not the reading of the answers that differs."""
    kernel = KERNEL.copy()
    kernel[1] *= 3
    dense = DENSE.copy()
    dense[25:50] *= np.float32(1e-3)  # what that channel is read by
    one, other = tiny.onnx(dense=dense), tiny.onnx("b.onnx", dense=dense, kernel=kernel)
    report = run([one, other], photos, layers=True, tolerance=1e-7)
    departure = report.pairs[0].departure
    assert not report.passed
    assert departure is not None
    assert "departs from A at features (Conv)" in departure.sentence


def test_a_relu_does_not_hide_a_changed_kernel_of_the_same_graph(tiny: Tiny, photos: Path) -> None:
    """What is made of the channel is the same on these photos; the tensors of the same names are not."""
    kernel, bias, dense = KERNEL.copy(), BIAS.copy(), DENSE * np.float32(0.1)
    bias[1] = -1000
    kernel[1] *= 300
    one = tiny.onnx(bias=bias, dense=dense)
    other = tiny.onnx("b.onnx", bias=bias, kernel=kernel, dense=dense * np.float32(1.01))
    report = run([one, other], photos, layers=True, tolerance=1e-7)
    departure = report.pairs[0].departure
    assert departure is not None
    assert "departs from A at features (Conv)" in departure.sentence
