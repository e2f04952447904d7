"""Bundles on this disk, and their models: each is loaded once, whoever asks, by the hash of its manifest."""

import contextlib
import hashlib
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from gemelo import installed, runtimes
from gemelo.classifier import Classifier
from gemelo.decisions import top1
from gemelo.errors import GemeloError, IntegrityError, Message
from gemelo.preprocessing import Images
from gemelo.store.bundle import MANIFEST, Artifact, Bundle
from gemelo.store.files import open_regular, safe_join

from .options import Options

ROOT = installed.checkout() or Path.cwd().resolve()
SHELVES = ("bundles", "models")
# Two models of each of a handful of visitors' tastes; more are loaded again when they are asked for.
MOST_MODELS = 16
MOST_BUNDLES = 64
_MOST_STAMPED = 16 << 20  # bytes of a manifest


@dataclass(frozen=True)
class Found:
    """A folder that is a bundle, or should be one.

    Attributes:
        path: The folder.
        stamp: Changes when its manifest's bytes do, or when any of its files was touched.
        bundle: Opened, every hash in it checked; None where it is broken.
        problem: What is the matter with it.
    """

    path: Path
    stamp: str
    bundle: Bundle | None
    problem: GemeloError | None

    @property
    def name(self) -> str:
        """The bundle's own name, or the folder's."""
        return self.bundle.name if self.bundle else self.path.name


@dataclass(frozen=True)
class Answer:
    """What a model said of one photo.

    Attributes:
        probabilities: float32 (classes,).
        ms: How long the runtime took.
    """

    probabilities: NDArray[np.float32]
    ms: float

    @property
    def index(self) -> int:
        """Of the most probable label."""
        return int(top1(self.probabilities))


@dataclass
class Model:
    """A loaded artifact that many sessions share."""

    classifier: Classifier
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, image_u8: Images) -> Answer:
        """Classify one prepared photo, uint8 (h, w, c).

        Raises:
            RuntimeFailure: The runtime stopped.
        """
        with self.alone():
            start = time.perf_counter()
            row = self.classifier.probabilities(image_u8[np.newaxis])[0]
            return Answer(row, 1000 * (time.perf_counter() - start))

    def batch(self, images_u8: Images) -> NDArray[np.float32]:
        """Probabilities (n, classes) of prepared photos (n, h, w, c)."""
        with self.alone():
            return self.classifier.probabilities(images_u8)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let one thread at a time in, where the runtime takes one question at a time."""
        if runtimes.get(self.classifier.artifact.format).PARALLEL:
            yield
        else:
            with self._lock:
                yield


def find_bundles(options: Options) -> list[Found]:
    """The bundles that were named on the command line, else all in bundles/ and models/, broken ones included."""
    folders = list(options.bundles) or [folder for shelf in shelves() if shelf.is_dir() for folder in _on(shelf)]
    return [_open(str(folder), _stamp(folder)) for folder in folders]


def load_model(found: Found, artifact: Artifact) -> Model:
    """The model, loaded at most once for all sessions.

    Raises:
        MissingDependencyError: Its runtime is not installed.
        RuntimeFailure: It cannot be loaded.
    """
    return _load(str(found.path), found.stamp, artifact.format, artifact.variant)


@st.cache_resource(max_entries=MOST_BUNDLES, show_spinner=False)
def _open(path: str, stamp: str) -> Found:
    try:
        return Found(Path(path), stamp, Bundle.open(path), None)
    except GemeloError as error:
        return Found(Path(path), stamp, None, error)
    except Exception as error:  # one broken bundle must not take the app from those who use another
        print(f"error: {path}: {type(error).__name__}: {error}", file=sys.stderr)
        return Found(
            Path(path),
            stamp,
            None,
            IntegrityError(Message("file.it-cannot-be-read", path, reason=type(error).__name__)),
        )


# What falls out of the cache is freed when the last session that is using it has let go.
@st.cache_resource(max_entries=MOST_MODELS, show_spinner=False)
def _load(path: str, stamp: str, format: str, variant: str) -> Model:
    del stamp  # a part of the key
    bundle = Bundle.open(path)
    return Model(Classifier(bundle, bundle.artifact(format, variant)))


def shelves() -> list[Path]:
    """Where bundles are looked for when none was named."""
    places = dict.fromkeys((Path.cwd().resolve(), ROOT))
    return [place / name for place in places for name in SHELVES]


def _on(shelf: Path) -> Iterator[Path]:
    """Bundles below a shelf, or one folder deeper: a model that ships may have its card beside its bundle."""
    for folder in sorted(path for path in shelf.iterdir() if path.is_dir() and not path.name.startswith(".")):
        deeper = sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))
        yield from [folder] if (folder / MANIFEST).is_file() or not deeper else deeper


def _stamp(folder: Path) -> str:
    """The manifest's hash, and of the other files what the disk says: a file changed is a bundle to open again."""
    digest = hashlib.sha256()
    with contextlib.suppress(OSError, GemeloError), open_regular(safe_join(folder, MANIFEST)) as stream:
        digest.update(stream.read(_MOST_STAMPED))
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(OSError):
            state = path.stat()
            digest.update(f"{path}\0{state.st_size}\0{state.st_mtime_ns}\n".encode("utf-8", "backslashreplace"))
    return digest.hexdigest()
