"""A full disk: the setting that helps is named, and nothing useless is left behind."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gemelo.errors import StorageError
from gemelo.preprocessing import Preprocessing
from gemelo.store import files
from trainer import cache
from trainer.checkpoint import Workspace

from .conftest import paint

PREPROCESSING = Preprocessing(8, 8)


def full(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    found = [tmp_path / "photos" / f"{i}.png" for i in range(3)]
    for i, path in enumerate(found):
        paint(path, (9 * i, 1, 2), i)
    return found


@pytest.mark.parametrize("step", ["prepare_file", "_decode_chunk", "_note"])
def test_a_full_cache(step: str, paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cache"
    monkeypatch.setattr(cache._Cache, step, full)
    with pytest.raises(StorageError, match="No space left") as caught:
        cache.decode_all(paths, PREPROCESSING, folder=folder)
    assert "GEMELO_CACHE" in (caught.value.hint or "")
    assert "--out" not in (caught.value.hint or "")
    assert not folder.exists()


def test_a_full_disk_below_the_manifest_of_a_cache(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(StorageError, match="No space left") as caught:
        cache.decode_all(paths, PREPROCESSING, folder=tmp_path / "cache")
    assert "GEMELO_CACHE" in (caught.value.hint or "")
    assert not (tmp_path / "cache").exists()


def test_an_older_cache_stays(paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cache"
    cache.decode_all(paths, PREPROCESSING, folder=folder)
    [kept] = folder.iterdir()
    (kept / cache.JOURNAL).unlink()
    monkeypatch.setattr(cache._Cache, "_note", full)
    with pytest.raises(StorageError):
        cache.decode_all(paths, PREPROCESSING, folder=folder)
    assert (kept / cache.IMAGES).is_file()


def begin(workspace: Workspace) -> None:
    workspace.begin({"training": {}, "data": {}}, "gemelo train photos")


def save(workspace: Workspace) -> None:
    workspace.save({"weights": np.zeros(3)}, {"epoch": 1})


def fill(monkeypatch: pytest.MonkeyPatch, then: Callable[[Workspace], None], workspace: Workspace) -> StorageError:
    if then is save:
        begin(workspace)
    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(StorageError, match="No space left") as caught, workspace.on_full_disk(resume=False):
        then(workspace)
    return caught.value


@pytest.mark.parametrize("then", [begin, save])
def test_a_run_without_a_checkpoint_is_removed(
    then: Callable[[Workspace], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = fill(monkeypatch, then, Workspace(tmp_path / "run"))
    assert "--out PATH" in (error.hint or "")
    assert list(tmp_path.iterdir()) == []


def test_a_run_with_a_checkpoint_is_kept_and_this_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(tmp_path / "run")
    begin(workspace)
    save(workspace)
    before = workspace.load()
    error = fill(monkeypatch, lambda run: run.save({"weights": np.ones(3)}, {"epoch": 2}), workspace)
    assert "finish it with --resume" in (error.hint or "")
    assert "--out PATH" in (error.hint or "")
    assert workspace.load() == before
    assert {path.name for path in (tmp_path / "run" / "checkpoints").iterdir()} == {"last.npz", "options.json"}
