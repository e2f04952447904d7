"""The formats a run can be exported to: one file each, and the folder is the registry.

A module here has the verbs
    VARIANTS: tuple[str, ...]                                       its variants, the faithful one first
    USUAL: tuple[str, ...]                                          those that are made where none is named
    write(source: ExportSource, variant: str, folder: Path) -> str  writes one, returns the file to open
and where a package that it needs is installed by a command of its own
    PACKAGES: dict[str, str]                                        the command that installs it, by module
and where it writes more than the artifact
    BESIDE: dict[str, tuple[str, ...]]                              the other files in the folder, by variant
    notes(folder: Path) -> list[str]                                what they tell people, as sentences
A module of the same name in `gemelo.runtimes` runs what it writes.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, cast

from gemelo import registry

from ..source import ExportSource


class Format(Protocol):
    """The verbs of a module in this folder."""

    VARIANTS: tuple[str, ...]
    USUAL: tuple[str, ...]

    def write(self, source: ExportSource, variant: str, folder: Path) -> str:
        """Write the artifact's files into `folder`; return the entry file's path relative to it."""
        ...


def beside(format: str, variant: str) -> tuple[str, ...]:
    """The files that a format writes beside an artifact, by their names in the format's folder."""
    others: dict[str, tuple[str, ...]] = getattr(get(format), "BESIDE", {})
    return others.get(variant, ())


def notes(format: str, folder: Path) -> list[str]:
    """What a format's other files tell people, as sentences."""
    tell: Callable[[Path], list[str]] | None = getattr(get(format), "notes", None)
    return [] if tell is None else tell(folder)


def names() -> list[str]:
    """The names of all formats."""
    return registry.names(sys.modules[__name__])


def get(name: str) -> Format:
    """The format of that name.

    Raises:
        UnknownNameError: There is no such file.
    """
    return cast("Format", registry.get(sys.modules[__name__], name, "format"))
