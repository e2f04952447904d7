"""Finding out what a model file is, and loading it. Light until it is loaded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gemelo.store.files import scratch_directory

from . import foreign, sources
from .loaded import Loaded
from .place import Place, look, unpack
from .programs import Trust


def check(path: Path) -> None:
    """Refuse what is no model, before TensorFlow is loaded.

    Raises:
        NotFoundError: Nothing is there.
        ModelError: It cannot be read, or is something else.
    """
    place = look(path)
    if sources.find(place) is None and not _may_hold_one(place):
        raise foreign.refuse(place)


def is_known(path: Path) -> bool:
    """Whether a folder is a model that can be imported."""
    return sources.find(look(path)) is not None


@contextmanager
def opened(path: Path, trust: Trust) -> Iterator[Loaded]:
    """The model, loaded; what was unpacked to do so is gone at the end.

    Raises:
        NotFoundError, ModelError: There is none, or it cannot be imported.
    """
    with scratch_directory("import") as scratch:
        place = look(path)
        source = sources.find(place)
        if source is None and _may_hold_one(place):
            (scratch / "zip").mkdir()
            place = unpack(place, scratch / "zip")
            source = sources.find(place)
        if source is None:
            raise foreign.refuse(place)
        (scratch / "model").mkdir()
        yield source.load(place, trust, scratch / "model")


def _may_hold_one(place: Place) -> bool:
    """Whether a zip may hold a model file, as people zip them to send them."""
    return place.is_zip and not foreign.is_known(place)
