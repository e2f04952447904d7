"""How a network ends, and how small its input may be."""

import keras

from gemelo.errors import InputSizeError
from gemelo.preprocessing import Preprocessing


def head(features: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """One sigmoid unit for two classes, as in the lecture; a softmax unit for each class otherwise.

    Args:
        features: (n, features).
        classes: Two or more.

    Returns:
        float32 probabilities, (n, 1) or (n, classes).
    """
    units, activation = (1, "sigmoid") if classes == 2 else (classes, "softmax")
    return keras.layers.Dense(units, activation=activation, dtype="float32", name="probabilities")(features)


def photo(preprocessing: Preprocessing, minimum: int) -> keras.KerasTensor:
    """The input that every gemelo model has: float32 (n, h, w, c), range 0-255.

    Raises:
        InputSizeError: The preprocessing's input is smaller than the network allows.
    """
    if min(preprocessing.width, preprocessing.height) < minimum:
        raise InputSizeError(
            f"an input of {preprocessing.width}x{preprocessing.height} pixels is too small for this network",
            hint=f"it needs at least {minimum}x{minimum}: give --size {minimum} or more, or choose another --arch",
        )
    return keras.Input(preprocessing.shape, name="image", dtype="float32")
