"""TensorFlow's operators as layers of Keras. Each function lifts an operation, or answers False: then it stays raw."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import portable
from ..frameworks import keras, tf
from .lift import Affine, Float64, Kernel, Lift
from .raw import TO_FIRST, TO_LAST, is_first, turned

layers = keras.layers

_ONE, _ZERO = np.ones(()), np.zeros(())


def _convolution(lift: Lift, op: Any) -> bool:
    first = is_first(op)
    weights = lift.constant(op.inputs[1])
    kernel = None if weights is None else _kernel(op, weights, lift.shape(op.inputs[0])[1 if first else 3])
    if kernel is None:
        return False
    x, name = lift.tensor(op.inputs[0], first), lift.name(op)
    if op.get_attr("padding") == b"EXPLICIT":
        pads = list(op.get_attr("explicit_paddings"))
        pads = turned(pads) if first else pads
        x = layers.ZeroPadding2D((pads[2:4], pads[4:6]), name=f"{name}_pad")(x)
    return lift.put(op.outputs[0], Affine(x, name, kernel), first)


def _kernel(op: Any, weights: NDArray[Any], channels: int | None) -> Kernel | None:
    """A convolution as Keras has it; None where it has groups of several channels, or strides that Keras lacks."""
    depthwise = op.type == "DepthwiseConv2dNative"
    strides, dilations = _sides(op, "strides"), _sides(op, "dilations")
    config: dict[str, Any] = {"kernel_size": weights.shape[:2], "strides": strides, "dilation_rate": dilations}
    config["padding"] = "same" if op.get_attr("padding") == b"SAME" else "valid"
    if weights.dtype != np.float32 or channels is None or (max(strides) > 1 and max(dilations) > 1):
        return None
    if not depthwise and weights.shape[2] == channels:
        return Kernel(layers.Conv2D, {**config, "filters": weights.shape[3]}, weights.astype(np.float64))
    if not depthwise and weights.shape[2] == 1:  # a group for each channel
        weights, depthwise = weights.reshape(*weights.shape[:2], channels, -1), True
    if not depthwise or strides[0] != strides[1]:
        return None
    config["depth_multiplier"] = weights.shape[3]
    return Kernel(layers.DepthwiseConv2D, config, weights.astype(np.float64))


def _product(lift: Lift, op: Any) -> bool:
    kernel = lift.constant(op.inputs[1])
    if kernel is None or kernel.dtype != np.float32 or kernel.ndim != 2 or _attribute(op, "transpose_a", "adj_x"):
        return False
    weights = kernel.T if _attribute(op, "transpose_b", "adj_y") else kernel
    made = Kernel(layers.Dense, {"units": weights.shape[1]}, weights.astype(np.float64))
    return lift.put(op.outputs[0], Affine(lift.tensor(op.inputs[0]), lift.name(op), made))


def _normalization(lift: Lift, op: Any) -> bool:
    values = [lift.constant(tensor) for tensor in op.inputs[1:5]]
    if op.get_attr("is_training") or any(value is None for value in values):
        return False
    gamma, beta, mean, variance = (np.asarray(value, np.float64) for value in values)
    scale = gamma / np.sqrt(variance + op.get_attr("epsilon"))
    return _affine(lift, op, op.inputs[0], is_first(op), scale, beta - mean * scale)


def _arithmetic(lift: Lift, op: Any) -> bool:
    """A sum or product with a constant goes into the layer before it; one of two tensors is a layer of its own."""
    values = [lift.constant(tensor) for tensor in op.inputs]
    constants = [index for index, value in enumerate(values) if value is not None]
    if not constants:
        return _merge(lift, op)
    if len(op.inputs) != 2 or op.outputs[0].dtype != tf.float32:
        return False
    [index] = constants
    tensor = op.inputs[1 - index]
    first = is_first(op) or lift.is_turned(tensor)
    shape = lift.shape(tensor)
    rank = len(shape)
    value = _by_channel(values[index], shape, 1 if first else rank - 1, aligned=is_first(op))
    change = None if value is None else _CHANGES[op.type](value, index)
    if change is None or (first and rank != 4) or shape != lift.shape(op.outputs[0]):
        return False
    return _affine(lift, op, tensor, first, *change)


# What an operator makes of x with a constant in place 0 or 1, as (scale, offset).
_CHANGES: dict[str, Callable[[Float64, int], tuple[Float64, Float64] | None]] = {
    **dict.fromkeys(("Add", "AddV2", "AddN", "BiasAdd"), lambda value, _: (_ONE, value)),
    "Sub": lambda value, place: (_ONE, -value) if place else (-_ONE, value),
    "Mul": lambda value, _: (value, _ZERO),
    "RealDiv": lambda value, place: (1 / value, _ZERO) if place and np.all(value) else None,
    **dict.fromkeys(("Maximum", "Minimum"), lambda _value, _place: None),
}


def _negation(lift: Lift, op: Any) -> bool:
    [x] = op.inputs
    return x.dtype == tf.float32 and _affine(lift, op, x, lift.is_turned(x), -_ONE, _ZERO)


def _by_channel(constant: Any, shape: Any, axis: int, *, aligned: bool) -> Float64 | None:
    """A constant as one number, or as one for each channel; None where it has more.

    Args:
        constant: Of an operation with a tensor of this shape.
        shape: Of the tensor.
        axis: Of the channels.
        aligned: Whether its one axis is that of the channels, wherever this is: a BiasAdd's.
    """
    value: Float64 = np.asarray(constant, np.float64)
    if value.size == 1:
        return value.reshape(())
    sizes = (1,) * (len(shape) - value.ndim) + value.shape
    if aligned:
        return value
    channels = len(sizes) == len(shape) and sizes[axis] == value.size == shape[axis]
    return value.reshape(-1) if channels else None


def _affine(lift: Lift, op: Any, tensor: Any, first: bool, scale: Float64, offset: Float64) -> bool:
    before = lift.pending(tensor, first)
    if before is None and np.all(scale == 1) and not np.any(offset):
        return lift.put(op.outputs[0], lift.tensor(tensor, first), first)
    if before is None:
        before = Affine(lift.tensor(tensor, first), lift.name(op))
    elif before.kernel is not None and np.any(scale != 1):
        lift.folded += 1
    return lift.put(op.outputs[0], before.then(scale, offset), first)


def _merge(lift: Lift, op: Any) -> bool:
    if op.type == "Mul" and (gated := _gated(lift, op)) is not None:
        first = lift.is_turned(gated)
        swish = layers.Activation("silu", name=lift.name(op, own=False))
        return lift.put(op.outputs[0], swish(lift.tensor(gated, first)), first)
    if op.type == "Mul" and (x := _gelu_of(lift, op)) is not None:
        return lift.put(op.outputs[0], portable.gelu(x))
    kind = _MERGES.get(op.type)
    if kind is None or len({len(lift.shape(tensor)) for tensor in op.inputs}) > 1 or len(lift.shape(op.inputs[0])) < 2:
        return False
    first = any(lift.is_turned(tensor) for tensor in op.inputs)
    tensors = [lift.tensor(tensor, first) for tensor in op.inputs]
    return lift.put(op.outputs[0], kind(name=lift.name(op))(tensors), first)


_MERGES = {
    **dict.fromkeys(("Add", "AddV2", "AddN"), layers.Add),
    "Mul": layers.Multiply,
    "Sub": layers.Subtract,
    "Maximum": layers.Maximum,
    "Minimum": layers.Minimum,
}


def _gated(lift: Lift, op: Any) -> Any:
    """The x of x * sigmoid(x); None of other products."""
    for x, gate in (op.inputs, reversed(op.inputs)):
        if gate.op.type == "Sigmoid" and any(
            x is one for one in (gate.op.inputs[0], *_times_one(lift, gate.op.inputs[0].op))
        ):
            return x
    return None


def _times_one(lift: Lift, op: Any) -> list[Any]:
    """What an operation multiplies by 1, as `tf.nn.silu` does."""
    values = [lift.constant(tensor) for tensor in op.inputs] if op.type == "Mul" else []
    one = any(value is not None and np.all(value == 1) for value in values)
    return [tensor for tensor, value in zip(op.inputs, values, strict=False) if one and value is None]


def _activation(lift: Lift, op: Any) -> bool:
    [x] = op.inputs
    first, activation = lift.is_turned(x), _ACTIVATIONS[op.type]
    if activation == "softmax":  # over the last axis, whatever that is
        first = False
    before = lift.pending(x, first)
    if before is not None and before.kernel is not None:
        return lift.put(op.outputs[0], replace(before, activation=activation), first)
    name = lift.name(op, own=False)
    kind = {"relu": lambda: layers.ReLU(name=name), "relu6": lambda: layers.ReLU(6.0, name=name)}.get(activation)
    layer = kind() if kind else layers.Activation(activation, name=name)
    return lift.put(op.outputs[0], layer(lift.tensor(x, first)), first)


_ACTIVATIONS = {
    name: name.lower()
    for name in ("Relu", "Relu6", "Sigmoid", "Tanh", "Elu", "Selu", "Softplus", "Softsign", "Softmax")
}


def _gelu_of(lift: Lift, op: Any) -> Any:
    """The x of 0.5 * x * (1 + erf(x / sqrt(2))), the exact GELU, or of the same with erfc; None of other products."""
    for half, gate in (op.inputs, reversed(op.inputs)):
        inner, outer = _error_of(lift, gate.op), lift.scaled(half)
        if inner is not None and outer is not None and inner[0] is outer[0] and not lift.is_turned(half):
            return outer[0] if np.allclose([inner[1], outer[1]], [math.sqrt(0.5), 0.5], rtol=1e-6) else None
    return None


def _error_of(lift: Lift, op: Any) -> tuple[Any, float] | None:
    """The x and the factor of 1 + erf(factor * x), or of erfc(-factor * x); None of others."""
    if op.type == "Erfc":
        inner = lift.scaled(op.inputs[0])
        return None if inner is None else (inner[0], -inner[1])
    values = [lift.constant(tensor) for tensor in op.inputs] if op.type in ("Add", "AddV2") else []
    errors = [tensor.op for tensor in op.inputs if tensor.op.type == "Erf"] if values else []
    one = any(value is not None and np.all(value == 1) for value in values)
    return lift.scaled(errors[0].inputs[0]) if one and len(errors) == 1 else None


def _complementary_error(lift: Lift, op: Any) -> bool:
    """TF.js and ONNX have erf alone."""
    first = lift.is_turned(op.inputs[0])
    return lift.put(op.outputs[0], 1.0 - keras.ops.erf(lift.tensor(op.inputs[0], first)), first)


def _leaky(lift: Lift, op: Any) -> bool:
    [x] = op.inputs
    first = lift.is_turned(x)
    layer = layers.LeakyReLU(negative_slope=op.get_attr("alpha"), name=lift.name(op, own=False))
    return lift.put(op.outputs[0], layer(lift.tensor(x, first)), first)


def _pooling(lift: Lift, op: Any) -> bool:
    first, padding = is_first(op), op.get_attr("padding").decode().lower()
    if padding == "explicit":
        return False
    kind = layers.MaxPooling2D if op.type == "MaxPool" else layers.AveragePooling2D
    layer = kind(_sides(op, "ksize"), _sides(op, "strides"), padding=padding, name=lift.name(op))
    return lift.put(op.outputs[0], layer(lift.tensor(op.inputs[0], first)), first)


def _reduction(lift: Lift, op: Any) -> bool:
    x, axes, keep = op.inputs[0], lift.constant(op.inputs[1]), op.get_attr("keep_dims")
    first = lift.is_turned(x)
    if axes is None or len(lift.shape(x)) != 4 or x.dtype != tf.float32:
        return False
    if sorted(int(axis) % 4 for axis in np.ravel(axes)) != ([2, 3] if first else [1, 2]):
        return False
    kind = layers.GlobalAveragePooling2D if op.type == "Mean" else layers.GlobalMaxPooling2D
    return lift.put(op.outputs[0], kind(keepdims=keep, name=lift.name(op))(lift.tensor(x, first)), first and keep)


def _padding(lift: Lift, op: Any) -> bool:
    x, pads = op.inputs[0], lift.constant(op.inputs[1])
    filler = lift.constant(op.inputs[2]) if op.type == "PadV2" else 0
    if len(lift.shape(x)) != 4 or x.dtype != tf.float32 or pads is None or filler is None or np.any(filler):
        return False
    first = lift.is_turned(x)
    ordered = pads[list(TO_LAST)] if first else pads
    if ordered[0].any() or ordered[3].any():
        return False
    layer = layers.ZeroPadding2D(ordered[1:3].tolist(), name=lift.name(op))
    return lift.put(op.outputs[0], layer(lift.tensor(x, first)), first)


def _reshape(lift: Lift, op: Any) -> bool:
    shape = lift.new_shape(op)
    if shape is None:
        return False
    x = lift.tensor(op.inputs[0])
    return lift.put(op.outputs[0], x if tuple(x.shape[1:]) == shape[1:] else keras.ops.reshape(x, shape))


def _concatenation(lift: Lift, op: Any) -> bool:
    *tensors, last = op.inputs
    axis = lift.constant(last)
    if axis is None or any(lift.constant(tensor) is not None for tensor in tensors):
        return False
    if (head := _two_columns(lift, tensors)) is not None:
        return lift.put(op.outputs[0], head)
    rank = len(lift.shape(tensors[0]))
    first = rank == 4 and any(lift.is_turned(tensor) for tensor in tensors)
    place = int(axis) % rank
    layer = layers.Concatenate(axis=TO_FIRST[place] if first else place, name=lift.name(op))
    return lift.put(op.outputs[0], layer([lift.tensor(tensor, first) for tensor in tensors]), first)


def _two_columns(lift: Lift, tensors: Sequence[Any]) -> Affine | None:
    """[1 - p, p] of a sigmoid unit, or [-z, z] of a linear one, as two units: nothing is lost where p is near 1."""
    last, first = tensors[-1], tensors[0].op
    head = lift.affine(last)
    if len(tensors) != 2 or not any(x is last for x in first.inputs) or head is None or head.kernel is None:
        return None
    one = lift.constant(first.inputs[0]) if first.type == "Sub" else None
    complement = head.activation == "sigmoid" and one is not None and np.all(one == 1)
    negative = head.activation == "linear" and first.type == "Neg"
    weights = head.kernel.weights
    if weights.shape[1:] != (1,) or not (complement or negative):
        return None
    weights = weights * head.scale
    both = Kernel(layers.Dense, {"units": 2}, np.concatenate([-weights, weights], axis=-1))
    offset = np.broadcast_to(head.offset, 1)
    return replace(head, kernel=both, scale=_ONE, offset=np.concatenate([-offset, offset]))


def _transposition(lift: Lift, op: Any) -> bool:
    """From channels last to first and back: nothing moves, the tensor is kept turned."""
    x, axes = op.inputs[0], lift.constant(op.inputs[1])
    order = () if axes is None else tuple(axes.tolist())
    back = lift.is_turned(x)
    if order != (TO_LAST if back else TO_FIRST):
        return False
    before = lift.pending(x, back)
    return lift.put(op.outputs[0], before if before is not None else lift.tensor(x, back), turned=not back)


def _nothing(lift: Lift, op: Any) -> bool:
    """What only matters for gradients, and casts of a dtype to itself."""
    if any(tensor.dtype != op.inputs[0].dtype for tensor in op.outputs[:1]):
        return False
    for x, output in zip(op.inputs, op.outputs, strict=False):
        if (value := lift.constant(x)) is not None:
            lift.constant_is(output, value)
            continue
        first = lift.is_turned(x)
        before = lift.pending(x, first)
        lift.put(output, before if before is not None else lift.tensor(x, first), first)
    return True


def _sides(op: Any, attribute: str) -> tuple[int, int]:
    values: Sequence[int] = op.get_attr(attribute)
    height, width = values[2:4] if is_first(op) else values[1:3]
    return int(height), int(width)


def _attribute(op: Any, *names: str) -> bool:
    return any(op.get_attr(name) for name in names if name in op.node_def.attr)


OPERATORS: dict[str, Callable[[Lift, Any], bool]] = {
    **dict.fromkeys(("Conv2D", "DepthwiseConv2dNative"), _convolution),
    "MatMul": _product,
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), _normalization),
    **dict.fromkeys(_CHANGES, _arithmetic),
    **dict.fromkeys(_ACTIVATIONS, _activation),
    "LeakyRelu": _leaky,
    "Neg": _negation,
    "Erfc": _complementary_error,
    **dict.fromkeys(("MaxPool", "AvgPool"), _pooling),
    **dict.fromkeys(("Mean", "Max"), _reduction),
    **dict.fromkeys(("Pad", "PadV2"), _padding),
    **dict.fromkeys(("Reshape", "Squeeze", "ExpandDims"), _reshape),
    "ConcatV2": _concatenation,
    "Transpose": _transposition,
    **dict.fromkeys(
        ("Identity", "IdentityN", "StopGradient", "PreventGradient", "EnsureShape", "Snapshot", "Cast"), _nothing
    ),
}
