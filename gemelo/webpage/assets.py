"""The page's built code in gemelo/web/page: what there is, and each file checked against its hash.

`make web` writes it, assets.json last:

    {"files": {path: {"bytes", "sha256"}},
     "shell": [paths every page needs at once],
     "runtimes": {name: {"format", "first": [paths a first answer needs], "files": [paths]}}}

The runtimes are those of `web_demo/src/runtimes/browser`, the preferred one first.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from gemelo.errors import Message, MissingDependencyError, MissingFileError, SchemaError, TamperedFileError
from gemelo.store.files import FileRow, read_json, safe_join, sha256_bytes
from gemelo.store.schema import read

FOLDER = Path(__file__).resolve().parents[1] / "web" / "page"
INDEX = "assets.json"

_CURE = Message("hint.build-again", command="make web")


@dataclass(frozen=True)
class WebRuntime:
    """A runtime of the page.

    Attributes:
        format: Of the artifacts that it runs.
        first: Paths that a first answer needs, on its first backend.
        files: Paths that only runtimes need, shared ones in several lists.
    """

    format: str
    first: list[str]
    files: list[str]


@dataclass(frozen=True)
class AssetsFile:
    """assets.json."""

    files: dict[str, FileRow]
    shell: list[str]
    runtimes: dict[str, WebRuntime]


@dataclass(frozen=True)
class Assets:
    """The built page, without a bundle.

    Attributes:
        folder: Where it lies.
        files: {relative path: size and hash} of all that may be copied.
        shell: Paths that every page needs at once.
        runtimes: By name, in the order in which a page prefers them.
    """

    folder: Path
    files: dict[str, FileRow]
    shell: list[str]
    runtimes: dict[str, WebRuntime]

    @classmethod
    def open(cls, folder: Path | None = None) -> "Assets":
        """Read assets.json of `folder`, by default of the one that ships with gemelo.

        Raises:
            MissingDependencyError: The page was not built.
            SchemaError: assets.json is not what the build writes.
        """
        folder = FOLDER if folder is None else folder
        if not (folder / INDEX).is_file():
            raise MissingDependencyError(f"the built page ({folder})", "make web")
        found = read(AssetsFile, read_json(folder / INDEX), folder / INDEX, hint=_CURE)
        named = {path for runtime in found.runtimes.values() for path in (*runtime.first, *runtime.files)}
        if unknown := sorted({*found.shell, *named} - set(found.files)):
            raise SchemaError(Message("bundle.no-hash", folder / INDEX, files=", ".join(unknown[:8])), hint=_CURE)
        return cls(folder, found.files, found.shell, found.runtimes)

    def chosen(self, runtimes: Collection[str]) -> list[str]:
        """The files of a page with these runtimes: all but what only the other ones need."""
        wanted = {path for name in runtimes for path in self.runtimes[name].files}
        others = {path for runtime in self.runtimes.values() for path in runtime.files}
        return [path for path in self.files if path in wanted or path not in others]

    def first(self, runtime: str) -> list[str]:
        """What a first answer by that runtime takes, model and goldens aside."""
        return [*self.shell, *self.runtimes[runtime].first]

    def read(self, path: str) -> bytes:
        """A file's bytes.

        Raises:
            MissingFileError: It is gone.
            TamperedFileError: It is not the file that was built.
        """
        try:
            data = safe_join(self.folder, path).read_bytes()
        except OSError as exc:
            raise MissingFileError(
                Message("file.unreadable", self.folder, path=path, reason=exc.strerror), hint=_CURE
            ) from exc
        if sha256_bytes(data) != self.files[path].sha256:
            raise TamperedFileError(Message("bundle.not-built", self.folder, path=path), hint=_CURE)
        return data

    def packed(self, path: str, sha256: str) -> bytes | None:
        """The file as brotli packed it, if there is such a one and it is of these very bytes."""
        row = self.files.get(path)
        if row is None or row.sha256 != sha256:
            return None
        try:
            return safe_join(self.folder, f"{path}.br").read_bytes()
        except OSError:
            return None
