"""Photos in folders: which files are photos, and which are passed over. One rule for all commands, the app and devices.

- Hidden files, and what systems leave beside photos (`@eaDir`, `__MACOSX`, `Thumbs.db`, ...), count as not there.
- A photo is recognized by its first bytes, whatever its name. A file that has a photo's name counts as well, so that
  one that cannot be read is reported by its name.
- Every other file is passed over, and counted.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gemelo.preprocessing import EXTENSIONS, FOREIGN_EXTENSIONS
from gemelo.preprocessing.file_kinds import FILE_KINDS, HEAD_BYTES, PHOTO_FORMATS, kind_of

SUFFIXES = frozenset((*EXTENSIONS, *FOREIGN_EXTENSIONS, ".jfif", ".jpe", ".jfi", ".pjpeg", ".pjp", ".dib", ".apng"))
# Thumbnails and bins of network storage, archives and systems.
_FOLDERS_LEFT = {"@eadir", "@recycle", "@recently-snapshot", "@tmp", "#recycle", "#snapshot", "__macosx", "__pycache__"}
_FOLDERS_OF_DISKS = {"$recycle.bin", "lost+found", "system volume information"}
_FILES_LEFT = {"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "picasa.ini", "icon\r"}
LEFT_BY_SYSTEMS = _FOLDERS_LEFT | _FOLDERS_OF_DISKS | _FILES_LEFT
# Sizes of the header that follows a BMP's first 14 bytes: "BM" alone begins many a text.
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)


@dataclass(frozen=True)
class Found:
    """The files below a folder, in the order of their paths.

    Attributes:
        photos: What is a photo, or named like one.
        others: What is passed over.
    """

    photos: list[Path]
    others: list[Path]


def find(folder: Path) -> Found:
    """All files below a folder, photos and others."""
    photos, others = list[Path](), list[Path]()
    for path in sorted(walk(folder)):
        (photos if is_photo(path) else others).append(path)
    return Found(photos, others)


def walk(folder: Path) -> Iterator[Path]:
    """All files below a folder, without those that count as not there."""
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_ignored(name))
        yield from (Path(where) / name for name in sorted(names) if not is_ignored(name))


def is_ignored(name: str) -> bool:
    """Whether a file or folder of that name is hidden, or something that systems leave beside photos."""
    return name.startswith(".") or name.casefold() in LEFT_BY_SYSTEMS


def is_photo(path: Path) -> bool:
    """Whether a file begins like a photo or is named like one; links that lead nowhere are judged by their names."""
    named = path.suffix.lower() in SUFFIXES
    try:
        if not path.is_file():
            return named and path.is_symlink() and not path.exists()
        return named or begins_like_a_photo(path)
    except OSError:
        return named


def passed_over(paths: Iterable[Path]) -> str:
    """How many files of each kind were passed over: "20: .tiff", or "23: .tiff (20), .txt (3)"; empty for none."""
    kinds = Counter(_kind(path) for path in paths)
    if len(kinds) < 2:
        return "".join(f"{count}: {kind}" for kind, count in kinds.items())
    most = sorted(kinds.items(), key=lambda row: (-row[1], row[0]))
    return f"{kinds.total()}: " + ", ".join(f"{kind} ({count})" for kind, count in most)


def begins_like_a_photo(path: Path) -> bool:
    """Whether a file's first bytes are those of a photo.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb", buffering=0) as stream:
        head = stream.read(HEAD_BYTES)
    kind = kind_of(head)
    if kind == "BMP":
        return int.from_bytes(head[14:18], "little") in _BMP_HEADERS
    return kind in PHOTO_FORMATS or FILE_KINDS[kind].is_photo


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    # Text from outside: what would not fit on a line is not repeated.
    plain = len(suffix) <= 10 and suffix[1:].isascii() and suffix[1:].isalnum()
    return suffix if plain else "other suffixes" if suffix else "no suffix"
