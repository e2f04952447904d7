"""Updates with a way back. A folder on the device holds two versions, and `current` always is a whole one that passed:

    DIR/
      versions/HASH/    a pack, by the first letters of its id
      current           a symbolic link to the one in use
      previous          a symbolic link to the one before

A new version is unpacked beside, checked against its hashes, tested in a process of its own, and only then taken, by
renaming a link: whatever kills an update, and whenever, `current` names a whole version that passed.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from gemelo.edge.device.unpack import read_zip_manifest, sync, unpack
from gemelo.edge.device.whole import PROGRAM_FILE, Pack
from gemelo.errors import GemeloError, IntegrityError, ParityError, StorageError, UsageError
from gemelo.store.files import storage_errors
from gemelo.terminal.text import shown

_VERSIONS, _CURRENT, _PREVIOUS = "versions", "current", "previous"
_INCOMING = ".incoming"
_LOCK = ".lock"
_LETTERS = 16
_TEST_SECONDS = 300.0


def install(path: Path, into: Path) -> int:
    """Take the pack in a zip, if it is whole and passes its self-test here; say so, and return the exit code.

    Raises:
        UsageError: There is no such zip, another update is at work, or DIR is no such folder.
        IntegrityError: The pack is not what was written.
        ParityError: It does not pass its self-test on this device.
        StorageError: The disk is full or may not be written to.
    """
    manifest, identity = read_zip_manifest(path)
    with _locked(into):
        _sweep(into)
        before = _version(into, _CURRENT)
        name = _bring(path, into, identity, before)
        if name == before:
            print(f"{shown(str(path))} is what {shown(str(into))}/{_CURRENT} is already: {before}")
            return 0
        told = _what_changes(into, before, name)
        # A damaged version is none to go back to; where an older one is linked, that stays.
        if before is not None and _identity(into / _VERSIONS / before) is not None:
            _point(into, _PREVIOUS, before)
        _point(into, _CURRENT, name)
        _prune(into)
    print(f"installed {shown(manifest.name)} onnx/{shown(manifest.variant)}: {_CURRENT} is {name}")
    if told:
        print(f"note: {told}")
    return 0


def roll_back(into: Path) -> int:
    """Exchange `current` and `previous`, if the latter still is whole and passes; say so, and return the exit code.

    Raises:
        UsageError: There is nothing to go back to.
        IntegrityError: The previous version is damaged.
        ParityError: It does not pass its self-test on this device.
    """
    with _locked(into):
        now, before = _version(into, _CURRENT), _version(into, _PREVIOUS)
        if before is None or before == now:
            raise UsageError(f"{into}: there is no version to go back to")
        _test(into / _VERSIONS / before)
        _point(into, _CURRENT, before)
        if now is not None:
            _point(into, _PREVIOUS, now)
    print(f"rolled back: {_CURRENT} is {before}")
    return 0


def _bring(path: Path, into: Path, identity: str, current: str | None) -> str:
    """Have the version among the others, whole and tested, and return its name there.

    A damaged zip is refused even where its version is there already: somebody may want to keep the zip.
    """
    versions = into / _VERSIONS
    place = versions / identity[:_LETTERS]
    incoming = versions / _INCOMING
    try:
        unpack(path, incoming)
        for known in (name for name in (current, place.name) if name is not None):
            if _identity(versions / known) == identity:
                if known != current:
                    _test(versions / known)
                _sweep(into)
                return known
        _test(incoming)
    except BaseException:
        _sweep(into)
        raise
    number = 1
    while place.exists():  # a damaged one, perhaps in use: it is left to `_prune`
        number += 1
        place = versions / f"{identity[:_LETTERS]}-{number}"
    with storage_errors(place, "--into DIR"):
        incoming.rename(place)
        sync(versions)
    return place.name


def _what_changes(into: Path, before: str | None, now: str) -> str:
    """What a person may not have meant to change: the model's name or its labels; empty where nothing of it does."""
    if before is None or _identity(into / _VERSIONS / before) is None:
        return ""
    old, new = (Pack.open(into / _VERSIONS / name) for name in (before, now))
    said = [("name", old.name, new.name), ("labels", old.labels, new.labels)]
    changed = [f"{what} {shown(str(then))} then, {shown(str(now))} now" for what, then, now in said if then != now]
    return f"this is another classifier: {'; '.join(changed)}; --rollback goes back" if changed else ""


def _test(root: Path) -> None:
    """Hold a version to its hashes, then have its own program test itself, as it will run."""
    Pack.open(root)
    try:
        done = subprocess.run(
            [sys.executable, str(root / PROGRAM_FILE), "--selftest"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise ParityError(f"refused: its self-test took more than {_TEST_SECONDS:.0f} s") from exc
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        said = "\n".join(lines[:6]) or f"it said nothing, exit code {done.returncode}"
        raise ParityError("refused: it does not pass its self-test on this device", hint=said)


def _identity(root: Path) -> str | None:
    """The id of a version; None where it is not whole."""
    try:
        return Pack.open(root).id
    except (GemeloError, OSError):
        return None


def _version(into: Path, link: str) -> str | None:
    """The name of the version that a link names; None where there is none."""
    path = into / link
    if not path.is_symlink():
        if path.exists():
            raise UsageError(f"{path}: this is no link that --install made", hint="choose another --into")
        return None
    target = Path(path.readlink())
    if target.parent != Path(_VERSIONS) or target.name.startswith("."):
        raise IntegrityError(f"{path}: leads to {target}, which --install did not write")
    return target.name


def _point(into: Path, link: str, name: str) -> None:
    """Have a link name a version, at once: a link is never changed, another one is renamed over it."""
    with storage_errors(into / link, "--into DIR"):
        temporary = into / f".{link}"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(Path(_VERSIONS, name))
        temporary.replace(into / link)
        sync(into)


def _prune(into: Path) -> None:
    """Remove all versions but the two that are linked; under another name first, so that none is ever half a pack."""
    kept = {_version(into, _CURRENT), _version(into, _PREVIOUS)}
    for path in sorted((into / _VERSIONS).iterdir()):
        if path.name not in kept and not path.name.startswith("."):
            path.rename(path.with_name(f".old-{path.name}"))
    _sweep(into)


def _sweep(into: Path) -> None:
    """Remove what is no version: of an update that was killed, or refused."""
    import shutil

    for path in (into / _VERSIONS).glob(".*"):
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _locked(into: Path) -> Iterator[None]:
    """One update at a time: a lock that ends with its process, however that ends."""
    try:
        import fcntl
    except ImportError as exc:  # not a Unix
        raise UsageError("updates need Linux or another Unix") from exc
    is_new = not into.exists()
    with storage_errors(into, "--into DIR"):
        (into / _VERSIONS).mkdir(parents=True, exist_ok=True)
        handle = os.open(into / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise UsageError(f"{into}: another update is at work") from exc
        except OSError as exc:
            raise StorageError(f"{into}: cannot be locked: {exc.strerror or exc}") from exc
        yield
    finally:
        if is_new:
            _leave_nothing(into)
        os.close(handle)


def _leave_nothing(into: Path) -> None:
    """Remove the folder of an update that was the first and brought no version."""
    with contextlib.suppress(OSError):
        (into / _VERSIONS).rmdir()
        (into / _LOCK).unlink()
        into.rmdir()
