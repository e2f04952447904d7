"""The file or folder of a model, looked at before anything reads it: its first bytes, and the names inside."""

import shutil
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gemelo.errors import ModelError, NotFoundError, UnsafePathError
from gemelo.store.files import describe_files, open_regular, sha256_bytes, sha256_file

MOST_BYTES = 500 << 20  # of a model with its weights: a page could not load more
_MOST_FILES = 10_000
_HEAD = 64
_NOISE = ("__MACOSX/", ".DS_Store")


@dataclass(frozen=True)
class Place:
    """Where a model is.

    Attributes:
        path: Of the file or folder.
        named: What its owner calls it: the path of the zip that it came in, where it did.
        head: The first bytes of a file; empty for a folder.
        names: Relative POSIX paths of the files in a folder or zip; empty for other files.
    """

    path: Path
    named: Path
    head: bytes
    names: tuple[str, ...] = ()

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.path.is_dir()

    @property
    def is_zip(self) -> bool:
        """Whether it is a zip archive, as `.keras` files and exports of Teachable Machine are."""
        return self.head.startswith(b"PK\x03\x04")

    @property
    def is_hdf5(self) -> bool:
        """Whether it is an HDF5 file."""
        return self.head.startswith(b"\x89HDF\r\n\x1a\n")

    def has(self, *names: str) -> bool:
        """Whether all of these files are in it."""
        return set(names) <= set(self.names)


def look(path: Path, named: Path | None = None) -> Place:
    """Look at a model.

    Raises:
        NotFoundError: Nothing is there.
        ModelError: It cannot be read, is empty, or larger than 500 MB.
    """
    named = named or path
    try:
        if path.is_dir():
            names = _names(path, named)
            _check_size(named, sum((path / name).stat().st_size for name in names))
            return Place(path, named, b"", names)
        with open_regular(path) as stream:
            head = stream.read(_HEAD)
        _check_size(named, path.stat().st_size)
    except FileNotFoundError as exc:
        raise NotFoundError(f"{named}: there is no such file or folder") from exc
    except OSError as exc:
        raise ModelError(f"{named}: cannot be read: {exc.strerror or exc}") from exc
    if not head:
        raise ModelError(f"{named}: the file is empty")
    place = Place(path, named, head)
    return Place(path, named, head, tuple(_entries(named, path))) if place.is_zip else place


def identity(path: Path) -> tuple[str, int]:
    """The sha256 and the bytes of a model; of a folder, the sha256 of its files' names and hashes, in their order."""
    if path.is_dir():
        rows = describe_files(path)
        listed = "".join(f"{row.sha256}  {name}\n" for name, row in rows.items())
        return sha256_bytes(listed.encode("utf-8", "surrogateescape")), sum(row.bytes for row in rows.values())
    return sha256_file(path), path.stat().st_size


def unpack(place: Place, folder: Path) -> Place:
    """Unpack a zip into an empty folder, and look at what was in it: where that is one file or folder alone, at that.

    Raises:
        UnsafePathError: It names files outside of the folder.
        ModelError: It is damaged, or would grow to more than 500 MB.
    """
    entries = _entries(place.named, place.path)
    total = 0
    try:
        with zipfile.ZipFile(place.path) as archive:
            for name, info in entries.items():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as source, target.open("xb") as out:
                    while block := source.read(1 << 20):
                        total += len(block)
                        _check_size(place.named, total)
                        out.write(block)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as exc:
        raise ModelError(f"{place.named}: the zip is damaged: {exc}") from exc
    except FileExistsError as exc:
        raise ModelError(f"{place.named}: the zip names a file twice") from exc
    return look(_alone(folder), place.named)


def _alone(folder: Path) -> Path:
    inside = list(folder.iterdir())
    if len(inside) != 1 or inside[0].name == "saved_model.pb":
        return folder
    return _alone(inside[0]) if inside[0].is_dir() else inside[0]


def _entries(named: Path, path: Path) -> dict[str, zipfile.ZipInfo]:
    """The files in a zip, after a look at what it claims.

    Raises:
        UnsafePathError, ModelError: See `unpack`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir() and not info.filename.startswith(_NOISE)]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as exc:
        raise ModelError(f"{named}: the zip is damaged: {exc}", hint="copy or download it again") from exc
    if len(infos) > _MOST_FILES:
        raise ModelError(f"{named}: a zip of {len(infos):,} files is no model")
    _check_size(named, sum(info.file_size for info in infos))
    for info in infos:
        pure = PurePosixPath(info.filename)
        if pure.is_absolute() or ".." in pure.parts or "\\" in info.filename or ":" in info.filename:
            raise UnsafePathError(f"{named}: the zip has a file {info.filename[:80]!r}, which would climb out of it")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise UnsafePathError(f"{named}: the zip has a link, {info.filename[:80]!r}")
        if info.flag_bits & 1:
            raise ModelError(f"{named}: the zip is locked with a password")
    found = {info.filename: info for info in infos}
    if len(found) != len(infos):
        raise ModelError(f"{named}: the zip names a file twice")
    return found


def _names(folder: Path, named: Path) -> tuple[str, ...]:
    names = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
            raise UnsafePathError(f"{named}: {path.relative_to(folder)} is a link that leads out of the folder")
        if path.is_file():
            names.append(path.relative_to(folder).as_posix())
        if len(names) > _MOST_FILES:
            raise ModelError(f"{named}: a folder of more than {_MOST_FILES:,} files is no model")
    return tuple(names)


def _check_size(named: Path, size: int) -> None:
    if size > MOST_BYTES:
        raise ModelError(
            f"{named}: a model of more than {MOST_BYTES >> 20} MB; no page or phone could load it",
            hint="save it without the state of its optimizer: model.save(path, include_optimizer=False)",
        )


def copy(place: Place, target: Path) -> Path:
    """The same file under a name with the suffix that its reader wants."""
    shutil.copyfile(place.path, target)
    return target
