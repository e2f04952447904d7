"""Kernels that 8 bits can hold, so that every file may hold them so and answers as Keras does.

Weights alone: what runs through the network stays float32. (What 8 bits do to that too, the exporters measure: int8.)
"""

from collections.abc import Iterator

import keras
import numpy as np

BITS = (8, 32)
_LEVELS = 127  # on either side of zero


def round_kernels(model: keras.Model) -> None:
    """Put each kernel on the nearest of 255 levels of its output channel, in place; biases and norms stay.

    Symmetric, the largest weight of a channel on the last level: TFLite's own scheme for kernels (Jacob et al. 2018,
    "Quantization and training of neural networks for efficient integer-arithmetic-only inference").
    """
    for layer in _layers(model):
        kernel = np.asarray(layer.kernel)
        # A depthwise kernel is (h, w, channels, multiplier): one scale for each of the two.
        inner = (0, 1) if isinstance(layer, keras.layers.DepthwiseConv2D) else tuple(range(kernel.ndim - 1))
        scale = np.abs(kernel).max(axis=inner, keepdims=True) / np.float32(_LEVELS)
        scale[scale == 0] = 1
        layer.kernel.assign(np.round(kernel / scale) * scale)


def _layers(model: keras.Model) -> Iterator[keras.Layer]:
    kinds = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        elif isinstance(layer, kinds):
            yield layer
