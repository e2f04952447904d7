"""Kernels that 8 bits can hold, so that every file may hold them so and answers as Keras does.

Weights alone: what runs through the network stays float32. (What 8 bits do to that too, the exporters measure: int8.)
"""

from collections.abc import Iterator

import keras
import numpy as np

from gemelo import eight_bits

BITS = (8, 32)


def round_kernels(model: keras.Model) -> None:
    """Put each kernel on the nearest of 255 levels of its output channel, in place; biases and norms stay."""
    for layer in _layers(model):
        # A depthwise kernel is (h, w, channels, multiplier): one scale for each of the two.
        channels = (-2, -1) if isinstance(layer, keras.layers.DepthwiseConv2D) else (-1,)
        layer.kernel.assign(eight_bits.rounded(np.asarray(layer.kernel), channels))


def _layers(model: keras.Model) -> Iterator[keras.Layer]:
    kinds = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        elif isinstance(layer, kinds):
            yield layer
