"""Files that are no model that can be imported: what they are, and what can be done instead."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gemelo.errors import ModelError
from gemelo.preprocessing.file_kinds import PHOTO_FORMATS, kind_of
from gemelo.store import bundle, run
from gemelo.store.files import open_regular

from .place import Place

_KERAS = "import the Keras model that it was made of: model.save('my.keras')"
_WEIGHTS = (
    "build the model in Python as it was built for training, then model.load_weights(...), model.save('my.keras') "
    "and import that"
)
_TORCH = "gemelo imports models of Keras and TensorFlow: rebuild the network in Keras, or use torch.onnx.export alone"


@dataclass(frozen=True)
class Foreign:
    """A kind of file that is refused.

    Attributes:
        what: It is, in words.
        advice: What to do.
        fits: Whether a place is one.
    """

    what: str
    advice: str
    fits: Callable[[Place], bool]


def _suffix(place: Place, *suffixes: str) -> bool:
    return place.path.name.lower().endswith(suffixes)


def _starts(place: Place, *heads: bytes) -> bool:
    return place.head.startswith(heads)


def _is_safetensors(place: Place) -> bool:
    return place.head[8:9] == b"{" and int.from_bytes(place.head[:8], "little") < 1 << 27


def _is_onnx(place: Place) -> bool:
    """Field 1 of its protobuf is the version of the format, 3 or more; that of a SavedModel is 1."""
    return len(place.head) > 2 and place.head[0] == 8 and 3 <= place.head[1] < 32


def _is_tfjs(place: Place) -> bool:
    if "model.json" in {Path(name).name for name in place.names}:
        return True
    if not _starts(place, b"{"):
        return False
    with open_regular(place.path) as stream:
        text = stream.read(1 << 20)
    return b"modelTopology" in text or b"weightsManifest" in text


def _is_checkpoint(place: Place) -> bool:
    inside = any(name.endswith(".index") for name in place.names) and not any(
        name.endswith("saved_model.pb") for name in place.names
    )
    return inside or _suffix(place, ".ckpt", ".ckpt.index", ".data-00000-of-00001")


FOREIGN = (
    Foreign(
        "a run that training left",
        "export it: gemelo export RUN --out BUNDLE",
        lambda place: place.is_folder and (place.has(run.MANIFEST) or (place.path / run.CHECKPOINTS).is_dir()),
    ),
    Foreign(
        "a bundle that was exported already",
        "make a page of it: gemelo page BUNDLE --out PAGE",
        lambda place: place.is_folder and bundle.is_bundle(place.path),
    ),
    Foreign("a TFLite model, which is exported already", _KERAS, lambda place: place.head[4:8] == b"TFL3"),
    Foreign(
        "a PyTorch model",
        _TORCH,
        lambda place: (
            any(name.endswith("data.pkl") for name in place.names) or (_suffix(place, ".pt", ".pth", ".pt2", ".torch"))
        ),
    ),
    Foreign("a file of weights in safetensors, without an architecture", _TORCH, _is_safetensors),
    Foreign("a TF.js model, which is exported already", _KERAS, _is_tfjs),
    Foreign("weights of a Keras model without its architecture", _WEIGHTS, _is_checkpoint),
    Foreign(
        "weights of a Keras model without its architecture",
        _WEIGHTS,
        lambda place: place.is_zip and place.has("model.weights.h5") and not place.has("config.json"),
    ),
    Foreign(
        "a file of a SavedModel without the rest of it",
        "import the folder that holds saved_model.pb and variables/",
        lambda place: _starts(place, b"\x08\x01\x12") and not place.is_folder,
    ),
    Foreign("an ONNX model, which is exported already", _KERAS, _is_onnx),
    Foreign(
        "a frozen TensorFlow graph, which does not say what goes in and out",
        "save the model it was made of with tf.saved_model.save or model.export('folder'), and import that folder",
        lambda place: _suffix(place, ".pb", ".pbtxt"),
    ),
    Foreign(
        "a pickle, which is a program", _KERAS, lambda place: _starts(place, b"\x80\x02", b"\x80\x03", b"\x80\x04")
    ),
    Foreign(
        "a Python program or a notebook",
        "run it, and let it end with model.save('my.keras')",
        lambda place: _suffix(place, ".py", ".ipynb"),
    ),
    Foreign("a photo", "gemelo predict BUNDLE PHOTO classifies it", lambda place: kind_of(place.head) in PHOTO_FORMATS),
)
_READ = "gemelo imports .keras and .h5 files of Keras, SavedModel folders, and exports of Teachable Machine"


def refuse(place: Place) -> ModelError:
    """The error for a place that no source recognizes."""
    found = next((kind for kind in FOREIGN if kind.fits(place)), None)
    if found is None:
        return ModelError(f"{place.named}: this is no model that gemelo knows", hint=_READ)
    return ModelError(f"{place.named}: this is {found.what}", hint=found.advice)


def is_known(place: Place) -> bool:
    """Whether it is a kind of file that is refused by its name."""
    return any(kind.fits(place) for kind in FOREIGN)
