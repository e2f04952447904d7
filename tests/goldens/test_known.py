"""The pictures that the page proves the browser by: their pixels are Python's, and they cover what photos are."""

import re
from pathlib import Path

import pytest

from tests.goldens.known import FOLDER, KNOWN, pixels_sha256

TABLE = (FOLDER.parent / "known.ts").read_text(encoding="utf-8")
HASHES = dict(zip(re.findall(r"bytes: (\w+),", TABLE), re.findall(r'pixels: "(\w{64})",', TABLE), strict=True))
NAMES = {"exif_first.jpg": "exifFirst", "lossy_alpha.webp": "lossyAlpha"}


def read(name: str) -> bytes:
    return Path(FOLDER / name).read_bytes()


@pytest.mark.parametrize("name", KNOWN)
def test_the_page_knows_python_s_pixels(name: str) -> None:
    assert HASHES[NAMES[name]] == pixels_sha256(read(name))


def test_they_cover_the_paths_that_photos_take() -> None:
    camera, lossy = read("exif_first.jpg"), read("lossy_alpha.webp")
    assert camera.startswith(b"\xff\xd8\xff\xe1")
    assert b"JFIF" not in camera
    assert b"ALPH" in lossy
    assert b"VP8 " in lossy
    assert sum(len(read(name)) for name in KNOWN) < 6000  # every first visit loads them
