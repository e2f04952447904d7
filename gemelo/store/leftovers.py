"""Temporary files and folders that carry their process's number in their name: those of killed processes are swept.

A name is `PREFIX.PID.RANDOM`.
"""

import ctypes
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def prefix_of(name: str) -> str:
    """How names of temporary files of this process begin."""
    return f"{name}.{os.getpid()}."


def sweep(folder: Path, name: str) -> None:
    """Remove the files and folders `NAME.PID.*` of processes that are gone."""
    for leftover in leftovers(folder, name):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def leftovers(folder: Path, name: str) -> Iterator[Path]:
    """The files and folders `NAME.PID.*` of processes that are gone."""
    with os.scandir(folder) as entries:
        found = sorted(entry.name for entry in entries if entry.name.startswith(f"{name}."))
    for each in found:
        pid = each.removeprefix(f"{name}.").split(".")[0]
        if pid.isdecimal() and not _is_alive(int(pid)):
            yield folder / each


def exchange(one: Path, other: Path) -> bool:
    """Have two paths change places at once, by Linux's renameat2; False where that is not to be had."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):  # another system, or an older C library
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):  # the kernel, or this file system, does not know how
        return False
    raise OSError(number, os.strerror(number), str(other))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
