"""ONNX graphs made fit to be read: no converter's leftovers, speaking names, the same bytes every time."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, numpy_helper

import gemelo
from gemelo import eight_bits

from .inference import INPUT, OUTPUT

BATCH = "batch"
# The oldest IR that may hold an opset, for the oldest readers.
_IR_VERSIONS = {17: 8, 21: 10}
_ROLES: dict[str, tuple[str, ...]] = {
    "Conv": ("x", "weight", "bias"),
    "ConvTranspose": ("x", "weight", "bias"),
    "Gemm": ("x", "weight", "bias"),
    "MatMul": ("x", "weight"),
    "Add": ("x", "bias"),
    "Mul": ("x", "factor"),
    "Cast": ("stored",),
    "Reshape": ("x", "shape"),
    "QuantizeLinear": ("x", "scale", "zero_point"),
    "DequantizeLinear": ("x", "scale", "zero_point"),
}
_WEIGHED = ("Conv", "ConvTranspose", "Gemm", "MatMul")
_NHWC_FROM_NCHW = [0, 2, 3, 1]


def simplify(model: ModelProto) -> None:
    """Drop what computes nothing, in place: additions of 0, and the transpose before a flatten."""
    _drop_zero_additions(model.graph)
    _drop_flatten_transposes(model)
    _drop_unused_initializers(model.graph)


def finish(model: ModelProto, metadata: Mapping[str, Any], outputs: Sequence[str] = (OUTPUT,)) -> ModelProto:
    """Rebuild a model with tidy names, a batch that is called `batch`, and our metadata; checked by onnx.

    Args:
        model: One input, and as many outputs as there are names for.
        metadata: JSON that goes into `metadata_props` as `gemelo`; its labels also on their own, as `labels`.
        outputs: What to call its outputs, in their order.

    Returns:
        A new model, its bytes a function of the graph alone.
    """
    opset = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    graph = _renamed(model.graph, outputs)
    _float_sums(graph)
    _keep_padding(graph)
    _name_batch(graph)
    tidy = onnx.helper.make_model(
        graph,
        opset_imports=[onnx.helper.make_opsetid("", opset)],
        ir_version=_IR_VERSIONS[opset],
        producer_name="gemelo",
        producer_version=gemelo.__version__,
    )
    onnx.helper.set_model_props(
        tidy,
        {
            "gemelo": json.dumps(metadata, ensure_ascii=False),
            "labels": json.dumps(metadata["labels"], ensure_ascii=False),
        },
    )
    onnx.checker.check_model(tidy, full_check=True)
    return tidy


def to_bytes(model: ModelProto) -> bytes:
    """The model's bytes, the same for the same model."""
    return bytes(model.SerializeToString(deterministic=True))


def half_weights(model: ModelProto) -> None:
    """Store the weights of convolutions and matrix products as float16, each followed by a Cast, in place."""
    graph = model.graph
    weights = {node.input[1] for node in graph.node if node.op_type in _WEIGHED}
    casts = []
    for tensor in graph.initializer:
        if tensor.name in weights and tensor.data_type == onnx.TensorProto.FLOAT:
            half = _to_half(numpy_helper.to_array(tensor))
            tensor.CopyFrom(numpy_helper.from_array(half, f"{tensor.name}.half"))
            wide = tensor.name.removesuffix(".half")
            casts.append(onnx.helper.make_node("Cast", [tensor.name], [wide], to=onnx.TensorProto.FLOAT))
    _replace(graph.node, [*casts, *graph.node])


def eight_bit_weights(model: ModelProto) -> None:
    """Store weights that lie on a grid of 8 bits a channel as int8, followed by a Cast and a Mul, in place.

    The others stay as they are. What is computed of constants alone is folded when a model is loaded, so this one is as
    fast as it was; a DequantizeLinear would be kept, for fear that a quantized operator is meant.
    """
    graph = model.graph
    weights = {node.input[1] for node in graph.node if node.op_type in _WEIGHED}
    nodes, tensors = [], []
    for tensor in graph.initializer:
        floats = tensor.name in weights and tensor.data_type == onnx.TensorProto.FLOAT
        split = eight_bits.split_exactly(numpy_helper.to_array(tensor)) if floats else None
        if split is None:
            tensors.append(tensor)
            continue
        levels, wide, scale = (f"{tensor.name}.{part}" for part in ("levels", "wide", "scale"))
        tensors += [numpy_helper.from_array(split[0], levels), numpy_helper.from_array(split[1], scale)]
        nodes.append(onnx.helper.make_node("Cast", [levels], [wide], to=onnx.TensorProto.FLOAT))
        nodes.append(onnx.helper.make_node("Mul", [wide, scale], [tensor.name]))
    _replace(graph.initializer, tensors)
    _replace(graph.node, [*nodes, *graph.node])


def _replace(field: Any, values: Sequence[Any]) -> None:
    values = list(values)
    del field[:]
    field.extend(values)


def _to_half(weight: NDArray[Any]) -> NDArray[np.float16]:
    with np.errstate(over="ignore"):
        half = weight.astype(np.float16)
    if not np.isfinite(half).all():
        raise ValueError(f"a weight of {np.abs(weight).max():.3g} is beyond float16 (65504)")
    return half


def _drop_zero_additions(graph: GraphProto) -> None:
    zeros = {t.name for t in graph.initializer if not numpy_helper.to_array(t).any() and not t.dims}
    for node in [node for node in graph.node if node.op_type == "Add"]:
        kept = [name for name in node.input if name not in zeros]
        if len(kept) == 1 and node.output[0] != graph.output[0].name:
            _bypass(graph, node, kept[0])


def _drop_flatten_transposes(model: ModelProto) -> None:
    """Transpose to NHWC, Reshape to (batch, n), MatMul: the transpose goes into the rows of the weight."""
    graph = model.graph
    shapes = {info.name: info for info in onnx.shape_inference.infer_shapes(model).graph.value_info}
    producer = {node.output[0]: node for node in graph.node}
    readers = Counter(name for node in graph.node for name in node.input)
    weights = {tensor.name: tensor for tensor in graph.initializer}
    for product in [node for node in graph.node if node.op_type == "MatMul" and node.input[1] in weights]:
        flatten = producer.get(product.input[0])
        transpose = producer.get(flatten.input[0]) if flatten is not None and flatten.op_type == "Reshape" else None
        if flatten is None or transpose is None or not _is_to_nhwc(transpose):
            continue
        weight = weights[product.input[1]]
        if any(readers[name] != 1 for name in (*flatten.output, *transpose.output, weight.name)):
            continue
        channels, height, width = (d.dim_value for d in shapes[transpose.input[0]].type.tensor_type.shape.dim[1:])
        rows = numpy_helper.to_array(weight)
        if rows.shape[0] == channels * height * width:
            nchw = rows.reshape(height, width, channels, -1).transpose(2, 0, 1, 3).reshape(rows.shape)
            weight.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(nchw), weight.name))
            _bypass(graph, transpose, transpose.input[0])


def _float_sums(graph: GraphProto) -> None:
    """Write the sum of two dequantized tensors as Sum, for the same answer on every processor.

    Of Dequantize, Add and Quantize onnxruntime makes one QLinearAdd, which is computed in float32 on x86 and in
    integers on arm64: one sum in 140,000 lies so close to a half that they round it to different steps. A Sum is
    left as it stands, float32 has one right answer for it, and it costs some 3 % of the time.
    """
    dequantized = {node.output[0] for node in graph.node if node.op_type == "DequantizeLinear"}
    for node in graph.node:
        if node.op_type == "Add" and dequantized.issuperset(node.input):
            node.op_type = "Sum"


def _keep_padding(graph: GraphProto) -> None:
    """A Sum of one between a Pad and a MaxPool, so that the zeros that are padded count in the maximum.

    onnxruntime-web 1.30 makes one pooling of the two, whose own padding counts as less than any number: where all other
    values of a window are below zero, the answer is another one. After a Relu there are none.
    """
    made = {node.output[0]: node for node in graph.node}
    for node in [node for node in graph.node if node.op_type == "MaxPool"]:
        pad = made.get(node.input[0])
        before = made.get(pad.input[0]) if pad is not None and pad.op_type == "Pad" else None
        if pad is None or pad.op_type != "Pad" or (before is not None and before.op_type == "Relu"):
            continue
        kept = f"{pad.output[0]}.kept"
        place = list(graph.node).index(node)
        graph.node.insert(place, onnx.helper.make_node("Sum", [pad.output[0]], [kept], name=kept))
        node.input[0] = kept


def _is_to_nhwc(node: NodeProto) -> bool:
    return node.op_type == "Transpose" and list(node.attribute[0].ints) == _NHWC_FROM_NCHW


def _bypass(graph: GraphProto, node: NodeProto, name: str) -> None:
    for reader in graph.node:
        for index, used in enumerate(reader.input):
            if used == node.output[0]:
                reader.input[index] = name
    graph.node.remove(node)


def _drop_unused_initializers(graph: GraphProto) -> None:
    used = {name for node in graph.node for name in node.input}
    _replace(graph.initializer, [tensor for tensor in graph.initializer if tensor.name in used])


def _renamed(graph: GraphProto, outputs: Sequence[str]) -> GraphProto:
    """The graph with `conv_1`, `conv_1.weight`, ...: converters number by a counter that never starts again."""
    initializers = {tensor.name: tensor for tensor in graph.initializer}
    _replace(graph.node, _by_reader(graph))
    ends = {end.name: name for end, name in zip(graph.output, outputs, strict=True)}
    node_names, names = _names(graph, initializers, ends)
    nodes, tensors = [], {}
    for node in graph.node:
        name = node_names[node.output[0]]
        for index, used in enumerate(node.input):
            if used in initializers and used not in tensors:
                names[used] = f"{name}.{_role(node.op_type, index)}"
                tensors[used] = _named(initializers[used], names[used])
        nodes.append(_node(node, name, names.__getitem__))
    made = [_named(end, ends[end.name]) for end in graph.output]
    return onnx.helper.make_graph(nodes, "gemelo", [_named(graph.input[0], INPUT)], made, list(tensors.values()))


def _names(
    graph: GraphProto, initializers: Mapping[str, Any], ends: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """New names of nodes, by the first of what they make, and of all that they make.

    What is made of constants alone is named by who reads it: `conv_1.weight`. Outputs have names of their own.
    """
    counts: Counter[str] = Counter()
    names = {graph.input[0].name: INPUT}
    constants = _constants(graph, initializers)
    for node in graph.node:
        if node not in constants:
            name = _numbered(node.op_type.lower(), counts, ends.values())
            names.update((made, name if index == 0 else f"{name}.{index}") for index, made in enumerate(node.output))
    made = {constant.output[0] for constant in constants}
    for node in reversed(graph.node):  # who reads has its name before what it reads
        for index, used in enumerate(node.input):
            if used in made:
                names.setdefault(used, f"{names[node.output[0]]}.{_role(node.op_type, index)}")
    return names, {**names, **ends}


def _constants(graph: GraphProto, initializers: Mapping[str, Any]) -> list[NodeProto]:
    """The nodes that compute with constants alone."""
    known, found = set(initializers), []
    for node in graph.node:
        if known.issuperset(node.input):
            known.add(node.output[0])
            found.append(node)
    return found


def _by_reader(graph: GraphProto) -> list[NodeProto]:
    """The nodes, each just before the first that reads it: converters order them by names that count on and on."""
    made = {output: node for node in graph.node for output in node.output}
    ordered: list[NodeProto] = []
    done: set[str] = set()
    for wanted in graph.output:
        waiting = [(wanted.name, False)]
        while waiting:
            name, ready = waiting.pop()
            if name not in made or name in done:
                continue
            node = made[name]
            if ready:
                ordered.append(node)
                done.update(node.output)
                continue
            waiting.append((name, True))
            waiting.extend((used, False) for used in reversed(node.input))
    return ordered


def _numbered(kind: str, counts: Counter[str], taken: Collection[str]) -> str:
    """`conv_1`, `conv_2`, ...: the next one that no output is called."""
    counts[kind] += 1
    name = f"{kind}_{counts[kind]}"
    return name if name not in taken else _numbered(kind, counts, taken)


def _role(op_type: str, index: int) -> str:
    roles = _ROLES.get(op_type, ())
    return roles[index] if index < len(roles) else f"input_{index}"


def _node(node: NodeProto, name: str, rename: Callable[[str], str]) -> NodeProto:
    copy = NodeProto()
    copy.op_type, copy.domain, copy.name = node.op_type, node.domain, name
    copy.input.extend(rename(used) if used else "" for used in node.input)
    copy.output.extend(rename(made) if made else "" for made in node.output)
    copy.attribute.extend(sorted(node.attribute, key=lambda attribute: str(attribute.name)))
    return copy


def _named(proto: Any, name: str) -> Any:
    copy = type(proto)()
    copy.CopyFrom(proto)
    copy.name = name
    copy.doc_string = ""
    return copy


def _name_batch(graph: GraphProto) -> None:
    for end in (graph.input[0], *graph.output):
        end.type.tensor_type.shape.dim[0].Clear()
        end.type.tensor_type.shape.dim[0].dim_param = BATCH
