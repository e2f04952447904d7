"""The page's built code in gemelo/web/page: what there is, and each file held to its hash.

`make web` writes it, assets.json last:

    {"files": {path: {"bytes", "sha256"}}, "shell": [paths a first answer needs], "runtimes": {name: [paths]}}
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from gemelo.errors import Message, MissingDependencyError, MissingFileError, SchemaError, TamperedFileError
from gemelo.files import FileRow, read_json, safe_join, sha256_bytes
from gemelo.schema import read

FOLDER = Path(__file__).resolve().parents[1] / "web" / "page"
INDEX = "assets.json"
# In the order in which a page prefers them, with the format that each runs.
RUNTIMES = {"tfjs": "tfjs", "onnx": "onnx", "litert": "tflite"}

_CURE = Message("hint.build-again", command="make web")


@dataclass(frozen=True)
class AssetsFile:
    """assets.json."""

    files: dict[str, FileRow]
    shell: list[str]
    runtimes: dict[str, list[str]]


@dataclass(frozen=True)
class Assets:
    """The built page, without a bundle.

    Attributes:
        folder: Where it lies.
        files: {relative path: size and hash} of all that may be copied.
        shell: Paths that a first answer by TF.js on wasm needs.
        runtimes: {runtime: paths that only runtimes need, shared ones in several lists}.
    """

    folder: Path
    files: dict[str, FileRow]
    shell: list[str]
    runtimes: dict[str, list[str]]

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
        if absent := [name for name in RUNTIMES if name not in found.runtimes]:
            raise SchemaError(f"{folder / INDEX}: no files of {', '.join(absent)}", hint=_CURE)
        runtimes = {name: found.runtimes[name] for name in RUNTIMES}
        shell = found.shell
        if unknown := sorted({*shell, *(path for paths in runtimes.values() for path in paths)} - set(found.files)):
            raise SchemaError(Message("bundle.no-hash", folder / INDEX, files=", ".join(unknown[:8])), hint=_CURE)
        return cls(folder, found.files, shell, runtimes)

    def chosen(self, runtimes: Collection[str]) -> list[str]:
        """The files of a page with these runtimes: all but what only the other ones need."""
        wanted = {path for name in runtimes for path in self.runtimes[name]}
        others = {path for paths in self.runtimes.values() for path in paths}
        return [path for path in self.files if path in wanted or path not in others]

    def first(self, runtime: str) -> list[str]:
        """What a first answer by that runtime takes, model and goldens aside; at most, where it is not TF.js."""
        if runtime == "tfjs":
            return self.shell
        own = set(self.runtimes[runtime])
        return sorted({path for path in self.shell if path not in self.runtimes["tfjs"]} | own)

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
