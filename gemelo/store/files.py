"""Reading and writing on disk so that nothing half-written is ever taken for whole: write beside, then rename."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import Any

from gemelo.errors import Message, MissingFileError, SchemaError, StorageError, UnsafePathError
from gemelo.store.leftovers import exchange, leftovers, prefix_of, sweep
from gemelo.store.schema import Count, Sha256, as_json

TEMPORARY = "the variable TMPDIR"
_OUT = "--out PATH"
_MOST_TOLD = 200  # letters of a hostile path in a message
_MOST_JSON = 128 << 20  # bytes; the record of a hundred thousand photos has a fifth of it
_MOST_LINES = 16 << 20  # bytes; the labels of a hundred thousand classes have a fifth of it


def sha256_bytes(data: bytes) -> str:
    """The sha256 of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """The sha256 of a file's content, in hex.

    Raises:
        OSError: It cannot be read.
    """
    with open_regular(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def open_regular(path: Path) -> BufferedReader:
    """Open a file to read its bytes.

    Raises:
        OSError: It cannot be read, or is a pipe or a device, which might never end.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return path.open("rb")


@dataclass(frozen=True)
class FileRow:
    """Size and hash of one file."""

    bytes: Count
    sha256: Sha256


def describe_bytes(data: bytes) -> FileRow:
    """Size and sha256 of a file with these bytes."""
    return FileRow(len(data), sha256_bytes(data))


def describe_files(root: Path, *, skip: Callable[[str], bool] = lambda _: False) -> dict[str, FileRow]:
    """Size and sha256 of every file below a folder, hidden files left out.

    Args:
        root: The folder.
        skip: Told each relative POSIX path; True leaves it out.

    Returns:
        {relative POSIX path: its size and hash}, sorted by path.
    """
    table: dict[str, FileRow] = {}
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root).as_posix()
        if path.is_file() and not any(p.startswith(".") for p in relative.split("/")) and not skip(relative):
            table[relative] = FileRow(path.stat().st_size, sha256_file(path))
    return table


def safe_join(root: Path, relative: str) -> Path:
    """Join a path from a manifest to its folder.

    Raises:
        UnsafePathError: It is absolute, climbs out, or leads out by a symbolic link.
    """
    pure = PurePosixPath(relative)
    if not relative or pure.is_absolute() or ".." in pure.parts or "\\" in relative or "\0" in relative:
        raise UnsafePathError(Message("path.outside", root, path=repr(relative[:_MOST_TOLD])))
    path = root / pure
    try:
        inside = path.resolve().is_relative_to(root.resolve())
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, RuntimeError, ValueError) as exc:  # too long, a loop of links, or no text that a disk takes
        raise UnsafePathError(
            Message("path.none", root, path=repr(relative[:_MOST_TOLD]), reason=_reason(exc))
        ) from exc
    if not inside:
        raise UnsafePathError(Message("path.link", root, path=repr(relative)))
    return path


def _reason(exc: Exception) -> str | Message:
    if isinstance(exc, UnicodeError):
        return Message("path.encoding")
    return (exc.strerror if isinstance(exc, OSError) else None) or Message("path.loop")


def read_json(path: Path) -> Any:
    """Parse a JSON file.

    Raises:
        MissingFileError: It is not there, or cannot be read.
        SchemaError: It is not JSON, or has more than 128 MiB.
    """
    try:
        with open_regular(path) as stream:
            data = stream.read(_MOST_JSON + 1)
        if len(data) > _MOST_JSON:
            raise SchemaError(Message("file.large", path=path, mebibytes=_MOST_JSON >> 20))
        return parse_json(data)
    except FileNotFoundError as exc:
        raise MissingFileError(Message("file.missing", path=path)) from exc
    except OSError as exc:
        raise MissingFileError(Message("file.unreadable", path=path, reason=exc.strerror or exc)) from exc
    except ValueError as exc:
        raise SchemaError(Message("file.json", path=path, reason=exc)) from exc


def parse_json(data: bytes | str) -> Any:
    """Parse JSON strictly: no NaN, no infinity, no nesting that Python cannot follow.

    Raises:
        ValueError: It is not JSON.
    """
    try:
        return json.loads(data.decode("utf-8") if isinstance(data, bytes) else data, parse_constant=_no_constant)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def read_lines(path: Path) -> list[str]:
    """The lines of a text file.

    Raises:
        MissingFileError: It cannot be read.
        SchemaError: It is no text in UTF-8, or has more than 16 MiB.
    """
    try:
        with open_regular(path) as stream:
            data = stream.read(_MOST_LINES + 1)
        if len(data) > _MOST_LINES:
            raise SchemaError(Message("file.large", path=path, mebibytes=_MOST_LINES >> 20))
        return data.decode("utf-8").splitlines()
    except OSError as exc:
        raise MissingFileError(Message("file.unreadable", path=path, reason=exc.strerror or exc)) from exc
    except ValueError as exc:
        raise SchemaError(Message("file.no-text", path=path)) from exc


def to_json(value: Any) -> str:
    """JSON text of a dataclass or of plain JSON: the same for the same value, keys in their order."""
    return json.dumps(as_json(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write JSON, whole or not at all."""
    # Paths of photos may hold bytes that are no UTF-8: they travel as surrogates, escaped.
    atomic_write(path, to_json(value).encode("utf-8", "backslashreplace"))


@contextlib.contextmanager
def storage_errors(path: Path, setting: str = _OUT) -> Iterator[None]:
    """Turn the operating system's refusal to write into a StorageError.

    Args:
        path: What is written.
        setting: The option or variable that names another place.
    """
    try:
        yield
    except StorageError as exc:
        if setting == _OUT:
            raise
        raise StorageError(exc.told or exc.message, hint=_other_place(setting)) from exc
    except OSError as exc:
        place, temporary = Path(os.fsdecode(exc.filename or path)), Path(tempfile.gettempdir())
        if place.is_relative_to(temporary) and not path.resolve().is_relative_to(temporary):
            path, setting = place, TEMPORARY
        raise StorageError(
            Message("file.cannot-write", path=path, reason=exc.strerror or exc), hint=_other_place(setting)
        ) from exc


def _other_place(setting: str) -> Message:
    return Message("hint.space", setting=setting)


def atomic_write(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all. What a killed process left beside it is swept up.

    Raises:
        StorageError: The disk is full or may not be written to.
    """
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent, f".{path.name}")
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=prefix_of(f".{path.name}"))
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise


@contextlib.contextmanager
def atomic_directory(target: Path) -> Iterator[Path]:
    """A folder that appears whole or not at all.

    Yields a temporary sibling; at the end it changes places with an older folder at `target`, so that one of the two
    is there at every instant. On an error it is removed and the older folder stays. What a killed process left is
    swept up next time.

    Raises:
        StorageError: The disk is full or may not be written to.
    """
    name = f".{target.name}"
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        _put_back(target)
        sweep(target.parent, name)
        work = Path(tempfile.mkdtemp(dir=target.parent, prefix=prefix_of(name)))
        try:
            work.chmod(0o755)  # mkdtemp makes it private
            yield work
            _put_in_place(work, target)
        finally:
            shutil.rmtree(work, ignore_errors=True)


@contextlib.contextmanager
def scratch_directory(kind: str) -> Iterator[Path]:
    """A temporary folder that goes at the end. Those of killed processes go when the next one is made.

    Args:
        kind: What it is for, in a word: a part of its name.

    Raises:
        StorageError: The disk is full or may not be written to.
    """
    parent, name = Path(tempfile.gettempdir()), f"gemelo-{kind}"
    with storage_errors(parent / name, TEMPORARY):
        with contextlib.suppress(OSError):  # somebody else's
            sweep(parent, name)
        work = Path(tempfile.mkdtemp(dir=parent, prefix=prefix_of(name)))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _put_in_place(work: Path, target: Path) -> None:
    if not target.exists():
        work.replace(target)
    elif not exchange(work, target):
        _replace_in_two_steps(work, target)


def _replace_in_two_steps(work: Path, target: Path) -> None:
    """For file systems where two folders cannot change places: a kill between the steps is put right by `_put_back`."""
    older = work.with_name(work.name + ".old")
    target.replace(older)
    try:
        work.replace(target)
    except OSError:
        older.replace(target)
        raise
    shutil.rmtree(older, ignore_errors=True)


def _put_back(target: Path) -> None:
    """Put back an older folder that a killed process had moved aside."""
    for leftover in list(leftovers(target.parent, f".{target.name}")):
        if leftover.name.endswith(".old") and not target.exists():
            leftover.replace(target)
