"""A pack out of a zip that may be damaged, cut short, or made to do harm."""

import hashlib
import os
import zlib
from pathlib import Path
from typing import IO, Any

from gemelo.edge.device.whole import PACK_FILE, PackManifest, checked_manifest
from gemelo.errors import (
    IntegrityError,
    MissingFileError,
    NotFoundError,
    SchemaError,
    TamperedFileError,
    UnsafePathError,
)
from gemelo.store.files import parse_json, safe_join, storage_errors

_MOST_FILES = 1000
_MOST_BYTES = 1 << 30
_MOST_MANIFEST = 1 << 20
_PIECE = 1 << 16


def read_zip_manifest(path: Path) -> tuple[PackManifest, str]:
    """The manifest of a zipped pack, and the sha256 of its bytes: the pack's id.

    Raises:
        NotFoundError: There is no such file.
        IntegrityError: It is not a whole zip, or no pack is in it.
    """
    import zipfile

    if not path.is_file():
        raise NotFoundError(f"{path}: {'this is not a file' if path.exists() else 'there is no such file'}")
    try:
        with zipfile.ZipFile(path) as archive:
            if PACK_FILE not in archive.namelist():
                raise MissingFileError(f"{path}: no pack: there is no {PACK_FILE} in it")
            data = _first_bytes(archive, PACK_FILE)
        value = checked_manifest(parse_json(data), path / PACK_FILE)
    except _damages(OSError) as exc:
        raise IntegrityError(f"{path}: not a whole pack: {exc}", hint="copy it again") from exc
    return value, hashlib.sha256(data).hexdigest()


def unpack(path: Path, target: Path) -> None:
    """Write the files of a zipped pack into a new folder, each checked against its size and hash on the way.

    Args:
        path: The zip.
        target: The folder; it is made.

    Raises:
        NotFoundError: There is no such file.
        IntegrityError: A file is missing, too many, changed, or would lie outside; nothing beyond the sizes that
            pack.json states is ever written.
        StorageError: The disk is full or may not be written to.
    """
    import zipfile

    manifest, _ = read_zip_manifest(path)
    files = _sizes(manifest, path)
    with storage_errors(target, "--into DIR"):
        target.mkdir()
        places = {name: safe_join(target, name) for name in files}
        try:
            with zipfile.ZipFile(path) as archive:
                _check_members(archive, files, path)
                for name, place in places.items():
                    place.parent.mkdir(parents=True, exist_ok=True)
                    with archive.open(name) as source, place.open("xb") as stream:
                        _copy(source, stream, files[name], f"{path}: {name}")
                # Last, so that what was cut short is never taken for whole.
                (target / PACK_FILE).write_bytes(_first_bytes(archive, PACK_FILE))
        except _damages() as exc:
            raise IntegrityError(f"{path}: not a whole pack: {exc}", hint="copy it again") from exc
        for folder in (*sorted({place.parent for place in places.values()}), target, target.parent):
            sync(folder)


def sync(path: Path) -> None:
    """Have the disk keep what was written to a file, or what a folder lists, before going on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _damages(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """All that the standard library's zipfile raises at a zip that is none."""
    import zipfile

    # RuntimeError has NotImplementedError and RecursionError below it.
    return (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OverflowError, *more)


def _first_bytes(archive: Any, name: str) -> bytes:
    """A small member whole, or an error: what it says of its size is not to be believed."""
    with archive.open(name) as stream:
        data: bytes = stream.read(_MOST_MANIFEST + 1)
    if len(data) > _MOST_MANIFEST:
        raise ValueError(f"{name} is larger than {_MOST_MANIFEST >> 10} KiB")
    return data


def _sizes(manifest: PackManifest, path: Path) -> dict[str, tuple[int, str]]:
    """{name: (bytes, sha256)} of the manifest, within bounds."""
    files = {name: (row.bytes, row.sha256) for name, row in manifest.files.items()}
    total = sum(size for size, _ in files.values())
    if len(files) > _MOST_FILES or total > _MOST_BYTES:
        raise SchemaError(f"{path}: {len(files)} files of {total} bytes are no pack")
    if PACK_FILE in files:
        raise SchemaError(f"{path}: {PACK_FILE} cannot have its own hash in it")
    return files


def _check_members(archive: Any, files: dict[str, tuple[int, str]], path: Path) -> None:
    """What the zip says that is in it, against the manifest, before a byte is unpacked."""
    rows = [row for row in archive.infolist() if not row.is_dir()]
    names = [row.filename for row in rows]
    if strange := sorted(set(names) - set(files) - {PACK_FILE}):
        kind = UnsafePathError if any(_climbs(name) for name in strange) else TamperedFileError
        raise kind(f"{path}: not in its {PACK_FILE}: {', '.join(map(repr, strange[:8]))}")
    if missing := sorted(set(files) - set(names)):
        raise MissingFileError(f"{path}: missing {', '.join(missing[:8])}")
    if len(set(names)) != len(names):
        raise TamperedFileError(f"{path}: the same name is in it twice")
    if wrong := [row.filename for row in rows if row.filename in files and row.file_size != files[row.filename][0]]:
        raise TamperedFileError(f"{path}: not the size that was written: {', '.join(wrong[:8])}")


def _climbs(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ".." in name.split("/")


def _copy(source: IO[bytes], stream: IO[bytes], expected: tuple[int, str], name: str) -> None:
    size, digest = expected
    hashed, written = hashlib.sha256(), 0
    while piece := source.read(_PIECE):
        written += len(piece)
        if written > size:
            break
        hashed.update(piece)
        stream.write(piece)
    if written != size or hashed.hexdigest() != digest:
        raise TamperedFileError(f"{name}: not the bytes that were written", hint="copy it again")
    stream.flush()
    os.fsync(stream.fileno())
