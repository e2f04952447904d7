"""HEIC photos with pillow-heif, and without it."""

import io
import json
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import gemelo
from gemelo import preprocessing
from gemelo.errors import CorruptImageError, ImageError, ImageTooLargeError, UnsupportedImageError
from gemelo.parity import Trial, goldens, measure
from gemelo.parity.subjects import Subject
from gemelo.preprocessing import Preprocessing, decode, heic, prepare
from tests.support.bundles import make_bundle
from tests.support.cli import run_gemelo

pillow_heif = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed (pip install 'gemelo[heic]')")
COLORS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0))


def quarters(mode: str = "RGB", size: int = 32) -> Image.Image:
    """Red and green above blue and yellow."""
    image = Image.new("RGB", (2 * size, 2 * size))
    for i, color in enumerate(COLORS):
        image.paste(color, (i % 2 * size, i // 2 * size, i % 2 * size + size, i // 2 * size + size))
    return image.convert(mode)


def encoded(image: Image.Image, **options: Any) -> bytes:
    stream = io.BytesIO()
    pillow_heif.from_pillow(image).save(stream, quality=95, **options)
    return stream.getvalue()


@pytest.fixture(scope="module")
def photo() -> bytes:
    return encoded(quarters())


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """The color in the middle of each quarter, to the nearest of 0 and 255."""
    w, h = image.size
    places = [(w // 4, h // 4), (3 * w // 4, h // 4), (w // 4, 3 * h // 4), (3 * w // 4, 3 * h // 4)]
    return [tuple(255 * (value > 127) for value in image.getpixel(place)) for place in places]  # type: ignore[union-attr]


def test_a_photo_is_read(photo: bytes) -> None:
    image = decode(photo)
    assert (image.mode, image.size) == ("RGB", (64, 64))
    assert corners(image) == list(COLORS)
    assert np.abs(np.asarray(image, int) - np.asarray(quarters(), int)).mean() < 8
    assert prepare(photo, Preprocessing(16, 12)).shape == (12, 16, 3)


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_a_turned_photo_is_turned_once(turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    data = encoded(quarters().crop((0, 0, 64, 48)), exif=exif.tobytes())
    plain = decode(encoded(quarters().crop((0, 0, 64, 48))))
    by = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270, 8: Image.Transpose.ROTATE_90}
    upright = plain.transpose(by[turn]) if turn in by else plain
    assert b"Exif" in data
    assert decode(data).size == upright.size
    assert corners(decode(data)) == corners(upright)


def test_transparency_is_over_white_and_deep_color_becomes_8_bits() -> None:
    clear = quarters("RGBA")
    clear.putalpha(0)
    assert corners(decode(encoded(clear))) == [(255, 255, 255)] * 4
    deep = (np.asarray(quarters()).astype(np.uint16) * 257).tobytes()
    stream = io.BytesIO()
    pillow_heif.from_bytes("RGB;16", (64, 64), deep).save(stream, quality=95)
    assert corners(decode(stream.getvalue())) == list(COLORS)
    assert decode(encoded(quarters("L"))).size == (64, 64)


def test_the_limit_holds_before_anything_is_decoded(photo: bytes) -> None:
    with pytest.raises(ImageTooLargeError, match=r"64x64 is 0\.0 megapixels, the limit is 0\.001"):
        decode(photo, 1000)
    at = photo.index(b"ispe") + 8
    for size in ((20_000, 20_000), (60_000, 60_000)):
        with pytest.raises(ImageTooLargeError):
            decode(photo[:at] + struct.pack(">II", *size) + photo[at + 8 :])
    # It is larger than its header says.
    with pytest.raises(ImageError):
        decode(photo[:at] + struct.pack(">II", 1, 1) + photo[at + 8 :])


def test_a_cut_photo_is_damaged(photo: bytes) -> None:
    for end in range(32, len(photo), 41):
        with pytest.raises(CorruptImageError, match="<bytes>: damaged or truncated"):
            decode(photo[:end])


def test_a_changed_photo_is_read_or_refused(photo: bytes) -> None:
    rng = np.random.default_rng(5)
    for _ in range(300):
        data = bytearray(photo)
        for at in rng.integers(12, len(data), 3):
            data[at] = rng.integers(256)
        with suppress(ImageError):
            assert decode(bytes(data), 1_000_000).mode == "RGB"


def test_without_the_decoder_the_hint_names_the_command(photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preprocessing, "reads_heic", lambda: False)
    with pytest.raises(UnsupportedImageError, match="this is a HEIC photo") as caught:
        decode(photo)
    assert "pip install 'gemelo[heic]'" in (caught.value.hint or "")


def test_a_decoder_that_does_not_start(photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(UnsupportedImageError, match="pillow-heif does not start"):
        decode(photo)


def test_files_that_begin_like_one(photo: bytes, tmp_path: Path) -> None:
    (tmp_path / "photo").write_bytes(photo)
    assert heic.is_heic(tmp_path / "photo")
    assert not heic.is_heic(tmp_path)
    assert not heic.is_heic(Path(__file__))


def test_predict_says_once_that_another_decoder_may_differ(photo: bytes, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "tiny").path
    for name in ("a.heic", "b.jpg"):
        (tmp_path / name).write_bytes(photo)
    done = run_gemelo("predict", bundle, tmp_path / "a.heic", tmp_path / "b.jpg")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(heic.HEIC_NOTE) == 1
    done = run_gemelo("predict", bundle, tmp_path / "a.heic", "--json")
    assert done.stderr.splitlines() == [heic.HEIC_NOTE]
    with gemelo.load(bundle) as classifier:
        [answer] = classifier.predict(photo, top=1)
    assert json.loads(done.stdout)[0]["predictions"][0]["probability"] == answer.probability
    done = run_gemelo("predict", bundle, bundle / "goldens")
    assert heic.HEIC_NOTE not in done.stderr


@pytest.mark.parametrize("kind", ["HEIC", "PNG"])
def test_a_photo_that_another_decoder_reads_otherwise_fails_no_verification(kind: str, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "tiny")
    path = tmp_path / "photo"
    quarters().save(path, "PNG") if kind == "PNG" else path.write_bytes(encoded(quarters()))
    seen = Subject(path, "photo", "0" * 64, np.array([0.0, 1.0], np.float32))
    trial = Trial(
        *(bundle.path, "tiny", bundle.artifacts, bundle.preprocessing, bundle.labels, 0),
        [*goldens(bundle.path, bundle.reference), seen],
    )
    assert measure(trial).passed == (kind == "HEIC")


def test_a_page_takes_none_as_a_sample(photo: bytes, tmp_path: Path) -> None:
    from gemelo.webpage.samples import read_samples

    (tmp_path / "a.heic").write_bytes(photo)
    with pytest.raises(UnsupportedImageError, match="this is a HEIC photo") as caught:
        read_samples(tmp_path, 64_000_000)
    assert "convert it to JPEG" in (caught.value.hint or "")
