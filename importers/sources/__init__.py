"""Kinds of model files. The folder is the registry: a new kind is one new file, found by its name.

A source has:
    SUMMARY                            What it reads, for the help.
    recognizes(place) -> bool          Whether a place is one, told by its content. No two say so of one place.
    load(place, trust, scratch) -> Loaded
        Raises ModelError where the file is damaged, or no classifier of photos. `scratch` is an empty folder.
"""

from pathlib import Path
from typing import Protocol, cast

from gemelo import registry

from ..loaded import Loaded
from ..place import Place
from ..programs import Trust


class Source(Protocol):
    """What each file in this folder has."""

    SUMMARY: str

    def recognizes(self, place: Place) -> bool:
        """Whether a place is one of these."""
        ...

    def load(self, place: Place, trust: Trust, scratch: Path) -> Loaded:
        """Load it."""
        ...


def find(place: Place) -> Source | None:
    """The source that recognizes a place; None where none does."""
    import sys

    package = sys.modules[__name__]
    for name in registry.names(package):
        source = cast("Source", registry.get(package, name, "source"))
        if source.recognizes(place):
            return source
    return None
