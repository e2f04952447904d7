"""A model of somebody else's, loaded: its input, its outputs, and a way to ask it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .declare import Declared

Answer = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class Loaded:
    """A loaded model, and what its file says.

    Attributes:
        kind: Its source, by the name of the file in `importers/sources`: `keras`, `saved-model`, ...
        framework: What answers: `Keras 3`, `tf-keras` or `TensorFlow`.
        version: Of the framework that saved it; None where the file does not say.
        height, width: Of its input in pixels; None where it takes any size.
        channels: 3 or 1.
        layout: `NHWC` or `NCHW`: the order of the axes of its own input.
        dtype: Of its own input: `float32`, `uint8`, ...
        outputs: Columns of its output.
        inside: What the file declares. Its `scale` is 0..255 where scaling is a part of the model, and None where the
            file does not say.
        answer: The model itself: float32 (n, h, w, c), scaled and in its own channel order, to float32 (n, outputs).
            The layout and the dtype are seen to.
        call: The same for a symbolic or eager TensorFlow tensor.
        model: The Keras 3 model, if it is one that can be rebuilt layer by layer; None for all others.
        parameters: How many numbers it has.
        convolutions: How many convolution layers.
        notes: What was done to it when it was loaded, as sentences.
    """

    kind: str
    framework: str
    version: str | None
    height: int | None
    width: int | None
    channels: int
    layout: str
    dtype: str
    outputs: int
    inside: Declared
    answer: Answer
    call: Callable[[Any], Any]
    model: Any = None
    parameters: int = 0
    convolutions: int = 0
    notes: list[str] = field(default_factory=list)
