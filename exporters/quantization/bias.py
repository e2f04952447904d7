"""What rounding weights to 8 bits does to a network, and the part of it that can be undone beforehand.

Rounding errors of one kernel do not cancel: they move the mean of each output channel, and a moved mean changes the
answers that were on the fence. `corrected` measures that shift on calibration images, layer by layer with the
layers before it already rounded, and takes it out of the bias (empirical bias correction: Nagel et al., *Data-Free
Quantization Through Weight Equalization and Bias Correction*, 2019, section 4.2). It costs no byte and no time.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo import eight_bits

from ..frameworks import keras
from ..inference import Call, record
from ..source import ExportSource

Matrix = NDArray[np.float32]
Rounding = Callable[[Matrix], Matrix]

# Means are over images and places: few large images tell them as well as many do, in less time and memory.
_IMAGES, _PLACES = (16, 128), 32 * 128 * 128
# From so many values on, a kernel is rounded by dynamic-range quantization (`minimum_elements_for_weights`).
_DYNAMIC = 1024
# Whose kernels have the output channels last; those of transposed convolutions have not.
_ROUNDED = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)


def few(images_u8: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Some of the images (n, h, w, c), evenly spread: calibration images are in the order of their classes."""
    places = images_u8.shape[1] * images_u8.shape[2]
    count = min(len(images_u8), max(_IMAGES[0], min(_IMAGES[1], _PLACES // places)))
    return np.asarray(images_u8[np.linspace(0, len(images_u8) - 1, count).astype(int)])


def mean_shift(differences: Matrix) -> Matrix:
    """What a bias must take back: the mean difference of each channel, as far as it is more than chance.

    Each image has a mean of its own. Where these differ as much as they would by chance around nothing, nothing is
    taken back (a James-Stein estimate, channel by channel).

    Args:
        differences: (images, ..., channels), what was wanted less what was found.

    Returns:
        float32 (channels,).
    """
    each = differences.mean(axis=tuple(range(1, differences.ndim - 1)), dtype=np.float64)
    mean, chance = each.mean(axis=0), each.var(axis=0, ddof=min(1, len(each) - 1)) / len(each)
    kept = np.clip(1 - chance / np.maximum(mean**2, np.finfo(np.float64).tiny), 0, 1)
    return np.asarray(mean * kept, np.float32)


def symmetric(weights: Matrix) -> Matrix:
    """Rounded as TFLite rounds: int8 without a zero point, a scale for each column of (inputs, channels)."""
    return eight_bits.rounded(weights, [1])


def dynamic(weights: Matrix) -> Matrix:
    """The same, of kernels that TFLite's dynamic-range quantization takes: small ones stay in float32."""
    return symmetric(weights) if weights.size >= _DYNAMIC else weights


def corrected(source: ExportSource, rounding: Rounding) -> ExportSource:
    """The same source, its biases moved by what rounding its kernels would move the means of its layers.

    Args:
        source: Its calibration images are what is measured on; without any it is returned as it is.
        rounding: Of a kernel as a matrix (inputs, output channels).
    """
    if len(source.calibration) == 0:
        return source
    model = keras.models.clone_model(source.model)
    model.set_weights(source.model.get_weights())
    _correct(record(model, source.preprocessing.shape), few(source.calibration).astype(np.float32), rounding)
    return replace(source, model=model)


def _correct(calls: list[Call], images: Matrix, rounding: Rounding) -> None:
    """Run the network twice side by side, exact and rounded, and correct each layer before the next is run."""
    readers = Counter(id(tensor) for call in calls for tensor in call.inputs)
    exact = dict.fromkeys((id(tensor) for tensor in calls[0].inputs), images)
    rounded = dict(exact)
    for call in calls:
        if isinstance(call.op, _ROUNDED) and call.op.use_bias:
            _correct_layer(call, exact, rounded, rounding)
        else:
            for values in (exact, rounded):
                made = keras.tree.flatten(_run(call, values))
                values.update(zip((id(tensor) for tensor in call.outputs), made, strict=True))
        for tensor in call.inputs:
            readers[id(tensor)] -= 1
            if readers[id(tensor)] == 0:  # the maps of a whole network are many times its weights
                del exact[id(tensor)], rounded[id(tensor)]


def _correct_layer(call: Call, exact: dict[int, Any], rounded: dict[int, Any], rounding: Rounding) -> None:
    layer, activation = call.op, call.op.activation
    kernel, bias = layer.get_weights()
    layer.activation = keras.activations.linear
    try:
        wanted = np.asarray(_run(call, exact))
        layer.set_weights([rounding(kernel.reshape(-1, bias.size)).reshape(kernel.shape), bias])
        found = np.asarray(_run(call, rounded))
    finally:
        layer.activation = activation
    shift = mean_shift(wanted - found)
    layer.set_weights([kernel, bias + shift])
    exact[id(call.output)] = activation(wanted)
    rounded[id(call.output)] = activation(found + shift)


def _run(call: Call, values: dict[int, Any]) -> Any:
    def value(leaf: Any) -> Any:
        return values[id(leaf)] if isinstance(leaf, keras.KerasTensor) else leaf

    args, kwargs = keras.tree.map_structure(value, (call.args, call.kwargs))
    return call.op(*args, **kwargs)
