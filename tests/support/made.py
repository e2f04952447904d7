"""Drawings, a run and a bundle that many tests read: made once for a state of the sources, and kept."""

import fcntl
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_KEPT = ROOT / ".pytest_cache" / "made"
_SOURCES = ("gemelo", "trainer", "exporters", "tests/support/made.py", "tests/conftest.py", "requirements.lock")


def made(name: str, make: Callable[[Path], object]) -> Path:
    """The folder of that name; made where these sources never made it, by one process while others wait.

    Args:
        name: Of the folder.
        make: Told where to make it.
    """
    home = _KEPT / _key()
    home.mkdir(parents=True, exist_ok=True)
    folder, done = home / name, home / f"{name}.done"
    with (home / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.is_file():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder


def _key() -> str:
    found = hashlib.sha256()
    for place in _SOURCES:
        path = ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            found.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return found.hexdigest()[:16]
