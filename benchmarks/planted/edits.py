"""Edits of model files: an ONNX graph, a TFLite flatbuffer, the weights of a TF.js model."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Graph = Any


def onnx_copy(source: Path, target: Path, *edits: Callable[[Graph], None], keep: bool = True) -> Path:
    """A copy with edits of its graph; without gemelo's metadata unless `keep`."""
    model = onnx.load(str(source))
    for edit in edits:
        edit(model.graph)
    if not keep:
        del model.metadata_props[:]
    target.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(target))
    return target


def weight(graph: Graph, name: str) -> np.ndarray[Any, Any]:
    """An initializer."""
    return np.array(numpy_helper.to_array(next(each for each in graph.initializer if each.name == name)))


def set_weight(graph: Graph, name: str, value: Any) -> None:
    """Replace an initializer."""
    next(each for each in graph.initializer if each.name == name).CopyFrom(
        numpy_helper.from_array(np.asarray(value), name)
    )


def node(graph: Graph, name: str) -> Any:
    """A node by its output."""
    return next(each for each in graph.node if name in each.output)


def multiplied(name: str, factor: float) -> Callable[[Graph], None]:
    """An initializer times a factor."""
    return lambda graph: set_weight(graph, name, (weight(graph, name) * factor).astype(weight(graph, name).dtype))


def channels_reversed(name: str, axis: int) -> Callable[[Graph], None]:
    """A kernel that wants BGR."""
    return lambda graph: set_weight(graph, name, np.flip(weight(graph, name), axis).copy())


def exchanged(*pairs: tuple[str, str]) -> Callable[[Graph], None]:
    """Initializers that change places."""

    def edit(graph: Graph) -> None:
        for one, other in pairs:
            first, second = weight(graph, one), weight(graph, other)
            set_weight(graph, one, second)
            set_weight(graph, other, first)

    return edit


def at_end(kind: str, *, constant: Any = None, **attributes: Any) -> Callable[[Graph], None]:
    """One more operation on the output."""

    def edit(graph: Graph) -> None:
        output = graph.output[0].name
        node(graph, output).output[0] = "before_the_end"
        more = []
        if constant is not None:
            graph.initializer.append(numpy_helper.from_array(np.asarray(constant), "at_the_end"))
            more = ["at_the_end"]
        graph.node.append(helper.make_node(kind, ["before_the_end", *more], [output], **attributes))

    return edit


def without_end(graph: Graph) -> None:
    """The last operation, a sigmoid or softmax, is gone: logits."""
    last = graph.node[-1]
    graph.node.remove(last)
    node(graph, last.input[0]).output[0] = last.output[0]


def at_start(kind: str, *, constant: Any = None, **attributes: Any) -> Callable[[Graph], None]:
    """One more operation on the input."""

    def edit(graph: Graph) -> None:
        name = graph.input[0].name
        for each in graph.node:
            each.input[:] = ["after_the_start" if value == name else value for value in each.input]
        more = []
        if constant is not None:
            graph.initializer.append(numpy_helper.from_array(np.asarray(constant), "at_the_start"))
            more = ["at_the_start"]
        graph.node.insert(0, helper.make_node(kind, [name, *more], ["after_the_start"], **attributes))

    return edit


def input_shape(shape: list[Any], kind: int = TensorProto.FLOAT) -> Callable[[Graph], None]:
    """Another declared shape and type of the input."""

    def edit(graph: Graph) -> None:
        name = graph.input[0].name
        graph.input[0].CopyFrom(helper.make_tensor_value_info(name, kind, shape))

    return edit


def attribute(name: str, key: str, value: Any) -> Callable[[Graph], None]:
    """Another attribute of a node."""

    def edit(graph: Graph) -> None:
        found = node(graph, name)
        kept = [each for each in found.attribute if each.name != key]
        del found.attribute[:]
        found.attribute.extend([*kept, helper.make_attribute(key, value)])

    return edit


def halves(graph: Graph) -> None:
    """Weights as float16, widened when the file is loaded."""
    casts = []
    for each in list(graph.initializer):
        value = numpy_helper.to_array(each)
        if value.dtype == np.float32 and value.size > 8:
            each.CopyFrom(numpy_helper.from_array(value.astype(np.float16), f"{each.name}.half"))
            casts.append(helper.make_node("Cast", [each.name], [each.name.removesuffix(".half")], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def expanded(graph: Graph) -> None:
    """Weights of 8 bits, multiplied out into float32: the same numbers in an ordinary file."""
    for each in [item for item in graph.node if item.op_type == "Mul" and item.input[1].endswith(".factor")]:
        stored = f"{each.input[0]}.stored"
        if all(any(item.name == name for item in graph.initializer) for name in (stored, each.input[1])):
            value = weight(graph, stored).astype(np.float32) * weight(graph, each.input[1])
            graph.initializer.append(numpy_helper.from_array(value, each.output[0]))
            graph.node.remove(node(graph, each.input[0]))
            graph.node.remove(each)


def narrower(tensor: str, factor: float) -> Callable[[Graph], None]:
    """A smaller range of a quantized tensor: of its QuantizeLinear, and of what reads it."""

    def edit(graph: Graph) -> None:
        for each in graph.node:
            if each.op_type in ("QuantizeLinear", "DequantizeLinear") and (
                tensor in each.output or tensor in each.input
            ):
                scale = weight(graph, each.input[1])
                name = f"{each.input[1]}.narrower"
                if all(item.name != name for item in graph.initializer):
                    value = (scale * factor).astype(np.float32)
                    graph.initializer.append(numpy_helper.from_array(value, name))
                each.input[1] = name

    return edit


def tflite_copy(source: Path, target: Path, edit: Callable[[Any], None]) -> Path:
    """A copy of a TFLite file; what was appended to it as a zip stays behind it."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(source.read_bytes(), 0)
    edit(model)
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(bytes(builder.Output()))
    return target


def tflite_tensor(model: Any, index: int) -> Any:
    """A tensor of the one graph."""
    return model.subgraphs[0].tensors[index]


def tfjs_copy(source: Path, target: Path, name: str, edit: Callable[[Any], Any]) -> Path:
    """A copy of a TF.js model in which one weight is edited."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    sizes = {"float32": 4, "int32": 4, "uint8": 1, "float16": 2}
    value = json.loads((target / "model.json").read_text(encoding="utf-8"))
    (group,) = value["weightsManifest"]
    data = bytearray(b"".join((target / path).read_bytes() for path in group["paths"]))
    at = 0
    for row in group["weights"]:
        kind = row.get("quantization", {}).get("dtype", row["dtype"])
        size = int(np.prod(row["shape"], dtype=int)) * sizes[kind]
        if row["name"] == name:
            old = np.frombuffer(bytes(data[at : at + size]), kind).reshape(row["shape"])
            data[at : at + size] = np.ascontiguousarray(edit(old), dtype=kind).tobytes()
        at += size
    for i, path in enumerate(group["paths"]):
        (target / path).write_bytes(bytes(data) if i == 0 else b"")
    return target
