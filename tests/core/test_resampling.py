"""Step 4 of the preprocessing: every fit and filter against the libraries themselves, and what it may cost."""

import json
import tracemalloc
from typing import Any

import numpy as np
import pytest

from gemelo.errors import ImageError, ImageTooLargeError, UnsupportedImageError
from gemelo.preprocessing import FILTERS, FITS, Preprocessing, prepare
from tests.goldens import resampling
from tests.support.libraries import all_ways, resized

PHOTOS = [*resampling.SIZES, (640, 427, 224, 224), (448, 448, 224, 224), (61, 90, 224, 160)]
FEW_PHOTOS = [(1, 7, 9, 6), (3, 501, 28, 28), (101, 67, 64, 64), (67, 101, 33, 57), (640, 427, 224, 224)]


def disagreements(sizes: tuple[int, int, int, int], libraries: tuple[str, ...]) -> list[tuple[Preprocessing, str]]:
    """The ways in which a photo of noise gives other bytes than the libraries."""
    width, height, *size = sizes
    rgb, wrong = resampling.noise(width, height), []
    for way in all_ways(*size):
        if not way.filter.startswith(libraries):
            continue
        try:
            ours = prepare(rgb, way)
        except ImageError:  # libraries raise their own errors where nothing is left
            with pytest.raises(Exception):  # noqa: B017
                resized(rgb, way)
            continue
        if differing := int((ours != resized(rgb, way)).sum()):
            wrong.append((way, f"{differing} bytes differ"))
    return wrong


@pytest.mark.parametrize("sizes", PHOTOS, ids=str)
def test_pillow_and_opencv_give_the_same_bytes(sizes: tuple[int, int, int, int]) -> None:
    pytest.importorskip("cv2")
    assert disagreements(sizes, ("pillow", "opencv")) == []


@pytest.mark.tensorflow
@pytest.mark.filterwarnings("ignore")  # of TensorFlow and Keras
@pytest.mark.parametrize("sizes", FEW_PHOTOS, ids=str)
def test_tensorflow_and_keras_give_the_same_bytes(sizes: tuple[int, int, int, int]) -> None:
    assert disagreements(sizes, ("tf",)) == []


def test_typescript_is_held_to_the_same_bytes() -> None:
    expected: dict[str, Any] = json.loads(resampling.EXPECTED.read_text(encoding="utf-8"))
    assert json.loads(json.dumps(resampling.expected())) == expected
    assert {row["fit"] for row in expected["ways"]} == set(FITS)
    assert {row["filter"] for row in expected["ways"]} == set(FILTERS)


def test_own_weights_are_those_of_pillow() -> None:
    """A photo with borders is resized by formula: without any, the formula gives what Pillow gives."""
    rgb = resampling.noise(90, 60)
    for filter in (name for name in FILTERS if name.startswith("pillow")):
        for size in ((64, 64), (32, 24), (200, 150), (7, 100)):
            padded = prepare(rgb, Preprocessing(*size, 3, "keras-pad", filter))
            x, y = ((max(a, b) - a) // 2 for a, b in ((90, 60 * size[0] // size[1]), (60, 90 * size[1] // size[0])))
            whole = np.pad(rgb, ((y, y), (x, x), (0, 0)))
            np.testing.assert_array_equal(padded, prepare(whole, Preprocessing(*size, 3, "squash", filter)), filter)


@pytest.mark.parametrize("filter", FILTERS)
def test_a_thin_photo_costs_no_more_than_its_own_pixels(filter: str) -> None:
    thin = np.full((20_000, 1, 3), 255, np.uint8)
    tracemalloc.start()
    try:
        found = prepare(thin, Preprocessing(64, 64, 3, "keras-pad", filter))
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()
    assert found.shape == (64, 64, 3)
    assert (found[:, :31] == 0).all() or filter in ("pillow-bicubic", "pillow-lanczos")


@pytest.mark.parametrize(
    ("shape", "fit", "resize_to", "error", "words"),
    [
        ((60_000, 1), "keras-pad", None, ImageTooLargeError, "borders it has 83999x60000 pixels, a side of more than"),
        ((60_000, 1), "resize-crop", 4096, ImageTooLargeError, "makes 4096x60000 pixels, the limit is 48 megapixels"),
        ((1, 60_000), "resize-crop", 4096, ImageTooLargeError, "makes 245760000x1 pixels, the limit is 48 megapixels"),
        ((1, 31_000), "resize-crop", 40, ImageTooLargeError, "makes 1240000x40 pixels, the limit is 48 megapixels"),
        ((60_000, 1), "tf-pad", None, UnsupportedImageError, "makes 0x160 pixels: nothing of it would be left"),
    ],
)
@pytest.mark.parametrize("filter", ["pillow-lanczos", "tf-area", "opencv-bilinear"])
def test_what_would_cost_too_much_is_refused(
    shape: tuple[int, int], fit: str, resize_to: int | None, error: type[ImageError], words: str, filter: str
) -> None:
    preprocessing = Preprocessing(224, 160, 3, fit, filter, resize_to)
    with pytest.raises(error, match=words):
        prepare(np.zeros((*shape, 3), np.uint8), preprocessing)


def test_a_center_larger_than_what_is_cut_has_black_borders() -> None:
    white = np.full((40, 60, 3), 255, np.uint8)
    found = prepare(white, Preprocessing(64, 64, 3, "resize-crop", resize_to=33))
    rows, columns = np.nonzero(found[:, :, 0])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (15, 47, 7, 55)


def test_grey_inputs_take_every_filter() -> None:
    rgb = resampling.noise(50, 40)
    for way in all_ways(20, 16):
        grey = prepare(rgb, Preprocessing(20, 16, 1, way.fit, way.filter, way.resize_to)).astype(int)[:, :, 0]
        red, green, blue = prepare(rgb, way).astype(int).transpose(2, 0, 1)
        np.testing.assert_array_equal(grey, (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16)
