"""One rule for every walk through folders of photos."""

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from gemelo.preprocessing.photo_files import find, is_ignored, is_photo, passed_over

KINDS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["photo", "photo.jfif", "PHOTO.JPE", "photo.upload", "photo.txt"])
def test_a_photo_is_told_by_its_first_bytes(kind: str, name: str, tmp_path: Path) -> None:
    Image.new("RGB", (8, 6), "red").save(tmp_path / name, kind)
    assert is_photo(tmp_path / name)
    assert find(tmp_path).photos == [tmp_path / name]


@pytest.mark.parametrize("brand", ["heic", "mif1", "avif"])
def test_kinds_that_are_not_read_are_photos_all_the_same(brand: str, tmp_path: Path) -> None:
    (tmp_path / "photo").write_bytes(b"\0\0\0\x18ftyp" + brand.encode() + bytes(40))
    assert is_photo(tmp_path / "photo")


@pytest.mark.parametrize(
    "data",
    [b"", b"B", b"BMW is a maker of cars, and this is a text about it", b"RIFF\0\0\0\0WAVEfmt ", b"\0\0\0\x14ftypqt  "],
    ids=["empty", "one byte", "a text that begins with BM", "a sound", "a video"],
)
def test_what_is_no_photo_is_passed_over_unless_its_name_says_so(data: bytes, tmp_path: Path) -> None:
    for name in ("other", "other.txt", "photo.JPG", "photo.dib"):
        (tmp_path / name).write_bytes(data)
    found = find(tmp_path)
    assert [path.name for path in found.photos] == ["photo.JPG", "photo.dib"]
    assert [path.name for path in found.others] == ["other", "other.txt"]


LEFT = (".hidden.jpg", "._photo.jpg", ".DS_Store", "Thumbs.db", "desktop.ini", "Desktop.INI")
FOLDERS_LEFT = ("@eaDir", "#recycle", "__MACOSX", "$RECYCLE.BIN", ".Trashes", "lost+found")


@pytest.mark.parametrize("name", [*LEFT, *FOLDERS_LEFT])
def test_what_systems_leave_counts_as_not_there(name: str, tmp_path: Path) -> None:
    assert is_ignored(name)
    (tmp_path / "a" / name).mkdir(parents=True)
    Image.new("RGB", (8, 6)).save(tmp_path / "a" / name / "thumbnail.jpg")
    (tmp_path / "b").mkdir()
    Image.new("RGB", (8, 6)).save(tmp_path / "b" / name, "JPEG")
    found = find(tmp_path)
    assert (found.photos, found.others) == ([], [])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_links_and_pipes(tmp_path: Path) -> None:
    Image.new("RGB", (8, 6)).save(tmp_path / "photo", "PNG")
    (tmp_path / "link").symlink_to("photo")
    (tmp_path / "gone.jpg").symlink_to("nowhere")
    (tmp_path / "gone").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.jpg")  # opening it would wait for ever
    found = find(tmp_path)
    assert [path.name for path in found.photos] == ["gone.jpg", "link", "photo"]
    assert [path.name for path in found.others] == ["gone", "pipe.jpg"]


def test_what_was_passed_over_is_counted_by_kind() -> None:
    assert passed_over([]) == ""
    assert passed_over(map(Path, ["a.tiff", "b.TIFF"])) == "2: .tiff"
    odd = ["a.txt", "b.txt", "c", "d.\x1b[31m", "e." + 200 * "x"]
    assert passed_over(map(Path, odd)) == "5: .txt (2), other suffixes (2), no suffix (1)"
