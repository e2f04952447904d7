"""A graph from `image` to probabilities, its variables made constants: from a SavedModel or from a Keras model."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import ExportError, LabelMismatchError, SchemaError, StorageError
from gemelo.parity.gates import graph_convolutions

from ..frameworks import tf
from ..inference import INPUT, OUTPUT
from ..quiet import converting

SIGNATURE = "serving_default"

# Calls of functions, which are stateful where their functions may be.
_CALLS = {"StatefulPartitionedCall", "If", "While", "Case"}

_PRIVATE = ("_gradient_op_type", "_XlaMustCompile", "_noinline")
_numbers = itertools.count()

Answer = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class Frozen:
    """A network as a graph.

    Attributes:
        function: ConcreteFunction from `image` (batch, h, w, c) to [probabilities], without variables.
        answer: The model as it came.
    """

    function: Any
    answer: Answer

    @property
    def convolutions(self) -> int:
        """How many there are: the network's depth, for the gates."""
        return graph_convolutions(self.function.graph.as_graph_def())


def of_saved_model(folder: Path, shape: Sequence[int]) -> Frozen:
    """Load a SavedModel. This may run whatever the model's author wrote into it.

    Args:
        folder: Has `saved_model.pb`.
        shape: (height, width, channels) of its input.

    Raises:
        SchemaError: It has no signature `serving_default` from `image` to `probabilities`, float32 both.
        LabelMismatchError: Its images have another shape.
        ExportError: TensorFlow cannot load it, or it is no function of the image alone.
    """
    try:
        with converting(f"a model of {folder}"):
            loaded = tf.saved_model.load(str(folder))
    except StorageError:
        raise
    except ExportError as exc:
        reason = str(exc.__cause__).strip().splitlines() or ["damaged"]
        hint = "the folder is damaged, or the model needs operators that are not TensorFlow's own"
        raise ExportError(f"{folder}: TensorFlow cannot load the model: {reason[0]}", hint=hint) from exc
    signature = loaded.signatures.get(SIGNATURE)
    _check_signature(folder, signature, shape)

    def call(image: Any) -> Any:
        return signature(**{INPUT: image})[OUTPUT]

    signature.gemelo_owner = loaded  # a signature does not keep its variables alive
    return _frozen(call, shape)


def of_keras(model: Any, shape: Sequence[int]) -> Frozen:
    """Trace a Keras model.

    Raises:
        ExportError: It cannot be traced, or is no function of the image alone.
    """
    return _frozen(lambda image: model(image, training=False), shape)


def needed(output: Any, read: Callable[[Any], Sequence[Any]] = lambda op: op.inputs) -> list[Any]:
    """The operations that an output is made of, in the order of the data.

    Args:
        output: A tf.Tensor.
        read: The inputs that matter of an operation.
    """
    found = {output.op.name: output.op}
    waiting = [output.op]
    while waiting:
        for tensor in read(waiting.pop()):
            if tensor.op.name not in found:
                found[tensor.op.name] = tensor.op
                waiting.append(tensor.op)
    return [op for op in output.graph.get_operations() if op.name in found]


def _frozen(call: Callable[[Any], Any], shape: Sequence[int]) -> Frozen:
    function = tf.function(
        lambda image: tf.identity(call(image), name=OUTPUT),
        input_signature=[tf.TensorSpec((None, *shape), tf.float32, name=INPUT)],
        autograph=False,
    )
    with converting("a graph of the model"):
        frozen = _plain(_constant(function.get_concrete_function()))
        if {op.type for op in frozen.graph.get_operations()} & _CALLS:
            frozen = _constant(frozen)
    _check_pure(frozen)

    def answer(images: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(call(tf.constant(images)))

    return Frozen(frozen, answer)


def _constant(function: Any) -> Any:
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    return convert_variables_to_constants_v2(function, lower_control_flow=False, aggressive_inlining=True)


def _plain(frozen: Any) -> Any:
    """The same function of what its answer is made of, without gradients of its own and without calls of XLA.

    The first cannot be saved again, the second are not inlined.
    """
    graph = frozen.graph.as_graph_def()
    functions = graph.library.function
    # TensorFlow has one function of a name in a process.
    names = {function.signature.name: f"{function.signature.name}_{next(_numbers)}" for function in functions}
    for function in functions:
        function.signature.name = names[function.signature.name]
    nodes = [*graph.node, *(node for function in functions for node in function.node_def)]
    for node in nodes:
        node.op = names.get(node.op, node.op)
        for called in (one for value in node.attr.values() for one in (value.func, *value.list.func) if one.name):
            called.name = names.get(called.name, called.name)
    for one in (*nodes, *functions):
        for private in _PRIVATE:
            one.attr.pop(private, None)
    ends = [[tensor.name for tensor in side] for side in (frozen.inputs, frozen.outputs)]
    imported = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph, name=""), [])
    return imported.prune(*([imported.graph.get_tensor_by_name(name) for name in side] for side in ends))


def _check_signature(folder: Path, signature: Any, shape: Sequence[int]) -> None:
    wanted = f"{SIGNATURE} from {INPUT!r}, float32, to {OUTPUT!r}, float32"
    if signature is None:
        raise SchemaError(f"{folder}: the model has no signature {wanted}")
    _, inputs = signature.structured_input_signature
    outputs = signature.structured_outputs
    found = [{name: spec.dtype.name for name, spec in side.items()} for side in (inputs, outputs)]
    if found != [{INPUT: "float32"}, {OUTPUT: "float32"}]:
        told = " to ".join(", ".join(f"{name!r}, {dtype}" for name, dtype in side.items()) for side in found)
        raise SchemaError(f"{folder}: the model has no signature {wanted}; it is from {told}")
    image = inputs[INPUT].shape
    if image.rank != 4 or image[0] is not None:
        raise SchemaError(f"{folder}: {INPUT!r} has shape {image}, not (batch, height, width, channels)")
    if not image[1:].is_compatible_with(shape):
        raise LabelMismatchError(f"the model's input is {tuple(image[1:])}, the preprocessing says {tuple(shape)}")


def _check_pure(frozen: Any) -> None:
    """The same image, the same answer: nothing is drawn at random, kept, read from files or looked up in tables."""
    operations = needed(frozen.outputs[0])
    kinds = (tf.string, tf.resource)
    texts = {op.type for op in operations if any(tensor.dtype in kinds for tensor in op.outputs)}
    foreign = texts - {"Const"} or texts
    foreign |= {op.type for op in operations if op.op_def.is_stateful and op.type not in _CALLS}
    if foreign:
        raise ExportError(
            f"the model computes with more than the image: {', '.join(sorted(foreign))}",
            hint="export the model for inference, without random numbers, tables, files and text",
        )
    if not any(op.type == "Placeholder" for op in operations):
        raise ExportError("the model's answer does not depend on the image")
