"""Files of every kind are named as what they are, by their first bytes, and only damaged ones are called damaged."""

import json
from pathlib import Path

import pytest

from gemelo import preprocessing
from gemelo.errors import CorruptImageError, ImageError, UnsupportedImageError
from gemelo.preprocessing import decode
from gemelo.preprocessing.file_kinds import FILE_KINDS, HEAD_BYTES, KIND_HINTS, PHOTO_FORMATS, kind_of
from gemelo.preprocessing.photo_files import is_photo
from tests.goldens import kinds

SAMPLES = kinds.samples()


def test_the_tables_are_those_that_typescript_is_held_to() -> None:
    assert kinds.EXPECTED.read_text(encoding="utf-8") == kinds.as_text()
    assert {kind for kind, _ in SAMPLES.values()} == {*FILE_KINDS, *PHOTO_FORMATS}
    assert {kind.advice for kind in FILE_KINDS.values()} == set(KIND_HINTS)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_of_another_kind_is_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preprocessing, "reads_heic", lambda: False)
    kind, data = SAMPLES[name]
    if kind in PHOTO_FORMATS:
        assert decode(data).size == (9, 7)
        return
    said, advice, is_a_photo = FILE_KINDS[kind]
    with pytest.raises(UnsupportedImageError) as caught:
        decode(data)
    assert caught.value.message == f"<bytes>: this is {said}"
    assert caught.value.hint == KIND_HINTS[advice]
    (tmp_path / "file").write_bytes(data)
    known = kind_of(data[:HEAD_BYTES]) in PHOTO_FORMATS  # a JPEG or a BMP of a kind that is not read
    assert is_photo(tmp_path / "file") == (is_a_photo or known)


@pytest.mark.parametrize(
    "data",
    [
        kinds.frame(0xC9)[:-2],
        kinds.frame(0xC0, bits=7),
        kinds.bmp(40, 24, 77),
        kinds.bmp(40, 24, 4)[:50],
        kinds.bmp(99, 24, 0),
        kinds.bmp(40, 32, 3)[:60],
        b"\xff\xd8\xff\xc9\0\x0b\x08",
    ],
    ids=["no end marker", "7 bits", "compression 77", "cut header", "header of 99 bytes", "cut masks", "cut frame"],
)
def test_a_damaged_file_is_called_damaged(data: bytes) -> None:
    with pytest.raises(CorruptImageError):
        decode(data)


@pytest.mark.parametrize("name", [name for name, (kind, _) in SAMPLES.items() if kind not in FILE_KINDS])
def test_a_photo_cut_anywhere_in_its_head_is_an_image_error(name: str) -> None:
    data = SAMPLES[name][1]
    for end in range(1, min(64, len(data))):
        with pytest.raises(ImageError):
            decode(data[:end])


def test_every_file_cut_anywhere_has_a_kind() -> None:
    files = json.loads(kinds.EXPECTED.read_text(encoding="utf-8"))["files"].values()
    for _, data in files:
        whole = bytes.fromhex(data)
        assert {kind_of(whole[:end]) for end in range(len(whole))} <= {*FILE_KINDS, *PHOTO_FORMATS}
