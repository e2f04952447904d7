"""The lecture's worked example: 28x28 pixels in grey, 32 filters, three convolutions.

Its first layer has 28 * 28 * 32 = 25,088 values (the borders are padded, so that the size stays), and
14 * 14 * 32 = 6,272 after pooling: the figures that the lecture counts on its slides.
"""

import keras
from keras import layers

from gemelo.preprocessing import Preprocessing

from ..defaults import Defaults
from ..heads import head, photo
from ._lecture import DENSE, FILTERS, KERNEL

SUMMARY = "the lecture's worked example: 28x28 gray, three convolutions"
DEFAULTS = Defaults(size=(28, 28), channels=1)


def minimum_size() -> int:
    """8: 8 -> pool 4 -> pool 2 -> pool 1."""
    return 8


def build(preprocessing: Preprocessing, classes: int) -> keras.Model:
    """A fresh network.

    Raises:
        InputSizeError: The preprocessing's input is too small.
    """
    image = photo(preprocessing, minimum_size())
    x = layers.Rescaling(1 / 255, name="rescaling")(image)
    for _ in range(3):
        x = layers.Conv2D(FILTERS, KERNEL, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(DENSE, activation="relu")(layers.Flatten()(x))
    return keras.Model(image, head(x, classes))
