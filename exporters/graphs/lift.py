"""A functional Keras model of a frozen graph: a layer for what layers do, an operation for everything else.

What is multiplied and added after a convolution or a dense layer goes into its weights, in float64, whoever wrote it:
biases, batch norms, scalings. Graphs with the channels first become networks with the channels last, which is what
all runtimes have: their tensors are kept turned, and turned back only where it matters.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import ExportError

from ..frameworks import keras, tf
from ..inference import INPUT
from ..names import Names
from . import raw
from .frozen import Frozen, needed
from .raw import TO_FIRST, TO_LAST

Float64 = NDArray[np.float64]

# A power of two: 1 - it and their sum are exact.
_EPSILON = 2.0**-10
# Two sizes of a batch that no network has for a side.
_BATCHES = (5, 11)


@dataclass(frozen=True)
class Kernel:
    """A layer with a kernel, without its bias.

    Attributes:
        kind: Keras's class.
        config: Without what an Affine knows.
        weights: As the class keeps them, output channels last (of a depthwise kernel, in the last two axes).
    """

    kind: Any
    config: dict[str, Any]
    weights: Float64


@dataclass(frozen=True)
class Affine:
    """activation(kernel(tensor) * scale + offset), not made yet: what comes next may belong to it.

    Attributes:
        tensor: The input.
        name: Of the layer.
        kernel: None where there is none.
        scale, offset: For each channel, or for all.
        activation: By Keras's name.
    """

    tensor: Any
    name: str
    kernel: Kernel | None = None
    scale: Float64 = field(default_factory=lambda: np.ones(()))
    offset: Float64 = field(default_factory=lambda: np.zeros(()))
    activation: str = "linear"

    def then(self, scale: Float64, offset: Float64) -> "Affine":
        """The same, multiplied and added to."""
        return replace(self, scale=self.scale * scale, offset=self.offset * scale + offset)


def lifted(frozen: Frozen, shape: Sequence[int]) -> tuple[Any, list[str]]:
    """A Keras model of a graph, and what there is to say about it.

    Args:
        frozen: The graph.
        shape: (height, width, channels) of its input.
    """
    try:
        lift = Lift(frozen.function, shape)
        model = lift.model()
        folded = f"{lift.folded} batch normalizations and scalings of the graph folded into the layers before them"
        return model, [folded] if lift.folded else []
    except Exception as exc:  # operators are run and shapes inferred: anything may be raised
        image = keras.Input(tuple(shape), name=INPUT)
        model = keras.Model(image, raw.GraphOperation("graph", frozen.function)(image))
        reason = str(exc).strip().splitlines() or [type(exc).__name__]
        lost = "weights are rounded without bias correction, and there are no layers to look at"
        return model, [f"the graph cannot be taken apart ({reason[0]}): {lost}"]


class Lift:
    """A graph on its way. Tensors of the graph are found by name; turned ones have the channels last, not second."""

    def __init__(self, function: Any, shape: Sequence[int]) -> None:
        [self._output] = function.outputs
        self._shapes = _shapes(function, shape)
        self._operations = needed(self._output, self._read)
        self._readers = Counter(tensor.name for op in self._operations for tensor in op.inputs)
        self._image = keras.Input(tuple(shape), name=INPUT)
        self._values: dict[tuple[str, bool], Any] = {(function.inputs[0].name, False): self._image}
        self._affines: dict[str, Affine] = {}
        self._constants: dict[str, NDArray[Any]] = {}
        self._names = Names([INPUT])
        self.folded = 0

    def model(self) -> Any:
        """The whole network."""
        from .operators import OPERATORS

        for op in self._operations:
            if op.type == "Placeholder" or self._is_constant(op):
                continue
            lift = OPERATORS.get(op.type)
            if lift is None or not lift(self, op):
                self.raw(op)
        return keras.Model(self._image, self.tensor(self._output))

    def constant(self, tensor: Any) -> NDArray[Any] | None:
        """A tensor's value, where it is the same for every image."""
        return self._constants.get(tensor.name)

    def constant_is(self, tensor: Any, value: NDArray[Any]) -> None:
        """Set a tensor's value."""
        self._constants[tensor.name] = value

    def shape(self, tensor: Any) -> tuple[int | None, ...]:
        """A tensor's shape, None where it grows with the batch."""
        return self._shapes[tensor.name]

    def new_shape(self, op: Any) -> tuple[int, ...] | None:
        """The shape that a reshape gives, -1 where it grows with the batch; None where that is in two places."""
        shape = self.shape(op.outputs[0])
        return None if shape.count(None) > 1 else tuple(-1 if size is None else size for size in shape)

    def is_image(self, tensor: Any) -> bool:
        """Whether a Keras tensor is the network's input."""
        return tensor is self._image

    def is_turned(self, tensor: Any) -> bool:
        """Whether there is a tensor in its turned form alone."""
        return (tensor.name, True) in self._values and (tensor.name, False) not in self._values

    def tensor(self, tensor: Any, turned: bool = False) -> Any:
        """The Keras tensor for a tensor of the graph."""
        key = (tensor.name, turned)
        if key not in self._values:
            if (tensor.name, not turned) not in self._values:
                raise ExportError(f"{tensor.name} is not made of the image")
            name = self._names.unique("to_channels_last" if turned else "to_channels_first")
            permute = keras.layers.Permute((TO_LAST if turned else TO_FIRST)[1:], name=name)
            self._values[key] = permute(self.tensor(tensor, not turned))
        value = self._values[key]
        if isinstance(value, Affine):
            value = self._values[key] = self._made(value)
        return value

    def pending(self, tensor: Any, turned: bool = False) -> Affine | None:
        """What makes a tensor, if that can still be changed: nobody else reads it."""
        value = self._values.get((tensor.name, turned))
        if not isinstance(value, Affine) or value.activation != "linear" or self._readers[tensor.name] != 1:
            return None
        return value

    def affine(self, tensor: Any) -> Affine | None:
        """What a tensor was made by, where that is an Affine."""
        return self._affines.get(tensor.name)

    def scaled(self, tensor: Any) -> tuple[Any, float] | None:
        """The Keras tensor that a tensor is a multiple of, and by what; None of others."""
        affine = self.affine(tensor)
        if affine is None or affine.kernel is not None or affine.scale.ndim or np.any(affine.offset):
            return None
        return affine.tensor, float(affine.scale)

    def put(self, tensor: Any, value: Any, turned: bool = False) -> bool:
        """Set what stands for a tensor of the graph: a Keras tensor or an Affine."""
        if isinstance(value, Affine):
            self._affines[tensor.name] = value
        self._values[tensor.name, turned] = value
        return True

    def name(self, op: Any, *, own: bool = True) -> str:
        """A layer's name: that of the scope, `conv1` of `model/conv1/Conv2D`; with the operator's where it is taken."""
        parts = [part for part in op.name.split("/")[:-1] if "PartitionedCall" not in part]
        scope = parts[-1] if parts else op.type.lower()
        return self._names.unique(scope if own else f"{scope}_{op.type.lower()}")

    def raw(self, op: Any) -> None:
        """Take an operation as it is."""
        turned = raw.is_first(op)
        values = [self.constant(tensor) for tensor in op.inputs]
        tensors = [
            self.tensor(tensor, turned and index == 0)
            for index, tensor in enumerate(op.inputs)
            if values[index] is None
        ]
        shapes = [self.shape(tensor) for tensor in op.outputs]
        if turned:
            shapes[0] = tuple(shapes[0][axis] for axis in TO_LAST)
        outputs = [(shape, tensor.dtype.name) for shape, tensor in zip(shapes, op.outputs, strict=True)]
        operation = raw.raw_operation(op.type)(
            self.name(op, own=False), raw.slots_of(op, values), raw.attributes_of(op), outputs
        )
        answers = operation(*tensors)
        for index, (tensor, answer) in enumerate(zip(op.outputs, keras.tree.flatten(answers), strict=True)):
            self.put(tensor, answer, turned and index == 0)

    def _read(self, op: Any) -> list[Any]:
        """The inputs that matter: a reshape whose result is known need not be told the shape."""
        told = op.type not in ("Reshape", "ExpandDims") or self.new_shape(op) is None
        return list(op.inputs if told else op.inputs[:1])

    def _is_constant(self, op: Any) -> bool:
        """Whether an operation reads nothing of the image; what it makes is then known."""
        if op.type == "Const":
            self._constants[op.outputs[0].name] = tf.make_ndarray(op.get_attr("value"))
            return True
        if any(self.constant(tensor) is None for tensor in self._read(op)):
            return False
        values = [self.constant(tensor) for tensor in op.inputs]
        if any(value is None for value in values):  # a reshape, its shape known
            self._constants[op.outputs[0].name] = self._constants[op.inputs[0].name].reshape(self.new_shape(op) or ())
            return True
        answers = raw.run(op.type, raw.slots_of(op, values), raw.attributes_of(op), ())
        for tensor, answer in zip(op.outputs, tf.nest.flatten(answers), strict=True):
            self._constants[tensor.name] = answer.numpy()
        return True

    def _made(self, affine: Affine) -> Any:
        if affine.kernel is not None:
            return _weighted(affine, affine.kernel)
        scale, offset, name = affine.scale, affine.offset, affine.name
        if scale.ndim == offset.ndim == 0:
            return keras.layers.Rescaling(float(scale), float(offset), name=name)(affine.tensor)
        scale, offset = np.broadcast_arrays(scale, offset)
        if self.is_image(affine.tensor):
            return keras.layers.Rescaling(scale.tolist(), offset.tolist(), name=name)(affine.tensor)
        norm = keras.layers.BatchNormalization(epsilon=_EPSILON, name=name)
        output = norm(affine.tensor)
        norm.set_weights([scale, offset, np.zeros_like(scale), np.full_like(scale, 1 - _EPSILON)])
        return output


def _weighted(affine: Affine, kernel: Kernel) -> Any:
    weights, bias = kernel.weights, bool(np.any(affine.offset))
    depthwise = kernel.kind is keras.layers.DepthwiseConv2D
    channels = weights.shape[-2] * weights.shape[-1] if depthwise else weights.shape[-1]
    scale, offset = (np.broadcast_to(value, channels) for value in (affine.scale, affine.offset))
    layer = kernel.kind(**kernel.config, use_bias=bias, activation=affine.activation, name=affine.name)
    output = layer(affine.tensor)
    layer.set_weights(
        [weights * (scale.reshape(weights.shape[-2:]) if depthwise else scale), *([offset] if bias else [])]
    )
    return output


def _shapes(function: Any, shape: Sequence[int]) -> dict[str, tuple[int | None, ...]]:
    """The shapes of all tensors by name, None where they grow with the batch: from two batches, in which all is known.

    With the batch left open, TensorFlow does not follow the shapes that are computed from it.
    """
    first, second = (_with_batch(function, (batch, *shape)) for batch in _BATCHES)
    return {
        name: tuple(size if size == second[name][axis] else None for axis, size in enumerate(sizes))
        for name, sizes in first.items()
        if name in second and len(sizes) == len(second[name])
    }


def _with_batch(function: Any, shape: tuple[int, ...]) -> dict[str, list[int | None]]:
    with tf.Graph().as_default() as graph:
        image = tf.compat.v1.placeholder(tf.float32, shape)
        given = {function.inputs[0].name: image}
        tf.graph_util.import_graph_def(function.graph.as_graph_def(), given, name="")
        tensors = [tensor for op in graph.get_operations() for tensor in op.outputs]
        known = {tensor.name: tensor.shape.as_list() for tensor in tensors if tensor.shape.rank is not None}
        return {**known, function.inputs[0].name: list(shape)}
