import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gemelo.preprocessing import Preprocessing, prepare
from gemelo.preprocessing.file_kinds import READ_FORMATS
from gemelo.store.files import sha256_file
from trainer import cache
from trainer.cache import decode_all

from .conftest import paint

PREPROCESSING = Preprocessing(16, 12)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "CHUNK", 4)


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return [paint(tmp_path / "photos" / f"{i}.png", (90, 120, 150), i) for i in range(10)]


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many photos were decoded."""
    calls: list[int] = []

    def counted(*args: object) -> np.ndarray:
        calls.append(1)
        return prepare(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(cache, "prepare", counted)
    return calls


def only(folder: Path) -> Path:
    (found,) = folder.iterdir()
    return found


def test_is_what_the_preprocessing_makes(paths: list[Path], tmp_path: Path) -> None:
    decoded = decode_all(paths, PREPROCESSING, folder=tmp_path / "cache")
    assert decoded.images_u8.shape == (10, 12, 16, 3)
    assert np.array_equal(decoded.images_u8, np.stack([prepare(path, PREPROCESSING) for path in paths]))
    assert decoded.sha256 == [sha256_file(path) for path in paths]
    assert decoded.reasons == [None] * 10
    assert isinstance(decoded.images_u8, np.memmap)


def test_decodes_once(paths: list[Path], tmp_path: Path, count: list[int]) -> None:
    first = decode_all(paths, PREPROCESSING, folder=tmp_path / "cache")
    again = decode_all(paths, PREPROCESSING, folder=tmp_path / "cache")
    assert len(count) == 10
    assert np.array_equal(first.images_u8, again.images_u8)


def test_what_a_killed_process_left_is_swept(paths: list[Path], tmp_path: Path) -> None:
    decode_all(paths, PREPROCESSING, folder=tmp_path / "cache")
    folder = only(tmp_path / "cache")
    whole = sorted(os.listdir(folder))
    (folder / ".images.npy.999999999.abc").write_bytes(b"half")
    alive = folder / f".images.npy.{os.getppid()}.abc"
    alive.write_bytes(b"another's")
    decode_all(paths, PREPROCESSING, folder=tmp_path / "cache")
    assert sorted(os.listdir(folder)) == sorted([*whole, alive.name])


def test_key_is_what_and_how(paths: list[Path], tmp_path: Path, count: list[int]) -> None:
    folder = tmp_path / "cache"
    decode_all(paths, PREPROCESSING, folder=folder)
    decode_all(paths, Preprocessing(16, 12, fit="crop"), folder=folder)
    decode_all(paths, PREPROCESSING, folder=folder, max_pixels=10**7)
    size, times = paths[3].stat().st_size, (1, 1)
    os.utime(paths[3], times)
    data = bytearray(paths[3].read_bytes())
    data[-5] ^= 1  # in the last chunk's checksum: the same size, the same times, other bytes
    paths[3].write_bytes(data)
    os.utime(paths[3], times)
    assert paths[3].stat().st_size == size
    decode_all(paths, PREPROCESSING, folder=folder)
    assert len(count) == 40
    assert len(list(folder.iterdir())) == 4


def test_moved_photos_are_the_same(paths: list[Path], tmp_path: Path, count: list[int]) -> None:
    decode_all(paths, PREPROCESSING, folder=tmp_path / "cache")
    (tmp_path / "photos").rename(tmp_path / "elsewhere")
    decode_all([tmp_path / "elsewhere" / path.name for path in paths], PREPROCESSING, folder=tmp_path / "cache")
    assert len(count) == 10


def test_unreadable_photos_have_reasons(paths: list[Path], tmp_path: Path) -> None:
    paths[1].write_bytes(b"")
    paths[4].write_bytes(b"just text, no photo")
    paths[6].write_bytes(paths[6].read_bytes()[:200])
    paths[8].unlink()
    for _ in range(2):
        decoded = decode_all(paths, PREPROCESSING, folder=tmp_path / "cache")
        found = {i: reason for i, reason in enumerate(decoded.reasons) if reason}
        assert sorted(found) == [1, 4, 6, 8]
        assert found[1] == "the file is empty (0 bytes)"
        assert found[4].splitlines() == ["this is text", READ_FORMATS]
        assert "truncated" in found[6] or "damaged" in found[6]
        assert "No such file" in found[8]
        assert not decoded.images_u8[[1, 4, 6, 8]].any()


def test_too_many_pixels(paths: list[Path], tmp_path: Path) -> None:
    decoded = decode_all(paths[:1], PREPROCESSING, folder=tmp_path / "cache", max_pixels=100)
    assert "megapixels" in str(decoded.reasons[0])


_KILLED = """
import os, signal, sys
from pathlib import Path
from gemelo.preprocessing import Preprocessing
from trainer import cache
cache.CHUNK = 4
cache._workers = lambda: 1
note = cache._Cache._note
def die(self, line):
    note(self, line)
    if line["chunk"] == 1:
        os.kill(os.getpid(), signal.SIGKILL)
cache._Cache._note = die
cache.decode_all([Path(p) for p in sys.argv[2:]], Preprocessing(16, 12), folder=Path(sys.argv[1]))
"""


def test_survives_kill(paths: list[Path], tmp_path: Path, count: list[int], project: Path) -> None:
    folder = tmp_path / "cache"
    command = [sys.executable, "-c", _KILLED, str(folder), *map(str, paths)]
    assert subprocess.run(command, cwd=project, check=False).returncode == -signal.SIGKILL
    decoded = decode_all(paths, PREPROCESSING, folder=folder)
    assert len(count) <= 6  # two chunks of four, at least, were kept
    assert np.array_equal(decoded.images_u8, np.stack([prepare(path, PREPROCESSING) for path in paths]))


@pytest.mark.parametrize("damage", ["torn line", "lost bytes", "short file", "no journal"])
def test_half_written_is_never_taken_for_whole(
    paths: list[Path], tmp_path: Path, count: list[int], damage: str
) -> None:
    folder = tmp_path / "cache"
    right = np.array(decode_all(paths, PREPROCESSING, folder=folder).images_u8)
    images, journal = only(folder) / "images.npy", only(folder) / "journal.jsonl"
    if damage == "torn line":
        journal.write_bytes(journal.read_bytes()[:-30])
    elif damage == "lost bytes":
        data = bytearray(images.read_bytes())
        data[-2000:] = bytes(2000)
        images.write_bytes(data)
    elif damage == "short file":
        images.write_bytes(images.read_bytes()[:-100])
    else:
        journal.unlink()
    assert np.array_equal(decode_all(paths, PREPROCESSING, folder=folder).images_u8, right)
    assert len(count) > 10


def test_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMELO_CACHE", "/somewhere")
    assert cache.default_folder() == Path("/somewhere")
    monkeypatch.delenv("GEMELO_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache.default_folder() == Path("/xdg/gemelo")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache.default_folder() == Path.home() / ".cache" / "gemelo"
