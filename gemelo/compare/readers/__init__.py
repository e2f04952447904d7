"""What can be compared: one module for each kind of model. The folder is the registry.

Every module has the same verbs:

    SUMMARY                 a phrase for the help
    recognizes(path)        whether a path is one of these; light, and never an error
    open(path, options)     a `gemelo.compare.model.Model`
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from gemelo import registry
from gemelo.compare.model import Model
from gemelo.errors import ModelError, NotFoundError


@dataclass(frozen=True)
class OpenOptions:
    """How models are opened.

    Attributes:
        trust: Whether programs inside a Keras model may be run.
    """

    trust: bool = False


class Reader(Protocol):
    """A module of this package."""

    SUMMARY: str

    def recognizes(self, path: Path) -> bool:
        """Whether a path is one of these."""
        ...

    def open(self, path: Path, options: OpenOptions) -> Model:
        """Open a model.

        Raises:
            MissingDependencyError: What runs it is not installed.
            ModelError: It is damaged, or no classifier of photos.
        """
        ...


def find(path: Path) -> Reader:
    """The reader of a path.

    Raises:
        NotFoundError: Nothing is there.
        ModelError: No reader knows it.
    """
    package = sys.modules[__name__]
    readers = [cast("Reader", registry.get(package, name, "reader")) for name in registry.names(package)]
    for reader in readers:
        if reader.recognizes(path):
            return reader
    if not path.exists():
        raise NotFoundError(f"{path}: there is no such file or folder")
    if path.is_file() and not path.stat().st_size:
        raise ModelError(f"{path}: the file is empty")
    kinds = ", ".join(reader.SUMMARY for reader in readers)
    raise ModelError(f"{path}: this is no model that can be compared", hint=f"these can: {kinds}")


def head(path: Path, count: int = 64) -> bytes:
    """The first bytes of a file; empty where there is none that can be read."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as stream:
            return stream.read(count)
    except OSError:
        return b""
