"""The lecture's network as it is described: kernels of 3x3 that move by one pixel, 813,217 parameters at 64x64x3.

It differs from `lecture` in the stride alone: the notebook's `Convolution2D(32, 3, 3)` meant a 3x3 kernel in Keras 1,
where stride 1 was the default; today its third argument is read as the stride. 6,272 numbers reach the dense layer
instead of 32, which is where nearly all the parameters are.
"""

import keras

from gemelo.preprocessing import Preprocessing

from ..defaults import Defaults
from ._lecture import network

SUMMARY = "the network that the lecture explains: two convolutions, stride 1"
DEFAULTS = Defaults()


def minimum_size() -> int:
    """10: 10 -> conv 8 -> pool 4 -> conv 2 -> pool 1."""
    return 10


def build(preprocessing: Preprocessing, classes: int) -> keras.Model:
    """A fresh network.

    Raises:
        InputSizeError: The preprocessing's input is too small.
    """
    return network(preprocessing, classes, stride=1, minimum=minimum_size())
