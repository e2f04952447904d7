"""Activations that TensorFlow's optimizer fuses into a kernel and TF.js's wasm backend knows only by themselves.

The optimizer's `remap` pass, which makes fused kernels, takes whatever TensorFlow has: hard-swish (MobileNetV3) and
others. Without the pass nothing would be fused, and every network be slower: so these few are taken apart again.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .frameworks import tf

_KERNELS = ("_FusedConv2D", "FusedDepthwiseConv2dNative", "_FusedMatMul")
# @tensorflow/tfjs-backend-wasm 4.22.0, kernels/types.js: FusableActivation.
_FUSABLE = frozenset({"BiasAdd", "Relu", "Relu6", "Prelu", "LeakyRelu", "Sigmoid", "Elu"})


def unfuse(graph: Any) -> None:
    """Give activations that wasm cannot fuse a node of their own, in place.

    Args:
        graph: A GraphDef.
    """
    for node in list(graph.node):
        if node.op not in _KERNELS or not (fused := node.attr["fused_ops"].list.s):
            continue
        activation = fused[-1].decode()
        if activation in _FUSABLE:
            continue
        output, node.name = node.name, f"{node.name}/kernel"
        del fused[-1]
        _ACTIVATIONS.get(activation, _plain(activation))(graph, node.name, output)


def _plain(operator: str) -> Callable[[Any, str, str], None]:
    """An activation that is one operator; whether wasm has it is checked afterwards, as of all operators."""
    return lambda graph, value, output: _add(graph, output, operator, value)


def _hard_swish(graph: Any, value: str, output: str) -> None:
    """X * relu6(x + 3) / 6 (Howard et al. 2019, "Searching for MobileNetV3")."""
    for name, number in (("three", 3.0), ("sixth", 1 / 6)):
        constant = graph.node.add(name=f"{output}/{name}", op="Const")
        constant.attr["dtype"].type = tf.float32.as_datatype_enum
        constant.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.float32(number)))
    _add(graph, f"{output}/plus", "AddV2", value, f"{output}/three")
    _add(graph, f"{output}/gate", "Relu6", f"{output}/plus")
    _add(graph, f"{output}/share", "Mul", f"{output}/gate", f"{output}/sixth")
    _add(graph, output, "Mul", value, f"{output}/share")


def _add(graph: Any, name: str, op: str, *inputs: str) -> None:
    graph.node.add(name=name, op=op, input=inputs).attr["T"].type = tf.float32.as_datatype_enum


_ACTIVATIONS: dict[str, Callable[[Any, str, str], None]] = {"_FusedHardSwish": _hard_swish}
