"""The files that are served: a table made at the start, and made anew when the page was."""

import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gemelo.errors import GemeloError
from gemelo.store.files import sha256_bytes, sha256_file
from gemelo.webpage.assets import Assets
from gemelo.webpage.build import CONTENT
from gemelo.webpage.packing import gzipped

_Stamp = tuple[int, int, int, int]


@dataclass(frozen=True)
class Entry:
    """One file.

    Attributes:
        name: Its path in the page.
        path: Where it lies.
        sha256: Of its content.
        stamp: By what it is seen that it was changed.
    """

    name: str
    path: Path
    sha256: str
    stamp: _Stamp


class Table:
    """What is in a page's folder, hidden files and links left out: nothing else can be asked for.

    Args:
        root: The page's folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._gzip: dict[str, bytes | None] = {}
        try:
            self._assets: Assets | None = Assets.open()
        except GemeloError:  # a page made elsewhere can be served all the same, by gzip alone
            self._assets = None
        self._read()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, name: str) -> Entry | None:
        """The file of that name, as it is now; None where there is none."""
        with self._lock:
            entry = self._entries.get(name)
            if self._stamp != _stamp(self.root / CONTENT) or (entry and entry.stamp != _stamp(entry.path)):
                self._read()  # the page was made anew
                entry = self._entries.get(name)
            return entry

    def body(self, entry: Entry, codings: set[str]) -> tuple[bytes, str | None]:
        """A file's bytes in the tightest of the codings that gain anything, and that coding's name.

        Raises:
            OSError: It cannot be read.
        """
        if "br" in codings and self._assets is not None:
            packed = self._assets.packed(entry.name, entry.sha256)
            if packed is not None:
                return packed, "br"
        if "gzip" not in codings:
            return entry.path.read_bytes(), None
        if entry.sha256 not in self._gzip:
            data = entry.path.read_bytes()
            if sha256_bytes(data) != entry.sha256:
                return data, None  # changed since it was found: not to be kept
            # Two that ask at once both pack it, to the same bytes.
            self._gzip[entry.sha256] = gzipped(entry.name, data)
        kept = self._gzip.get(entry.sha256)
        return (entry.path.read_bytes(), None) if kept is None else (kept, "gzip")

    def _read(self) -> None:
        self._stamp = _stamp(self.root / CONTENT)
        found = (_entry(self.root, path) for path in _walk(self.root))
        self._entries = {entry.name: entry for entry in found if entry is not None}
        known = {entry.sha256 for entry in self._entries.values()}
        self._gzip = {digest: data for digest, data in self._gzip.items() if digest in known}


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(folder, name) for name in names if not name.startswith("."))


def _entry(root: Path, path: Path) -> Entry | None:
    """What is known of a file; None where it is a link, a socket, or gone again."""
    stamp = _stamp(path)
    try:
        if stamp is None or not stat.S_ISREG(stamp[0]):
            return None
        return Entry(path.relative_to(root).as_posix(), path, sha256_file(path), stamp)
    except OSError:
        return None


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns
