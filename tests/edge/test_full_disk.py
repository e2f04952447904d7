"""A full disk: an update names the option that helps, and leaves nothing behind."""

import errno
import os
from pathlib import Path

import pytest

from gemelo.edge.device.update import install
from gemelo.errors import StorageError


def test_a_full_disk_leaves_nothing_of_an_update(
    zips: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    installed = tmp_path / "device"
    install(zips["fp32"], installed)
    before = sorted(path.relative_to(installed) for path in installed.rglob("*"))
    monkeypatch.setattr(os, "fsync", full)
    for into in (installed, tmp_path / "new"):
        with pytest.raises(StorageError, match="No space left on device") as caught:
            install(zips["fp16"], into)
        assert "--into DIR" in (caught.value.hint or "")
    assert not (tmp_path / "new").exists()
    assert sorted(path.relative_to(installed) for path in installed.rglob("*")) == before
