"""Photos decoded once, by the preprocessing, on all cores, into a uint8 file that is mapped into memory.

A cache is a folder named by what was decoded (the sha256 of every photo's bytes) and how (input, limit, versions):

    images.npy      uint8 (photos, height, width, channels), NHWC
    journal.jsonl   one line for each finished chunk: the sha256 of its bytes, and the photos that could not be read

A chunk counts once its line is in the journal and its bytes match. A killed process leaves whole chunks, which the
next one keeps; two processes that fill the same cache write the same bytes.
"""

import contextlib
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import PIL
from numpy.typing import NDArray

import gemelo
from gemelo.errors import DatasetError, ImageError, StorageError
from gemelo.parallel import cores
from gemelo.preprocessing import DEFAULT_MAX_PIXELS, Preprocessing, prepare
from gemelo.preprocessing.heic import heic_version
from gemelo.progress import Progress, Silent
from gemelo.store.files import sha256_bytes, sha256_file, storage_errors, write_json
from gemelo.store.leftovers import prefix_of, sweep

CHUNK = 128
IMAGES, JOURNAL = "images.npy", "journal.jsonl"


@dataclass(frozen=True)
class Decoded:
    """Photos as the model's input.

    Attributes:
        images_u8: uint8 (photos, height, width, channels), mapped from disk; zeros where a photo is unreadable.
        sha256: Of each photo's bytes; empty where they could not be read.
        reasons: Why a photo is unreadable, and below it what to do, if anything; None where it was read.
    """

    images_u8: NDArray[np.uint8]
    sha256: list[str]
    reasons: list[str | None]


def default_folder() -> Path:
    """`GEMELO_CACHE`, else `XDG_CACHE_HOME/gemelo`, else `~/.cache/gemelo`."""
    if chosen := os.environ.get("GEMELO_CACHE"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "gemelo"


def decode_all(
    paths: Sequence[Path],
    preprocessing: Preprocessing,
    *,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Decoded:
    """Decode photos, or take what an earlier call decoded.

    Args:
        paths: The photos; their order is that of the result.
        preprocessing: How they become the input.
        max_pixels: Photos with more are unreadable.
        folder: Where caches lie; `default_folder()` unless given.
        progress: Told of each chunk.

    Raises:
        DatasetError: A photo was changed while it was read.
        StorageError: The disk is full or may not be written to.
    """
    progress = progress or Silent()
    sources = _hash_all(paths, progress)
    cache = _Cache(folder or default_folder(), sources, preprocessing, max_pixels)
    is_new = not cache.folder.exists()
    with storage_errors(cache.folder, "the variable GEMELO_CACHE"):
        try:
            cache.prepare_file()
            cache.fill(progress)
        except (OSError, StorageError):  # on a full disk, half a cache would only take the space that is wanted
            if is_new:
                cache.remove()
            raise
    return cache.open()


@dataclass(frozen=True)
class _Source:
    path: Path
    sha256: str
    reason: str | None


def _hash_all(paths: Sequence[Path], progress: Progress) -> list[_Source]:
    # Times and sizes can lie; hashing 10,000 small photos takes well under a second.
    with ThreadPoolExecutor(cores()) as pool, progress.step("reading photos", len(paths)) as done:
        sources = []
        for source in pool.map(_hash, paths):
            sources.append(source)
            done(1)
    return sources


def _hash(path: Path) -> _Source:
    try:
        return _Source(path, sha256_file(path), None)
    except OSError as exc:
        return _Source(path, "", f"cannot be read: {exc.strerror or exc}")


@dataclass(frozen=True)
class _Cache:
    place: Path
    sources: list[_Source]
    preprocessing: Preprocessing
    max_pixels: int

    @cached_property
    def key(self) -> dict[str, Any]:
        digest = hashlib.sha256("\n".join(source.sha256 for source in self.sources).encode())
        return {
            "photos": len(self.sources),
            "sha256": digest.hexdigest(),
            "preprocessing": self.preprocessing.to_json(),
            "max_pixels": self.max_pixels,
            "gemelo": gemelo.__version__,
            "pillow": PIL.__version__,
            "heic": heic_version(),
        }

    @cached_property
    def folder(self) -> Path:
        return self.place / sha256_bytes(json.dumps(self.key, sort_keys=True).encode())[:32]

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.sources), *self.preprocessing.shape)

    @cached_property
    def row_bytes(self) -> int:
        return int(np.prod(self.preprocessing.shape))

    @cached_property
    def chunks(self) -> list[list[_Source]]:
        return [self.sources[i : i + CHUNK] for i in range(0, len(self.sources), CHUNK)]

    def prepare_file(self) -> None:
        """An images.npy of the right size, the decoded chunks of an earlier process kept."""
        target, name = self.folder / IMAGES, f".{IMAGES}"
        header = _npy_header(self.shape)
        self.folder.mkdir(parents=True, exist_ok=True)
        sweep(self.folder, name)
        if target.is_file() and target.stat().st_size == len(header) + len(self.sources) * self.row_bytes:
            return
        (self.folder / JOURNAL).unlink(missing_ok=True)
        write_json(self.folder / "key.json", self.key)
        handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=prefix_of(name))
        with os.fdopen(handle, "wb") as stream:
            stream.write(header)
            stream.truncate(len(header) + len(self.sources) * self.row_bytes)
        os.replace(temporary, target)

    def remove(self) -> None:
        """Delete what was decoded, and the folder of all caches where it is empty."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.place.rmdir()

    def fill(self, progress: Progress) -> None:
        """Decode the chunks that are not there yet.

        Raises:
            StorageError: What was written does not read back.
        """
        for _ in range(3):  # more than once only where another process laid the file anew under this one
            finished = self.journal()
            todo = [i for i in range(len(self.chunks)) if i not in finished]
            if not todo:
                return
            self._decode_chunks(todo, progress)
        raise StorageError(f"{self.folder}: what is written there does not read back", hint="delete it, start again")

    def _decode_chunks(self, todo: list[int], progress: Progress) -> None:
        pool = ThreadPoolExecutor(cores())
        try:
            with progress.step("decoding photos", sum(len(self.chunks[i]) for i in todo)) as done:
                for future in as_completed([pool.submit(self._decode_chunk, i) for i in todo]):
                    self._note(line := future.result())
                    done(len(self.chunks[line["chunk"]]))
        finally:
            pool.shutdown(cancel_futures=True)

    def _decode_chunk(self, index: int) -> dict[str, Any]:
        rows = [_decode(source, self.preprocessing, self.max_pixels) for source in self.chunks[index]]
        data = b"".join(image.tobytes() for image, _ in rows)
        # Written, not mapped: a full disk is then an error with a name, not a bus error.
        with (self.folder / IMAGES).open("r+b") as stream:
            stream.seek(len(_npy_header(self.shape)) + index * CHUNK * self.row_bytes)
            stream.write(data)
        reasons = {str(i): reason for i, (_, reason) in enumerate(rows) if reason is not None}
        return {"chunk": index, "sha256": sha256_bytes(data), "unreadable": reasons}

    def _note(self, line: dict[str, Any]) -> None:
        with (self.folder / JOURNAL).open("ab") as stream:
            # The newline before it ends the torn line that a killed process may have left.
            stream.write(b"\n" + json.dumps(line).encode() + b"\n")

    def journal(self) -> dict[int, dict[str, str]]:
        """{chunk: {position in it: reason}} of the chunks whose bytes are what the journal says."""
        images = np.load(self.folder / IMAGES, mmap_mode="r")
        finished: dict[int, dict[str, str]] = {}
        for line in _lines(self.folder / JOURNAL):
            rows = images[line["chunk"] * CHUNK : (line["chunk"] + 1) * CHUNK]
            if line["chunk"] not in finished and sha256_bytes(rows.tobytes()) == line["sha256"]:
                finished[line["chunk"]] = line["unreadable"]
        return finished

    def open(self) -> Decoded:
        """The whole cache."""
        reasons: list[str | None] = [source.reason for source in self.sources]
        for line in _lines(self.folder / JOURNAL):
            for position, reason in line["unreadable"].items():
                reasons[line["chunk"] * CHUNK + int(position)] = reason
        images = np.load(self.folder / IMAGES, mmap_mode="r")
        return Decoded(images, [source.sha256 for source in self.sources], reasons)


def _decode(source: _Source, preprocessing: Preprocessing, max_pixels: int) -> tuple[NDArray[np.uint8], str | None]:
    blank = np.zeros(preprocessing.shape, np.uint8)
    if source.reason is not None:
        return blank, source.reason
    try:
        data = source.path.read_bytes()
        if sha256_bytes(data) != source.sha256:
            raise DatasetError(f"{source.path}: the photo was changed while it was read", hint="start again")
        return prepare(data, preprocessing, max_pixels), None
    except ImageError as exc:
        return blank, str(exc).removeprefix("<bytes>: ")
    except OSError as exc:
        raise DatasetError(f"{source.path}: cannot be read any more: {exc.strerror}", hint="start again") from exc


def _lines(journal: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a journal; a torn one, left by a killed process, is no line."""
    if not journal.is_file():
        return
    for text in journal.read_bytes().split(b"\n"):
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and {"chunk", "sha256", "unreadable"} <= set(line):
            yield line


def _npy_header(shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return stream.getvalue()
