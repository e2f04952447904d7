"""The preprocessing in Python: sources, fits, limits. The goldens hold the bytes."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gemelo.errors import (
    CorruptImageError,
    EmptyImageError,
    ImageError,
    ImageTooLargeError,
    NotFoundError,
    SchemaError,
    UnsupportedImageError,
)
from gemelo.preprocessing import OWN_FITS, Preprocessing, decode, prepare, tensor
from gemelo.preprocessing.image_integrity import webp_size


def gradient(width: int, height: int) -> Image.Image:
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, 255 - x], axis=2).astype(np.uint8))


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_every_kind_of_source_gives_the_same_bytes(tmp_path: Path) -> None:
    image = gradient(50, 40)
    data = png(image)
    (tmp_path / "x.png").write_bytes(data)
    preprocessing = Preprocessing(16, 12)
    expected = prepare(data, preprocessing)
    assert expected.shape == (12, 16, 3)
    assert expected.dtype == np.uint8
    with (tmp_path / "x.png").open("rb") as stream:
        sources = [tmp_path / "x.png", str(tmp_path / "x.png"), bytearray(data), memoryview(data), io.BytesIO(data)]
        for source in [*sources, stream, image, np.asarray(image)]:
            np.testing.assert_array_equal(prepare(source, preprocessing), expected)


def test_a_decoded_photo_is_upright_for_good() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    gradient(50, 40).save(buffer, "JPEG", quality=95, exif=exif)
    photo, preprocessing = buffer.getvalue(), Preprocessing(16, 12)
    decoded = decode(photo)
    assert decoded.size == (40, 50)
    np.testing.assert_array_equal(prepare(decoded, preprocessing), prepare(photo, preprocessing))


def test_tensor_is_float32_0_to_255() -> None:
    values = tensor(np.array([[[[0, 128, 255]]]], np.uint8))
    assert values.dtype == np.float32
    assert values.ravel().tolist() == [0.0, 128.0, 255.0]


def test_grey_arrays_and_alpha_arrays() -> None:
    grey = np.full((9, 7), 77, np.uint8)
    assert prepare(grey, Preprocessing(4, 4)).tolist() == prepare(grey[:, :, None], Preprocessing(4, 4)).tolist()
    clear = np.zeros((9, 7, 4), np.uint8)
    assert (prepare(clear, Preprocessing(4, 4)) == 255).all()


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((4, 4, 3), np.float32), "float32"),
        (np.zeros((4, 4, 2), np.uint8), "shape"),
        (np.zeros((0, 4, 3), np.uint8), "shape"),
        (np.zeros((1, 4, 4, 3), np.uint8), "shape"),
    ],
)
def test_other_arrays_are_refused(array: np.ndarray, words: str) -> None:
    with pytest.raises(UnsupportedImageError, match=words):
        prepare(array, Preprocessing(4, 4))


def test_crop_takes_the_middle() -> None:
    image = np.zeros((10, 30, 3), np.uint8)
    image[:, 10:20] = 200
    assert (prepare(image, Preprocessing(5, 5, 3, "crop")) == 200).all()


def test_pad_keeps_the_whole_on_black() -> None:
    image = np.full((10, 30, 3), 200, np.uint8)
    padded = prepare(image, Preprocessing(9, 9, 3, "pad"))
    assert (padded[3:6] == 200).all()
    assert (padded[:3] == 0).all()
    assert (padded[6:] == 0).all()


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 40), st.integers(1, 40), st.sampled_from(OWN_FITS))
def test_any_size_gives_the_preprocessing_s_shape(w: int, h: int, width: int, height: int, fit: str) -> None:
    image = np.full((h, w, 3), 9, np.uint8)
    for channels in (1, 3):
        result = prepare(image, Preprocessing(width, height, channels, fit))
        assert result.shape == (height, width, channels)
        assert result.max() == 9


@settings(deadline=None, max_examples=150)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"GIF89a", b"RIFF1234WEBP"]),
)
def test_no_bytes_bring_anything_but_our_errors(noise: bytes, magic: bytes) -> None:
    with pytest.raises(ImageError):
        prepare(magic + noise, Preprocessing(8, 8))


def test_truncated_at_every_length_is_an_error_or_the_whole_picture() -> None:
    data = png(gradient(20, 20))
    whole = prepare(data, Preprocessing(8, 8))
    refused = 0
    for length in range(0, len(data) - 12, 7):
        try:
            np.testing.assert_array_equal(prepare(data[:length], Preprocessing(8, 8)), whole)
        except (EmptyImageError, CorruptImageError, UnsupportedImageError):
            refused += 1
    assert refused > 0.9 * len(range(0, len(data) - 12, 7))


def test_the_limit_on_pixels_is_settable_and_looked_at_before_decoding() -> None:
    with pytest.raises(ImageTooLargeError, match="megapixels"):
        prepare(gradient(30, 30), Preprocessing(8, 8), max_pixels=899)
    assert decode(gradient(30, 30), max_pixels=900).size == (30, 30)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"nowhere\.jpg"):
        prepare(tmp_path / "nowhere.jpg", Preprocessing(8, 8))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": 3}, "newer"),
        ({"schema": None}, "no schema"),
        ({"fit": "stretch"}, "fit"),
        ({"channels": 4}, "channels"),
        ({"width": 0}, "outside"),
        ({"width": "64"}, "outside"),
        ({"height": True}, "outside"),
        ({"height": 48.0}, "outside"),
        ({"channels": True}, "channels"),
        ({"channels": 3.0}, "channels"),
        ({"filter": "bicubic"}, "unknown filter 'bicubic'; there is pillow-nearest, "),
        ({"filter": ["pillow-bilinear"]}, "unknown filter"),
        ({"filter": "opencv-cubic"}, "unknown filter"),
        ({"fit": "resize-crop"}, "resize_to is None, but the fit resize-crop needs a whole number from 1 to 4096"),
        ({"fit": "resize-crop", "resize_to": 0}, "resize_to is 0,"),
        ({"fit": "resize-crop", "resize_to": 4097}, "resize_to is 4097,"),
        ({"fit": "resize-crop", "resize_to": True}, "resize_to is True,"),
        ({"fit": "resize-crop", "resize_to": 256.0}, r"resize_to is 256\.0,"),
        ({"fit": "resize-crop", "resize_to": "256"}, "resize_to is '256',"),
        ({"fit": "resize-crop", "resize_to": [256]}, "resize_to is "),
        ({"resize_to": 256}, "resize_to belongs to the fit resize-crop, not to squash"),
        ({"resize_to": None}, "does not know"),
        ({"fit": "pillow-fit", "filter": "tf-bilinear"}, "the fit pillow-fit needs a filter of Pillow"),
        ({"fit": "keras-load-img", "filter": "opencv-area"}, "the fit keras-load-img needs a filter of Pillow"),
    ],
)
def test_preprocessings_that_are_not_understood_are_refused(change: dict[str, object], words: str) -> None:
    value = Preprocessing(64, 48).to_json()
    assert Preprocessing.from_json(value) == Preprocessing(64, 48)
    with pytest.raises(SchemaError, match=words):
        Preprocessing.from_json({**value, **change})


@pytest.mark.parametrize("word", ["height", "fit", "filter"])
def test_a_preprocessing_with_a_missing_word(word: str) -> None:
    value = Preprocessing(64, 48).to_json()
    del value[word]
    with pytest.raises(SchemaError, match=f"'{word}' is missing"):
        Preprocessing.from_json(value)


def test_a_file_says_no_more_than_it_must() -> None:
    words = ["schema", "width", "height", "channels", "fit", "filter", "orientation", "alpha", "layout", "range"]
    assert list(Preprocessing(64, 48).to_json()) == words
    cut = Preprocessing(64, 48, fit="resize-crop", filter="tf-area", resize_to=72)
    assert list(cut.to_json()) == [*words[:6], "resize_to", *words[6:]]
    assert Preprocessing.from_json(cut.to_json()) == cut


@pytest.mark.parametrize("source", [None, ["a.jpg", "b.jpg"], 7])
def test_what_is_no_source_is_refused(source: object) -> None:
    with pytest.raises(UnsupportedImageError, match="is no photo"):
        prepare(source, Preprocessing(8, 8))  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 80}, {"lossless": True, "exif": b"Exif\0\0"}])
def test_the_size_of_a_webp_stands_in_its_header(options: dict[str, object]) -> None:
    buffer = io.BytesIO()
    gradient(50, 40).save(buffer, "WEBP", **options)
    assert webp_size(buffer.getvalue()) == (50, 40)
