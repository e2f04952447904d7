"""Keep a network's large weights out of tf2onnx, which copies a graph some fifty times, and put them in afterwards.

The converter is given a network whose large weights are inputs. What it puts between such an input and its reader (a
transposition, a reshape) is computed here once, and the result becomes the initializer.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, numpy_helper

from .frameworks import tf
from .inference import INPUT, OUTPUT
from .source import ExportSource

_LARGE = 4096  # values
_NAME = "gemelo_weight_"


def convert(source: ExportSource, opset: int) -> ModelProto:
    """The network as tf2onnx makes it, all weights in it."""
    import tf2onnx

    large = {f"{_NAME}{i}": value for i, value in enumerate(source.model.variables) if np.prod(value.shape) >= _LARGE}
    function = _function(source, large)
    signature = function.structured_input_signature[0]
    model, _ = tf2onnx.convert.from_function(_Traced(function), input_signature=signature, opset=opset)
    weights = {name: np.asarray(value.numpy()) for name, value in large.items()}
    # Tensors that a layer has worked out itself, such as Normalization's mean, come as inputs too.
    made = {inside.name: np.asarray(outside.numpy()) for outside, inside in function.graph.captures}
    _fill_in(model.graph, {**weights, **made})
    return model


class _Traced:
    """A concrete function where tf2onnx wants one that is still to be traced."""

    def __init__(self, function: Any) -> None:
        self._function = function

    def get_concrete_function(self, *signature: Any) -> Any:
        return self._function


def _function(source: ExportSource, large: Mapping[str, Any]) -> Any:
    """A TensorFlow function from `image` and the large weights to {`probabilities`}; small weights are constants."""
    model = source.model
    image = tf.TensorSpec((None, *source.preprocessing.shape), tf.float32, name=INPUT)
    given = [tf.TensorSpec(value.shape, value.dtype, name=name) for name, value in large.items()]
    ids = [id(variable) for variable in large.values()]
    small = {id(variable): variable.numpy() for variable in model.variables if id(variable) not in ids}

    @tf.function(input_signature=[image, *given], autograph=False)  # type: ignore[untyped-decorator]
    def serve(image: Any, *weights: Any) -> dict[str, Any]:
        values = {**{key: tf.constant(value) for key, value in small.items()}, **dict(zip(ids, weights, strict=True))}
        trained, others = (
            [values[id(variable)] for variable in variables]
            for variables in (model.trainable_variables, model.non_trainable_variables)
        )
        answered, _ = model.stateless_call(trained, others, image, training=False)
        return {OUTPUT: tf.identity(answered, name=OUTPUT)}

    return serve.get_concrete_function()


def _fill_in(graph: GraphProto, weights: Mapping[str, NDArray[Any]]) -> None:
    """Make initializers of all inputs but the image, in place."""
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    values = {**known, **weights}
    touched = set(weights)
    for node in list(graph.node):
        if touched.intersection(node.input) and all(name in values for name in node.input if name):
            values.update(zip(node.output, _computed(node, values), strict=True))
            touched.update(node.output)
            graph.node.remove(node)
    read = {name for node in graph.node for name in node.input}
    graph.initializer.extend(numpy_helper.from_array(values[name], name) for name in sorted(touched & read))
    image = graph.input[0]
    del graph.input[:]
    graph.input.append(image)


def _computed(node: NodeProto, values: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
    from onnx.reference import ReferenceEvaluator

    found = ReferenceEvaluator(node).run(None, {name: values[name] for name in node.input if name})
    return [np.ascontiguousarray(value) for value in found]
