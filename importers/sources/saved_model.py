"""SavedModel folders of TensorFlow, of Keras and of Keras 2."""

from pathlib import Path

from ..loaded import Loaded
from ..place import Place
from ..programs import Trust

SUMMARY = "a SavedModel folder of TensorFlow, as model.export('folder') writes it"


def recognizes(place: Place) -> bool:
    """Whether it is a folder with a graph in it, and no labels."""
    return place.is_folder and place.has("saved_model.pb") and not place.has("labels.txt")


def load(place: Place, trust: Trust, scratch: Path) -> Loaded:  # noqa: ARG001
    """Load it; nothing is written."""
    from .. import saved

    return saved.load(str(place.named), place.path, "saved-model", trust)
