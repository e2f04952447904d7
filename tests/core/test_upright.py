"""A photo in bands is the photo as a whole: every turn, every kind of pixels, every mode of the preprocessing."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

import gemelo.preprocessing.upright
from gemelo.preprocessing import OWN_FITS, Preprocessing, decode, prepare
from tests.goldens import resample

WIDTH, HEIGHT = 37, 53


@pytest.fixture(autouse=True)
def small_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bands of three rows or so; ordinary photos of the tests have one."""
    monkeypatch.setattr(gemelo.preprocessing.upright, "_BAND_PIXELS", 120)


def noise(channels: int) -> np.ndarray:
    return np.random.default_rng(channels).integers(0, 256, (HEIGHT, WIDTH, channels), np.uint8)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def over_white(image: Image.Image) -> Image.Image:
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


@pytest.mark.parametrize("mode", OWN_FITS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_turn(orientation: int, mode: str) -> None:
    image = Image.fromarray(noise(3))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(image, "PNG", exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    np.testing.assert_array_equal(np.asarray(decode(data)), expected)
    for size in ((16, 12), (64, 9), (5, 80)):
        preprocessing = Preprocessing(*size, 3, mode)
        np.testing.assert_array_equal(prepare(data, preprocessing), resample.prepared(expected, preprocessing))


@pytest.mark.parametrize(
    "image",
    [
        Image.fromarray(noise(4)),
        Image.fromarray(noise(4)).convert("LA"),
        Image.fromarray(noise(3)).quantize(17),
        Image.fromarray(noise(1)[:, :, 0]),
        Image.fromarray(noise(1)[:, :, 0]).convert("1"),
    ],
    ids=lambda image: image.mode,
)
def test_every_kind_of_pixels(image: Image.Image) -> None:
    expected = over_white(image)
    for photo in (image, encoded(image, "PNG")):
        np.testing.assert_array_equal(np.asarray(decode(photo)), np.asarray(expected))


def test_transparent_colors() -> None:
    palette = Image.fromarray(noise(3)).quantize(17)
    for image, clear in ((palette, bytes(range(0, 170, 10))), (Image.fromarray(noise(1)[:, :, 0]), 7)):
        data = encoded(image, "PNG", transparency=clear)
        np.testing.assert_array_equal(np.asarray(decode(data)), np.asarray(over_white(Image.open(io.BytesIO(data)))))


def test_cmyk() -> None:
    data = encoded(Image.fromarray(noise(3)).convert("CMYK"), "JPEG")
    inks = 255 - np.asarray(Image.open(io.BytesIO(data))).astype(np.int64)
    expected = inks[:, :, :3] * inks[:, :, 3:] / 255
    assert np.abs(np.asarray(decode(data)) - expected).max() <= 1


def test_an_image_of_the_caller_is_not_changed() -> None:
    image = Image.open(io.BytesIO(encoded(Image.fromarray(noise(4)), "PNG")))
    before = image.copy()
    decode(image).paste((0, 0, 0), (0, 0, WIDTH, HEIGHT))
    assert image.mode == "RGBA"
    np.testing.assert_array_equal(np.asarray(image), np.asarray(before))
