"""Weights are read as data: whatever else a file holds is refused, and nothing in it is run."""

import contextlib
import os
from pathlib import Path

import numpy as np
import pytest

from gemelo.errors import WeightsError
from trainer.pretrained import _torch_file
from trainer.pretrained._torch_file import read

from . import torch_files
from .torch_files import GOOD, HOSTILE, SIX, Hostile, block, table, tensor, whole


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "weights.pth"


def test_a_good_file(file: Path) -> None:
    file.write_bytes(GOOD)
    (weight,) = read(file).values()
    assert weight.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert weight.dtype == np.float32
    assert not weight.flags.writeable


def test_views_strides_and_kinds(file: Path) -> None:
    state = table(
        turned=tensor((3, 2), (1, 3)),
        part=tensor((2,), (2,), offset=1),
        one=tensor((), (), offset=5),
        steps=tensor((), (), key="steps", count=1, kind="LongStorage"),
    )
    # The numbers of storages follow in the order of the keys, whatever it is.
    file.write_bytes(whole(state, ("steps", "0"), block(np.array([7], "<i8")), block(SIX)))
    found = read(file)
    assert found["turned"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert found["part"].tolist() == [1, 3]
    assert (found["one"].item(), found["steps"].item(), found["steps"].dtype) == (5, 7, np.int64)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda row: row.name)
def test_hostile_files(hostile: Hostile, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "system", lambda _: pytest.fail("it was run"))
    file.write_bytes(hostile.data)
    with pytest.raises(WeightsError) as caught:
        read(file)
    assert hostile.words in str(caught.value)
    assert str(file) in caught.value.message
    assert caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_cut_anywhere(file: Path) -> None:
    for length in range(len(GOOD)):
        file.write_bytes(GOOD[:length])
        with pytest.raises(WeightsError):
            read(file)


def test_any_byte_changed_is_read_or_refused(file: Path) -> None:
    rng = np.random.default_rng(1)
    for place in range(len(GOOD)):
        data = bytearray(GOOD)
        data[place] ^= int(rng.integers(1, 256))
        file.write_bytes(data)
        with contextlib.suppress(WeightsError):
            assert all(isinstance(value, np.ndarray) for value in read(file).values())


def test_no_file_and_a_huge_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WeightsError, match="cannot be read: No such file"):
        read(file)
    monkeypatch.setattr(_torch_file, "_LARGEST", len(GOOD) - 1)
    file.write_bytes(GOOD)
    with pytest.raises(WeightsError, match="more than"):
        read(file)


def test_the_hostile_pickles_are_hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would run under the standard library: the tests above are of something."""
    import pickle

    monkeypatch.chdir(tmp_path)
    pickle.loads(pickle.dumps(torch_files.Runs(), 2))
    assert (tmp_path / "HACKED").exists()
