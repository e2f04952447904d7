"""The lecture's two convolutions, with the stride that its two readings differ in."""

import keras
from keras import layers

from gemelo.preprocessing import Preprocessing

from ..heads import head, photo

FILTERS, KERNEL, DENSE = 32, 3, 128


def network(preprocessing: Preprocessing, classes: int, *, stride: int, minimum: int) -> keras.Model:
    """Conv, ReLU, max-pool; conv, ReLU, max-pool; flatten, dense, decide."""
    image = photo(preprocessing, minimum)
    x = layers.Rescaling(1 / 255, name="rescaling")(image)
    for _ in range(2):
        x = layers.Conv2D(FILTERS, KERNEL, strides=stride, activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(DENSE, activation="relu")(layers.Flatten()(x))
    return keras.Model(image, head(x, classes))
