"""What runs an artifact: one module for each format, of the same name as its exporter. The folder is the registry.

Every module has the same verbs:

    NAME                                             the runtime's own name: "onnxruntime"
    TITLE                                            the format's name for people: "ONNX"
    ORDER                                            of two formats, the one with the lower number is run first
    EXTRA                                            the extra of gemelo that installs it: "onnx"; "" where none does
    PARALLEL                                         whether a session may answer several threads at once
    open(entry, *, threads=None, reference=False)    a Session on an artifact's entry file
    version()                                        the runtime's version
and where an artifact's entry file names other files
    check_files(entry, path, files)                  raises an IntegrityError where one has no hash
and where all sessions of this interpreter wait for each other
    apart()                                          a context in which a thread's sessions wait for no other thread's
"""

import sys
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from gemelo import registry


class Session(Protocol):
    """A loaded artifact.

    Attributes:
        labels: Read from inside the artifact, in index order; None where it carries none.
        classes: Columns of its answer.
    """

    labels: list[str] | None
    classes: int

    def run(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (n, classes) of images (n, h, w, c), float32 0-255.

        Raises:
            RuntimeFailure: The runtime stopped.
        """
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


class Runtime(Protocol):
    """A module of this package."""

    NAME: str
    TITLE: str
    ORDER: int
    EXTRA: str
    PARALLEL: bool

    def open(self, entry: Path, *, threads: int | None = None, reference: bool = False) -> Session:
        """Load an artifact.

        Args:
            entry: Its entry file.
            threads: How many; None lets the runtime choose.
            reference: The slow path without optimizations, which tells a fault of the runtime from one of
                the conversion.

        Raises:
            MissingDependencyError: The runtime is not installed.
            RuntimeFailure: It cannot load the artifact.
        """
        ...

    def version(self) -> str:
        """The runtime's version.

        Raises:
            MissingDependencyError: It is not installed.
        """
        ...


def names() -> list[str]:
    """The formats that can be run."""
    return registry.names(sys.modules[__name__])


def get(name: str) -> Runtime:
    """The runtime of a format.

    Raises:
        UnknownNameError: No file of that name.
    """
    return cast("Runtime", registry.get(sys.modules[__name__], name, "format"))


def ordered(formats: Iterable[str]) -> list[str]:
    """Those of the formats that can be run, each once, the preferred one first."""
    known = names()
    return sorted({name for name in formats if name in known}, key=lambda name: (get(name).ORDER, name))


def check_files(format: str, entry: Path, path: str, files: Mapping[str, Any]) -> None:
    """Refuse an artifact that is made of files without a hash.

    Args:
        format: Its format.
        entry: Its entry file.
        path: The entry's path in the bundle.
        files: Those that have a hash, by path in the bundle.

    Raises:
        IntegrityError: It names another file.
    """
    check = getattr(get(format), "check_files", None) if format in names() else None
    if check is not None:
        check(entry, path, files)


def apart(format: str) -> AbstractContextManager[None]:
    """Within it, this thread's sessions of a format run beside those of other threads.

    They are opened, used and closed within it.
    """
    context = getattr(get(format), "apart", nullcontext)()
    return cast("AbstractContextManager[None]", context)
