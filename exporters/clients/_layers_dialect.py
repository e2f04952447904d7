"""A network in the dialect of Keras 2's JSON that old TF.js layers readers take: rows of class, config and weights.

What Keras 3 writes they do not read: batch shapes, dtypes and call arguments stand elsewhere. And they know fewer
layers; `Rescaling`, say, is written as the batch normalization that multiplies and adds the same.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import ExportError

from ..frameworks import keras
from ..inference import INPUT, OUTPUT, Call, record

# As all of these readers have them; Keras 3's hard_sigmoid is another function than theirs.
_ACTIVATIONS = ("elu", "linear", "relu", "relu6", "selu", "sigmoid", "softmax", "softplus", "softsign", "tanh")
# A power of two: 1 - it and their sum are exact.
_EPSILON = 2.0**-10

Weights = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Row:
    """One layer as it is written.

    Attributes:
        name: Of its own.
        kind: The `class_name`.
        config: Without the name.
        weights: By the names that the reader gives them, in its order.
        inputs: Names of the rows that it reads.
    """

    name: str
    kind: str
    config: dict[str, Any]
    weights: Weights = field(default_factory=dict)
    inputs: tuple[str, ...] = ()


def rows_of(model: Any, shape: Sequence[int], scale: float, offset: float) -> list[Row]:
    """A network, with its input in another range.

    Args:
        model: In inference form: `image` 0-255 in, probabilities out.
        shape: (height, width, channels) of its input.
        scale, offset: image = input * scale + offset.

    Returns:
        The rows in the order of the data; the first is the input, the last makes the probabilities.

    Raises:
        ExportError: A layer that the dialect does not have; names it.
    """
    calls = record(model, shape)
    image = calls[0].inputs[0]
    readers = [call for call in calls if any(used is image for used in call.inputs)]
    first = readers[0] if len(readers) == 1 and _is_rescaling(readers[0]) else None
    rows = [Row(INPUT, "InputLayer", {"batch_input_shape": [None, *shape], "dtype": "float32", "sparse": False})]
    names, counts = {id(image): INPUT}, Counter[str]()
    if first is None:
        rows.append(Row("range", *_affine(shape[-1], scale, offset), (INPUT,)))
        names[id(image)] = "range"
    for call in calls:
        if call is first:
            factor, shift = (np.asarray(value, np.float64) for value in (call.op.scale, call.op.offset))
            kind, config, weights = _affine(shape[-1], scale * factor, offset * factor + shift)
        else:
            kind, config, weights = _written(call)
        counts[kind] += 1
        name = OUTPUT if call is calls[-1] else f"{_snake(kind)}_{counts[kind]}"
        rows.append(Row(name, kind, config, weights, tuple(names[id(used)] for used in call.inputs)))
        names[id(call.output)] = name
    return rows


_Written = tuple[str, dict[str, Any], Weights]


def _written(call: Call) -> _Written:
    kind = type(call.op).__name__
    table = _LAYERS if isinstance(call.op, keras.Layer) else _OPERATIONS
    if kind not in table:
        raise _foreign(call.op, "there is no such layer in it")
    if getattr(call.op, "data_format", "channels_last") != "channels_last":
        raise _foreign(call.op, "its channels come first")
    return table[kind](call)


def _foreign(op: Any, why: str) -> ExportError:
    return ExportError(
        f"layer {op.name!r} ({type(op).__name__}) cannot be written as a TF.js layers model: {why}",
        hint="leave this client out of --for, or build the network of commoner layers",
    )


def _is_rescaling(call: Call) -> bool:
    return isinstance(call.op, keras.layers.Rescaling)


def _affine(channels: int, scale: Any, offset: Any) -> _Written:
    """Multiply and add, as a batch normalization of mean 0 and a variance that with epsilon makes 1."""
    constants = {"gamma": scale, "beta": offset, "moving_mean": 0.0, "moving_variance": 1 - _EPSILON}
    weights = {
        name: np.broadcast_to(np.asarray(value, np.float64), (channels,)).astype(np.float32)
        for name, value in constants.items()
    }
    return "BatchNormalization", _normalization(_EPSILON, scale=True, center=True), weights


def _normalization(epsilon: float, *, scale: bool, center: bool) -> dict[str, Any]:
    return {"axis": -1, "epsilon": epsilon, "scale": scale, "center": center}


def _rescaling(call: Call) -> _Written:
    return _affine(call.output.shape[-1], call.op.scale, call.op.offset)


def _batch_normalization(call: Call) -> _Written:
    op = call.op
    if op.axis not in (-1, len(call.output.shape) - 1):
        raise _foreign(op, f"it normalizes axis {op.axis}")
    present = {"gamma": op.scale, "beta": op.center, "moving_mean": True, "moving_variance": True}
    return type(op).__name__, _normalization(op.epsilon, scale=op.scale, center=op.center), _weights(op, present)


def _convolution(call: Call) -> _Written:
    op = call.op
    if getattr(op, "groups", 1) != 1:
        raise _foreign(op, "it has groups")
    config = {
        "kernel_size": list(op.kernel_size),
        "strides": list(op.strides),
        "padding": op.padding,
        "dilation_rate": list(op.dilation_rate),
        "data_format": "channels_last",
        **_dense_ends(op),
    }
    if isinstance(op, keras.layers.DepthwiseConv2D):
        return (
            type(op).__name__,
            {**config, "depth_multiplier": op.depth_multiplier},
            _weights(op, {"depthwise_kernel": True, "bias": op.use_bias}),
        )
    return type(op).__name__, {**config, "filters": op.filters}, _weights(op, {"kernel": True, "bias": op.use_bias})


def _dense(call: Call) -> _Written:
    config = {"units": call.op.units, **_dense_ends(call.op)}
    return "Dense", config, _weights(call.op, {"kernel": True, "bias": call.op.use_bias})


def _dense_ends(op: Any) -> dict[str, Any]:
    return {"use_bias": op.use_bias, "activation": _activation_name(op)}


def _activation_name(op: Any) -> str:
    name = keras.activations.serialize(op.activation)
    if name not in _ACTIVATIONS:
        raise _foreign(op, f"its activation {name if isinstance(name, str) else name.get('class_name')!r} is not in it")
    return str(name)


def _activation(call: Call) -> _Written:
    return "Activation", {"activation": _activation_name(call.op)}, {}


def _softmax(call: Call) -> _Written:
    if call.op.axis not in (-1, len(call.output.shape) - 1):
        raise _foreign(call.op, f"it is over axis {call.op.axis}")
    return "Softmax", {"axis": -1}, {}


def _relu(call: Call) -> _Written:
    op = call.op
    if op.threshold != 0 or (op.negative_slope != 0 and op.max_value is not None):
        raise _foreign(op, "it has a threshold, or a slope and a ceiling")
    if op.negative_slope != 0:
        return "LeakyReLU", {"alpha": float(op.negative_slope)}, {}
    return "ReLU", {"max_value": None if op.max_value is None else float(op.max_value)}, {}


def _leaky_relu(call: Call) -> _Written:
    return "LeakyReLU", {"alpha": float(call.op.negative_slope)}, {}


def _pooling(call: Call) -> _Written:
    op = call.op
    config = {"pool_size": list(op.pool_size), "strides": list(op.strides), "padding": op.padding}
    return type(op).__name__, {**config, "data_format": "channels_last"}, {}


def _global_pooling(call: Call) -> _Written:
    if call.op.keepdims:
        raise _foreign(call.op, "it keeps its dimensions")
    return type(call.op).__name__, {"data_format": "channels_last"}, {}


def _zero_padding(call: Call) -> _Written:
    return "ZeroPadding2D", {"padding": [list(pair) for pair in call.op.padding], "data_format": "channels_last"}, {}


def _merge(call: Call) -> _Written:
    return type(call.op).__name__, {}, {}


def _concatenate(call: Call) -> _Written:
    return "Concatenate", {"axis": call.op.axis}, {}


def _reshape(call: Call) -> _Written:
    """`exporters.inference` writes Flatten as a Reshape."""
    shape = call.output.shape[1:]
    return ("Flatten", {}, {}) if len(shape) == 1 else ("Reshape", {"target_shape": list(shape)}, {})


def _weights(op: Any, present: dict[str, bool]) -> Weights:
    names = [name for name, is_there in present.items() if is_there]
    return {name: np.asarray(value, np.float32) for name, value in zip(names, op.get_weights(), strict=True)}


def _snake(kind: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()


_LAYERS: dict[str, Callable[[Call], _Written]] = {
    "Activation": _activation,
    "BatchNormalization": _batch_normalization,
    "Concatenate": _concatenate,
    "Dense": _dense,
    "LeakyReLU": _leaky_relu,
    "ReLU": _relu,
    "Rescaling": _rescaling,
    "Reshape": _reshape,
    "Softmax": _softmax,
    "ZeroPadding2D": _zero_padding,
    **dict.fromkeys(("Conv2D", "DepthwiseConv2D"), _convolution),
    **dict.fromkeys(("MaxPooling2D", "AveragePooling2D"), _pooling),
    **dict.fromkeys(("GlobalAveragePooling2D", "GlobalMaxPooling2D"), _global_pooling),
    **dict.fromkeys(("Add", "Multiply", "Average", "Maximum", "Minimum"), _merge),
}
_OPERATIONS: dict[str, Callable[[Call], _Written]] = {"Reshape": _reshape}
