"""TF.js: a graph model, `image` NHWC in, `probabilities` out, of operators that its wasm backend has.

The converter is tensorflowjs 4.22.0's own; `_converter` says how it is imported without its dead weight.
fp16 and uint8 are ways to store the weights: the browser computes in float32 whatever they are.
Only weights of two or more axes are stored so: biases and constants are few and cost accuracy. uint8 has a scale for
each output channel, as `exporters.tfjs_graph` tells.
"""

import importlib
import json
import sys
import types
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from gemelo.errors import ExportError, UnknownNameError
from gemelo.store.files import atomic_write

from .. import memory, tfjs_fused, tfjs_graph
from ..frameworks import tf
from ..inference import INPUT, OUTPUT
from ..quantization import bias
from ..quiet import converting
from ..source import ExportSource

VARIANTS = ("fp32", "fp16", "uint8")
USUAL = ("fp32", "uint8")
_COPIES = 14  # of the weights, that the converter holds at once: measured with ResNet50
# It cannot be a dependency: it asks for packages that do not resolve with TensorFlow 2.21, and uses none of them.
PACKAGES = {"tensorflowjs": "pip install --no-deps tensorflowjs==4.22.0"}

ENTRY = "model.json"
_STORED_AS = {"fp32": None, "fp16": "float16", "uint8": "uint8"}
_SHARD_BYTES = 4 << 20  # browsers cache files up to 4 MB
_CONVERTER = "tensorflowjs.converters.tf_saved_model_conversion_v2"
# Imported by tensorflowjs, never used by the path from a graph to a graph model. `jax` itself must not be
# among them: Keras looks inside it where it is there.
_PLACEHOLDERS = ("tensorflow_decision_forests", "tensorflow_hub", "tf_keras", "tensorflowjs.converters.jax_conversion")

# Operators of TensorFlow whose kernels @tensorflow/tfjs-backend-wasm 4.22.0 registers (register_all_kernels.js),
# as far as layers of Keras that classify images make them; and those that the graph executor answers by itself.
_WASM = """
_FusedConv2D _FusedMatMul Abs Add AddN AddV2 ArgMax AvgPool BatchMatMul BatchMatMulV2 BatchToSpaceND BiasAdd Cast
ClipByValue Concat ConcatV2 Const Conv2D Conv2DBackpropInput DepthToSpace DepthwiseConv2d DepthwiseConv2dNative Elu
Equal Erf Exp ExpandDims Fill Floor FloorDiv FusedBatchNormV3 FusedDepthwiseConv2dNative GatherV2 Greater GreaterEqual
Identity LeakyRelu Less LessEqual Log Log1p LRN MatMul Max Maximum MaxPool Mean Min Minimum MirrorPad Mul Neg NoOp
OnesLike Pack Pad PadV2 Placeholder Pow Prelu Prod Range RealDiv Reciprocal Relu Relu6 Reshape ResizeBilinear
ResizeNearestNeighbor Rsqrt Select SelectV2 Selu Shape Sigmoid Slice Softmax Softplus SpaceToBatchND Split SplitV Sqrt
Square SquaredDifference Squeeze StridedSlice Sub Sum Tanh Tile Transpose Unpack ZerosLike
"""
WASM_OPERATORS = frozenset(_WASM.split())
_LOOPS = {"While", "StatelessWhile", "NextIteration"}


def write(source: ExportSource, variant: str, folder: Path) -> str:
    """Write `VARIANT/model.json` and the files of weights beside it.

    Raises:
        ExportError: The converter failed, or TF.js's wasm backend lacks an operator.
        StorageError: The disk is full.
    """
    if variant not in _STORED_AS:
        raise UnknownNameError("variant of tfjs", variant, VARIANTS)
    target = folder / variant
    memory.need(_COPIES, source.weight_bytes, f"tfjs/{variant}")
    with converting(f"tfjs/{variant}"):
        target.mkdir(parents=True, exist_ok=True)
        converter = _converter()
        if variant == "uint8":
            source = bias.corrected(source, bias.symmetric)
        graph, signature = _optimized(converter, source)
        save(graph, signature, source.metadata, target, stored_as=_STORED_AS[variant])
    return f"{variant}/{ENTRY}"


def save(
    graph: Any, signature: Any, metadata: Mapping[str, Any], folder: Path, *, stored_as: str | None = None
) -> None:
    """Write a graph without variables as a graph model: `model.json` and the files of weights beside it.

    Args:
        graph: A GraphDef; it is tidied in place.
        signature: A SignatureDef, its one input and its outputs.
        metadata: JSON that goes into `userDefinedMetadata`.
        folder: An empty folder.
        stored_as: `float16` or `uint8` for weights of two or more axes; None leaves them float32.

    Raises:
        ExportError: TF.js's wasm backend lacks an operator.
    """
    converter = _converter()
    tfjs_fused.unfuse(graph)
    spread = tfjs_graph.spread_kernels(graph) if stored_as == "uint8" else {}
    _tidy(graph, signature)
    _check_operators(graph, folder.name)
    [weights] = converter.extract_weights(graph)
    manifest = converter.write_weights.write_weights(
        [tfjs_graph.stored(weights, spread)],
        str(folder),
        write_manifest=False,
        quantization_dtype_map=_quantization(weights, stored_as, spread.values()),
        shard_size_bytes=_SHARD_BYTES,
    )
    atomic_write(folder / ENTRY, _model_json(converter, graph, signature, manifest, metadata).encode())


def operators(model_json: Mapping[str, Any]) -> Counter[str]:
    """How often each operator stands in a parsed model.json."""
    return Counter(node["op"] for node in model_json["modelTopology"]["node"])


def _converter() -> Any:
    """The converter's module, imported with inert modules in the place of what it asks for and never uses.

    tensorflowjs 4.22.0 imports decision forests, TF hub, Keras 2 and jax at once, some 2 GB, and fails with them.
    """
    if _CONVERTER not in sys.modules:
        with _placeholders():
            importlib.import_module(_CONVERTER)
    return sys.modules[_CONVERTER]


@contextmanager
def _placeholders() -> Iterator[None]:
    absent = [name for name in _PLACEHOLDERS if name not in sys.modules]
    for name in absent:
        sys.modules[name] = types.ModuleType(name)
    # The one name that is taken from a placeholder at import.
    jax_conversion: Any = sys.modules["tensorflowjs.converters.jax_conversion"]
    jax_conversion.convert_jax = None
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)


def _optimized(converter: Any, source: ExportSource) -> tuple[Any, Any]:
    """The frozen graph after the converter's rewriting, its nodes in an order of their own, and its signature."""
    frozen = source.frozen_function(lower_control_flow=True)
    if {operation.type for operation in frozen.graph.get_operations()} & _LOOPS:
        raise ExportError(
            "tfjs: the network has a loop, as recurrent layers do, which TF.js's converter never finishes",
            hint="use layers without a loop; `tfjs` can be left out with --formats",
        )
    signature = tf.compat.v1.MetaGraphDef().signature_def["serve"]
    for side, name, tensor in (("inputs", INPUT, frozen.inputs[0]), ("outputs", OUTPUT, frozen.outputs[0])):
        info = getattr(signature, side)[name]
        info.name, info.dtype = tensor.name, tensor.dtype.as_datatype_enum
        info.tensor_shape.CopyFrom(tensor.shape.as_proto())
    return converter.optimize_graph(frozen.graph, signature), signature


def _tidy(graph: Any, signature: Any) -> None:
    """Constants by name, then operators in the order of the data; no library, no devices, no shapes on the nodes."""
    graph.library.Clear()
    by_name = {node.name: node for node in graph.node}
    order: dict[str, None] = {}
    for node in sorted(graph.node, key=lambda node: str(node.name)):
        if node.op in ("Placeholder", "Const"):
            order[node.name] = None
    for output in sorted(signature.outputs):
        _visit(by_name, signature.outputs[output].name.split(":")[0], order)
    nodes = [by_name[name] for name in order]
    for node in nodes:
        node.device = ""
        for private in [key for key in node.attr if key.startswith("_")]:
            del node.attr[private]
    kept = [type(node).FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(kept)


def _visit(by_name: Mapping[str, Any], name: str, order: dict[str, None]) -> None:
    """Depth first, inputs before what reads them; with a stack, for deep networks."""
    stack = [(name, False)]
    while stack:
        name, done = stack.pop()
        if done:
            order[name] = None
        elif name not in order:
            stack.append((name, True))
            inputs = [used.lstrip("^").split(":")[0] for used in by_name[name].input]
            stack.extend((used, False) for used in reversed(inputs))


def _check_operators(graph: Any, variant: str) -> None:
    missing = sorted({node.op for node in graph.node} - WASM_OPERATORS)
    if missing:
        raise ExportError(
            f"tfjs/{variant}: TF.js's wasm backend has no operator {', '.join(missing)}",
            hint="use layers made of common operators; `tfjs` can be left out with --formats",
        )


def _quantization(
    weights: list[dict[str, Any]], stored_as: str | None, scales: Collection[str]
) -> dict[str, list[str]] | None:
    floats = [w for w in weights if w["data"].ndim > 1 and np.issubdtype(w["data"].dtype, np.floating)]
    large = [w["name"] for w in floats if w["name"] not in scales]
    return {stored_as: large} if stored_as is not None and large else None


def _model_json(converter: Any, graph: Any, signature: Any, manifest: list[Any], metadata: Mapping[str, Any]) -> str:
    topology = converter.MessageToDict(graph)
    topology.pop("library", None)
    for node in topology["node"]:
        node["attr"] = dict(sorted(node.get("attr", {}).items()))
    ends = converter.MessageToDict(signature)
    ends["outputs"] = dict(sorted(ends["outputs"].items()))
    model = {
        "format": "graph-model",
        "generatedBy": tf.__version__,
        "convertedBy": converter.common.get_converted_by(),
        "signature": ends,
        "userDefinedMetadata": metadata,
        "modelTopology": topology,
        "weightsManifest": manifest,
    }
    return json.dumps(model, ensure_ascii=False, separators=(",", ":")) + "\n"
