"""Bias correction of a QDQ network: what rounding moves is measured by running both networks side by side.

`bias` does the same to a Keras model of which only the weights are rounded. Here activations are rounded too, by the
ranges that stand in the network: every node is run as it stands, and QuantizeLinear rounds and clips as it will later.
"""

from collections import Counter
from collections.abc import Collection
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, numpy_helper

from gemelo import eight_bits

from ..inference import INPUT
from .bias import few, mean_shift

Array = NDArray[Any]
# Which axis of a layer's output are its channels.
_CHANNELS = {"Conv": 1, "Gemm": 1, "MatMul": -1}


def corrected(quantized: ModelProto, plain: ModelProto, images_u8: NDArray[np.uint8]) -> ModelProto:
    """The same network, its int32 biases moved by what rounding moves the means of its layers.

    Each layer is corrected before the next one is run (Nagel et al. 2019, section 4.2).

    Args:
        quantized: QDQ; it is not touched.
        plain: The network in float32 that it was made from. The nodes that hold weights have the same names.
        images_u8: (n, h, w, c), training images; some of them, evenly spread, are looked at.
    """
    model = ModelProto()
    model.CopyFrom(quantized)
    images = few(images_u8).astype(np.float32)
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    biases = _biases(model, tensors)
    rounded, exact = _Walk(model, images), _Walk(plain, images, keep=biases)
    for node in model.graph.node:
        rounded.run(node)
        if node.name in biases:
            name = node.output[0]
            found, wanted = rounded.values[name], exact.output(node.name)
            levels, scale = biases[node.name]
            axis = _CHANNELS[node.op_type] % found.ndim
            shift = mean_shift(np.moveaxis(wanted - found, axis, -1))
            moved = _move(levels, shift, numpy_helper.to_array(scale))
            rounded.values[name] = found + moved.reshape([-1 if at == axis else 1 for at in range(found.ndim)])
    return model


def _biases(model: ModelProto, tensors: dict[str, TensorProto]) -> dict[str, tuple[TensorProto, TensorProto]]:
    """The levels and scales of each layer's int32 bias, by the layer's name."""
    made = {node.output[0]: node for node in model.graph.node if node.op_type == "DequantizeLinear"}
    found = {}
    for node in model.graph.node:
        source = made.get(node.input[2]) if node.op_type in _CHANNELS and len(node.input) > 2 else None
        if source is not None and source.input[0] in tensors:
            found[node.name] = tensors[source.input[0]], tensors[source.input[1]]
    return found


def _move(levels: TensorProto, shift: Array, scale: Array) -> NDArray[np.float32]:
    """Add a shift to a bias, in whole steps of its scale, in place; what was added, in float32."""
    before = numpy_helper.to_array(levels).astype(np.float64)
    after = eight_bits.as_int32(before + np.round(shift / scale.astype(np.float64)))
    levels.CopyFrom(numpy_helper.from_array(after, levels.name))
    return np.asarray((after - before) * scale.astype(np.float64), np.float32)


class _Walk:
    """A network that is run node by node; what nobody reads any more is forgotten."""

    def __init__(self, model: ModelProto, images: NDArray[np.float32], keep: Collection[str] = ()) -> None:
        self.values: dict[str, Array] = {INPUT: images}
        self._keep, self._kept = keep, dict[str, Array]()
        self._opset = model.opset_import
        self._constants = {tensor.name: tensor for tensor in model.graph.initializer}
        self._waiting = iter(model.graph.node)
        self._readers = Counter(name for node in model.graph.node for name in node.input)

    def run(self, node: NodeProto) -> None:
        """Run a node whose inputs are known."""
        inputs = {name: self._value(name) for name in node.input if name}
        outputs = _run(node, inputs, self._opset)
        self.values.update(zip(node.output, outputs, strict=True))
        if node.name in self._keep:
            self._kept[node.name] = outputs[0]
        for name in node.input:
            self._readers[name] -= 1
            if self._readers[name] == 0:
                self.values.pop(name, None)

    def output(self, name: str) -> Array:
        """What the node of that name makes, one of those that are kept; all nodes before it are run."""
        while name not in self._kept:
            self.run(next(self._waiting))
        return self._kept.pop(name)

    def _value(self, name: str) -> Array:
        return self.values[name] if name in self.values else numpy_helper.to_array(self._constants[name])


def _run(node: NodeProto, inputs: dict[str, Array], opset: Any) -> list[Array]:
    import onnxruntime

    dtype = onnx.helper.np_dtype_to_tensor_dtype
    given = [onnx.helper.make_tensor_value_info(name, dtype(value.dtype), None) for name, value in inputs.items()]
    made = [onnx.ValueInfoProto(name=name) for name in node.output]
    graph = onnx.helper.make_graph([node], "node", given, made)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.enable_cpu_mem_arena = False
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return list(session.run(None, inputs))
