"""Kernels of a TF.js graph in 8 bits, with a scale for each output channel.

TF.js itself stores a tensor in 8 bits by one scale for all of it: too coarse where channels differ by powers of ten, as
those of depthwise convolutions do once batch norm is folded into them. So the levels are stored by a scale of 1, and
the graph multiplies them by the channels' scales: any TF.js reads that. Gemelo's own page does it once, when it loads
the model (`web_demo/src/runtimes/tfjs.ts`); others do it at each answer, which takes a quarter longer on wasm.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np

from gemelo import eight_bits

from .frameworks import tf

# Operators that read a kernel, and which of its axes are output channels.
_CHANNELS = {
    "Conv2D": (3,),
    "_FusedConv2D": (3,),
    "Conv2DBackpropInput": (2,),
    "DepthwiseConv2dNative": (2, 3),
    "FusedDepthwiseConv2dNative": (2, 3),
    "MatMul": (1,),
    "_FusedMatMul": (1,),
}
# Levels are stored as uint8: -127 to 127 from 1 to 255.
_MIDDLE = 128
_AFFINE = {"min": -float(_MIDDLE), "scale": 1.0, "original_dtype": "float32"}

Weight = dict[str, Any]


def spread_kernels(graph: Any) -> dict[str, str]:
    """Write each kernel as levels times scales, in place.

    Args:
        graph: A GraphDef without variables.

    Returns:
        The names of the levels, which are float32 in the graph (see `stored`), and those of their scales.
    """
    constants = {node.name: node for node in graph.node if node.op == "Const"}
    spread = {}
    for name, channels in dict(_kernels(graph, constants)).items():
        node = constants[name]
        kernel = tf.make_ndarray(node.attr["value"].tensor)
        levels, scale = eight_bits.split(kernel, channels)
        scale = scale.reshape(scale.shape[min(channels) :])  # what is left of it is broadcast
        node.name = f"{name}/levels"
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(levels.astype(np.float32)))
        _constant(graph, f"{name}/scale", scale)
        product = graph.node.add(name=name, op="Mul", input=[f"{name}/levels", f"{name}/scale"])
        product.attr["T"].type = tf.float32.as_datatype_enum
        spread[f"{name}/levels"] = f"{name}/scale"
    return spread


def stored(weights: list[Weight], levels: Collection[str]) -> list[Weight]:
    """The converter's weights, levels among them as uint8 with the way back: `value - 128`."""
    return [_as_uint8(weight) if weight["name"] in levels else weight for weight in weights]


def _as_uint8(weight: Weight) -> Weight:
    return {**weight, "data": (weight["data"] + _MIDDLE).astype(np.uint8), "quantization": dict(_AFFINE)}


def _kernels(graph: Any, constants: Mapping[str, Any]) -> Iterator[tuple[str, tuple[int, ...]]]:
    for node in graph.node:
        turned = "transpose_b" in node.attr and node.attr["transpose_b"].b  # only to look: asking makes it an attribute
        if node.op in _CHANNELS and node.input[1] in constants and not turned:
            yield node.input[1], _CHANNELS[node.op]


def _constant(graph: Any, name: str, value: eight_bits.Kernel) -> None:
    node = graph.node.add(name=name, op="Const")
    node.attr["dtype"].type = tf.float32.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
