"""`keras:NAME`: any backbone of `keras.applications`, with its own preprocessing inside the network.

Each family was trained on photos scaled in its own way, which Keras leaves to the caller (`preprocess_input`). Here it
is found out by asking that function, and becomes a layer: what comes in is RGB, 0-255, as for every other network.
"""

import inspect
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from gemelo.errors import InputSizeError, UnknownNameError
from gemelo.preprocessing import Preprocessing

from ..defaults import Defaults
from ..heads import head, photo

PREFIX = "keras:"
_MINIMUM = {"InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71}


@dataclass(frozen=True)
class Backbone:
    """One of Keras's networks as an architecture.

    Attributes:
        name: As `keras.applications` has it.
    """

    name: str

    SUMMARY = "a backbone of keras.applications"
    DEFAULTS = Defaults(
        size=(224, 224),
        fit="crop",  # as their weights were learned
        epochs=6,
        recipe="gentle",
        optimizer="adamw",
        learning_rate=1e-4,
        schedule="cosine",
        warmup_epochs=0.5,
        weight_decay=0.02,
        label_smoothing=0.05,
        ema=0.995,
        keep="last",
        pretrained="keras-applications",
        frozen_norm=True,
        validation_fraction=0.1,
        balance=True,
    )

    def minimum_size(self) -> int:
        """The smallest side that Keras allows."""
        return _MINIMUM.get(self.name, 32)

    def build(self, preprocessing: Preprocessing, classes: int) -> keras.Model:
        """A fresh network; `trainer.pretrained.keras_applications` has the weights for it.

        Raises:
            InputSizeError: The preprocessing's input is too small, or has another size than this network allows.
        """
        image = photo(preprocessing, self.minimum_size())
        x = layers.Concatenate(name="colors")([image] * 3) if preprocessing.channels == 1 else image
        scale, offset = scale_and_offset(self.name)
        if not (np.all(scale == 1) and np.all(offset == 0)):
            x = layers.Rescaling(scale.tolist(), offset.tolist(), name="rescaling")(x)
        try:
            features = getattr(keras.applications, self.name)(include_top=False, weights=None, input_tensor=x).output
        except ValueError as exc:
            raise InputSizeError(f"{PREFIX}{self.name}: {exc}", hint="choose another --size") from exc
        x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D(name="features")(features))
        return keras.Model(image, head(x, classes), name=self.name)


def backbone(name: str) -> Backbone:
    """The network of that name, without `keras:`.

    Raises:
        UnknownNameError: Keras has none of it; lists those it has.
    """
    if name not in backbones():
        raise UnknownNameError("network of keras.applications", name, backbones())
    return Backbone(name)


def backbones() -> list[str]:
    """All that Keras has."""
    return sorted(name for name, value in vars(keras.applications).items() if name[0].isupper() and callable(value))


def scale_and_offset(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scale and offset of each color, in the order red, green, blue, by Keras's own function for the network.

    Networks that want blue first (`wants_bgr`) get the same numbers in our order: their first kernel is turned instead.
    """
    matrix, offset = _probe(name)
    order = matrix.argmax(axis=1)  # which color each of the network's channels is
    scale = np.empty(3)
    scale[order] = matrix[np.arange(3), order]
    turned = np.empty(3)
    turned[order] = offset
    return scale, turned


def wants_bgr(name: str) -> bool:
    """Whether the network's first channel is blue."""
    return bool(_probe(name)[0].argmax(axis=1)[0] == 2)


def _probe(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`preprocess_input` as a matrix and an offset: it is affine, color by color."""
    module: Any = inspect.getmodule(inspect.unwrap(getattr(keras.applications, name)))
    colors = np.stack([np.zeros(3), *np.eye(3)]).reshape(1, 1, 4, 3)
    answers = np.asarray(module.preprocess_input(colors.copy(), data_format="channels_last"), np.float64)[0, 0]
    return (answers[1:] - answers[0]).T, answers[0]
