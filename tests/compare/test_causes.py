"""A planted fault is named with its evidence; benchmarks/planted_faults.py has many more."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gemelo.compare import Asked, CompareOptions, compare
from gemelo.compare.beside import declaration
from gemelo.compare.feed import Feed, decode
from gemelo.compare.outputs import logits_of, softmax
from gemelo.compare.readers import OpenOptions, find
from gemelo.compare.report import Pair
from gemelo.preprocessing import Preprocessing
from tests.support.compared import DENSE, KERNEL, SIDE, Tiny

RAW: dict[str, Any] = {"scale": "0..1"}


def pair(paths: list[Path], photos: Path, own: dict[str, Any] | None = None, *, layers: bool = False) -> Pair:
    """Compare two files."""
    asked = Asked(paths, declaration(**RAW), {1: declaration(**(own or {}))})
    (found,) = compare(asked, photos, CompareOptions(layers=layers)).pairs
    assert not found.passed
    return found


@pytest.mark.parametrize(
    ("own", "stage", "option"),
    [
        ({"channel_order": "bgr"}, "channel order", "--b-channel-order rgb"),
        ({"scale": "-1..1"}, "scale", "--b-scale 0..1"),
        ({"filter": "pillow-nearest"}, "filter", "--b-filter pillow-bilinear"),
        ({"fit": "crop"}, "fit", "--b-fit squash"),
        ({"scale": "-1..1", "channel_order": "bgr"}, "scale and channel order", "--b-scale 0..1 --b-channel-order rgb"),
    ],
)
def test_what_was_declared_wrongly_is_named(
    own: dict[str, Any], stage: str, option: str, tiny: Tiny, photos: Path
) -> None:
    asked = {"filter": "pillow-bilinear", "fit": "squash"}
    one, other = tiny.onnx(), tiny.onnx("b.onnx")
    (tiny.folder / "tiny.onnx.gemelo.json").write_text(json.dumps(asked))
    cause = pair([one, other], photos, own).cause
    assert cause is not None
    assert set(cause.stage.split(" and ")) == set(stage.split(" and "))
    assert sorted(cause.option.split()) == sorted(option.split())
    assert cause.after is not None
    assert cause.after < 1e-6 < (cause.before or 0)


def _twice(rows: np.ndarray) -> np.ndarray:
    return softmax(rows)


@pytest.mark.parametrize(
    ("change", "stage"),
    [
        (_twice, "softmax"),
        (lambda rows: rows[:, [1, 2, 0]], "labels"),
        (lambda rows: softmax(0.5 * logits_of(rows).astype(np.float32)), "temperature"),
    ],
)
def test_what_is_done_with_answers_is_named(
    change: Callable[[np.ndarray], np.ndarray], stage: str, tiny: Tiny, photos: Path
) -> None:
    one = tiny.onnx()
    cause = pair([one, recorded(one, photos, change=change)], photos).cause
    assert cause is not None
    assert cause.stage == stage


@pytest.mark.parametrize(
    ("fed", "stage"),
    [
        ({"exif": False}, "EXIF"),
        ({"misread": "nhwc-as-nchw"}, "layout"),
        ({"misread": "transposed"}, "layout"),
        ({"filter": "opencv-bilinear"}, "filter"),
    ],
)
def test_how_another_program_fed_the_model_is_named(fed: dict[str, Any], stage: str, tiny: Tiny, photos: Path) -> None:
    one = tiny.onnx()
    cause = pair([one, recorded(one, photos, **fed)], photos).cause
    assert cause is not None
    assert cause.stage == stage
    assert cause.sentence.startswith("B was not given")


def test_float16_is_said_by_the_file_itself(tiny: Tiny, photos: Path) -> None:
    one = tiny.onnx()
    other = tiny.onnx("b.onnx", kernel=KERNEL * np.float32(1.01))
    (found,) = compare(Asked([one, other], declaration(**RAW)), photos, CompareOptions(tolerance=1e-6)).pairs
    assert found.cause is None  # no suspect, and no file in float16


@pytest.mark.parametrize(
    ("change", "layer"), [({"kernel": KERNEL * np.float32(1.2)}, "features"), ({"dense": DENSE[::-1].copy()}, "logits")]
)
def test_a_changed_weight_is_found_by_its_layer(change: dict[str, Any], layer: str, tiny: Tiny, photos: Path) -> None:
    for other in (tiny.onnx("b.onnx", **change), tiny.onnx("c.onnx", layout="NHWC", end=None, **change)):
        found = pair([tiny.onnx(), other], photos, layers=True)
        assert found.cause is None
        assert found.departure is not None
        assert found.departure.here is not None
        assert found.departure.here.name == (layer if other.name == "b.onnx" or layer == "features" else "answer")
        assert found.departure.there is not None
        assert found.departure.there.name == layer


def test_the_layers_of_tfjs_are_named_by_their_own_names(tiny: Tiny, photos: Path) -> None:
    found = pair([tiny.onnx(kernel=KERNEL * np.float32(1.2)), tiny.layers()], photos, layers=True)
    assert found.departure is not None
    assert found.departure.here is not None
    assert (found.departure.here.name, found.departure.here.kind) == ("conv", "Conv2D")


def recorded(path: Path, photos: Path, change: Callable[[np.ndarray], np.ndarray] | None = None, **fed: Any) -> Path:
    """What a program writes down that feeds a model in its own way."""
    model = find(path).open(path, OpenOptions())
    preprocessing = Preprocessing(SIDE, SIDE, 3, filter=fed.pop("filter", "pillow-bilinear"))
    feed = Feed(preprocessing, declaration(**RAW).scale, **fed)
    rows = {}
    for photo in sorted(photos.rglob("*.jpg")):
        answer = model.answer(feed.numbers(decode(photo, feed.decoding)[np.newaxis]))
        answer = answer if change is None else change(answer)
        rows[photo.relative_to(photos).as_posix()] = [float(value) for value in answer[0]]
    target = path.with_name("answers.json")
    target.write_text(json.dumps({"answers": rows}))
    return target
