"""The lecture's network as its notebook runs today: 14,497 parameters at 64x64x3.

The notebook says `Convolution2D(32, 3, 3, ...)`. In Keras 1 that was 32 filters with a kernel of 3 rows and 3
columns. Since Keras 2 the kernel is one argument and the third is the *stride*: the same line now moves the kernel
three pixels at a time. The picture shrinks to a ninth in each convolution, and of 64x64 pixels just 32 numbers are
left before the dense layer. `lecture-described` is what was meant.
"""

import keras

from gemelo.preprocessing import Preprocessing

from ..defaults import Defaults
from ._lecture import network

SUMMARY = "the code of the lecture's notebook: two convolutions, stride 3"
DEFAULTS = Defaults()


def minimum_size() -> int:
    """36: 36 -> conv 12 -> pool 6 -> conv 2 -> pool 1."""
    return 36


def build(preprocessing: Preprocessing, classes: int) -> keras.Model:
    """A fresh network.

    Raises:
        InputSizeError: The preprocessing's input is too small.
    """
    return network(preprocessing, classes, stride=3, minimum=minimum_size())
