"""Exports of Teachable Machine, zipped or unzipped: keras_model.h5 or a SavedModel, and labels.txt."""

from dataclasses import replace
from pathlib import Path

from .. import labels, presets
from ..loaded import Loaded
from ..place import Place, look, unpack
from ..programs import Trust
from . import hdf5

SUMMARY = "an export of Teachable Machine, as Keras or SavedModel; zip or folder"
_MODELS = ("keras_model.h5", "saved_model.pb")


def recognizes(place: Place) -> bool:
    """Whether a model and its labels are in it, as Teachable Machine names them."""
    names = {Path(name).name for name in place.names}
    return (place.is_folder or place.is_zip) and "labels.txt" in names and any(name in names for name in _MODELS)


def load(place: Place, trust: Trust, scratch: Path) -> Loaded:
    """Load the model; the labels and the preprocessing are known."""
    if place.is_zip:
        folder = scratch / "unzipped"
        folder.mkdir()
        place = unpack(place, folder)
    named = [Path(name) for name in place.names]
    texts = next(place.path / name for name in named if name.name == "labels.txt")
    model = next(place.path / name for name in named if name.name in _MODELS)
    if model.name == "saved_model.pb":
        from .. import saved

        found = saved.load(str(place.named), model.parent, "teachable-machine", trust)
    else:
        found = hdf5.load_as("teachable-machine", look(model, place.named), trust, scratch)
    known = replace(presets.PRESETS["teachable-machine"], labels=labels.read(texts))
    return replace(found, inside=known.over(found.inside))
