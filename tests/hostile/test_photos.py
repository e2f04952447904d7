"""Each bad photo is refused with its own error; each odd one is read."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gemelo.errors import GemeloError, ImageError
from gemelo.preprocessing import Preprocessing, prepare
from tests.hostile.photos import HOSTILE_PHOTOS, HostilePhoto

PREPROCESSING = Preprocessing(32, 24)
BAD = [row for row in HOSTILE_PHOTOS if row.error]
ODD = [row for row in HOSTILE_PHOTOS if not row.error]


def ids(row: HostilePhoto) -> str:
    return row.name.replace(" ", "-")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("row", BAD, ids=ids)
def test_a_bad_photo_is_refused(row: HostilePhoto, tmp_path: Path) -> None:
    path = row.make(tmp_path)
    if row.root_reads_it and os.access(path, os.R_OK):
        assert prepare(path, PREPROCESSING).shape == PREPROCESSING.shape
        return
    with pytest.raises(GemeloError) as caught:
        prepare(path, PREPROCESSING)
    assert type(caught.value).__name__ == row.error
    assert path.name in caught.value.message
    assert row.words in str(caught.value)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("row", ODD, ids=ids)
def test_an_odd_photo_is_read(row: HostilePhoto, tmp_path: Path) -> None:
    tensor_u8 = prepare(row.make(tmp_path), PREPROCESSING)
    assert tensor_u8.shape == PREPROCESSING.shape
    assert tensor_u8.dtype == np.uint8


@pytest.mark.parametrize("row", [row for row in BAD if row.make.__name__ == "make"], ids=ids)
def test_the_same_bytes_without_a_file_are_refused_alike(row: HostilePhoto, tmp_path: Path) -> None:
    with pytest.raises(ImageError) as caught:
        prepare(row.make(tmp_path).read_bytes(), PREPROCESSING)
    assert type(caught.value).__name__ == row.error


# In a process of its own: under pytest every warning is an error, before gemelo can decide.
READ_ALL = """
from gemelo.preprocessing import Preprocessing, prepare
from gemelo.errors import ImageError
from tests.browser.odd_photos import ODD_PHOTOS

for photo in ODD_PHOTOS.values():
    try:
        prepare(photo(), Preprocessing(32, 24))
    except ImageError:
        pass
"""


def test_no_library_says_a_word_of_any_odd_photo(project: Path) -> None:
    command = [sys.executable, "-W", "always::UserWarning", "-c", READ_ALL]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_names_are_unique_and_the_table_is_long() -> None:
    names = [row.name for row in HOSTILE_PHOTOS]
    assert len(set(names)) == len(names)
    assert len(names) >= 40
