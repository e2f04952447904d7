"""A network with many outputs as a TF.js graph model and as ONNX, its weights under their own names."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx

from gemelo.store.files import atomic_write

from . import onnx_graph
from .formats import tfjs
from .formats.onnx import OPSET
from .frameworks import keras, tf
from .inference import INPUT
from .layers_network import Exposed

# `swish` is followed by an IdentityN for its gradient, the moments of a normalization by a StopGradient.
_PASS_THROUGH = ("IdentityN", "PreventGradient", "StopGradient")


def function_of(exposed: Exposed, shape: Sequence[int]) -> Any:
    """The network as a TensorFlow function from `image` to {row: its output}, the batch left open.

    Its weights are constants of the graph, named as in the rows; the tensor of a row has the row's name.
    """
    signature = tf.TensorSpec((None, *shape), tf.float32, name=INPUT)
    values = {name: keras.ops.convert_to_numpy(variable) for name, variable in exposed.weights.items()}

    @tf.function(input_signature=[signature], autograph=False)  # type: ignore[untyped-decorator]
    def serve(image: Any) -> dict[str, Any]:
        constants = [(exposed.weights[name], tf.constant(value, name=name)) for name, value in values.items()]
        with keras.StatelessScope(state_mapping=constants):
            outputs = exposed.model(image, training=False)
        return {row.name: tf.identity(x, name=row.name) for row, x in zip(exposed.rows, outputs, strict=True)}

    return serve.get_concrete_function()


def write_tfjs(function: Any, exposed: Exposed, metadata: Mapping[str, Any], folder: Path) -> None:
    """Write `model.json` and its weights, nothing fused: every row's tensor is there, and every kernel as it was.

    Raises:
        ExportError: TF.js's wasm backend lacks an operator.
    """
    folder.mkdir(parents=True)
    signature = tf.compat.v1.MetaGraphDef().signature_def["serve"]
    for side, names in (("inputs", [INPUT]), ("outputs", [row.name for row in exposed.rows])):
        for name in names:
            tensor = function.graph.get_tensor_by_name(f"{name}:0")
            info = getattr(signature, side)[name]
            info.name, info.dtype = tensor.name, tensor.dtype.as_datatype_enum
            info.tensor_shape.CopyFrom(tensor.shape.as_proto())
    graph = function.graph.as_graph_def()
    _bypass(graph)
    tfjs.save(graph, signature, metadata, folder)


def _bypass(graph: Any) -> None:
    """Around what only matters while training, in place: the converter's own rewriting would fuse rows away."""
    passes = {node.name: list(node.input) for node in graph.node if node.op in _PASS_THROUGH}
    for node in graph.node:
        for index, used in enumerate(node.input):
            node.input[index] = _source(passes, used)


def _source(passes: Mapping[str, Sequence[str]], tensor: str) -> str:
    """Where a tensor comes from, such nodes left out of account."""
    name, _, index = tensor.partition(":")
    return _source(passes, passes[name][int(index or 0)]) if name in passes else tensor


def write_onnx(function: Any, exposed: Exposed, metadata: Mapping[str, Any], path: Path) -> None:
    """Write an ONNX file whose outputs are the rows, in their order."""
    import tf2onnx

    names = [row.name for row in exposed.rows]
    model, _ = tf2onnx.convert.from_graph_def(
        function.graph.as_graph_def(),
        input_names=[f"{INPUT}:0"],
        output_names=[f"{name}:0" for name in names],
        opset=OPSET,
    )
    for output, row in zip(model.graph.output, exposed.rows, strict=True):
        shape = [onnx_graph.BATCH, *row.shape]
        output.CopyFrom(onnx.helper.make_tensor_value_info(output.name, onnx.TensorProto.FLOAT, shape))
    atomic_write(path, onnx_graph.to_bytes(onnx_graph.finish(model, metadata, names)))
