"""External data of ONNX files, found without the package onnx: a walk over the file's protobuf fields.

onnxruntime reads weights from any file that a tensor names, beside the model or below it. No hash of a bundle covers
such a file, so a model that names one is refused.
"""

from gemelo.errors import Message, RuntimeFailure, SchemaError
from gemelo.store.protobuf import wire_fields

# {message: {field number: message}}, of onnx/onnx.proto in the repository onnx/onnx.
_MESSAGES: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_DEEPEST_GRAPH = 64


def refuse_external(data: bytes, name: object) -> None:
    """Refuse a model that takes values from another file.

    Args:
        data: The bytes of an ONNX file.
        name: What to call it in a message.

    Raises:
        SchemaError: It does.
        RuntimeFailure: It is no ONNX file.
    """
    try:
        external = has_external_data(data)
    except ValueError as exc:
        raise RuntimeFailure(f"{name}: this is no ONNX model: {exc}") from exc
    if external:
        raise SchemaError(
            Message("bundle.external", name),
            hint="save it as one file: onnx.save(model, path), without external data",
        )


def has_external_data(data: bytes) -> bool:
    """Whether a tensor anywhere in a model takes its values from another file.

    Raises:
        ValueError: It is no protobuf.
    """
    return _names_file(memoryview(data), "model", 0)


def _names_file(data: memoryview, kind: str, depth: int) -> bool:
    if depth > _DEEPEST_GRAPH:
        raise ValueError("graphs are nested too deeply")
    below = _MESSAGES[kind]
    for number, value in wire_fields(data):
        if kind == "tensor" and (number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0)):
            return True
        if number in below and isinstance(value, memoryview) and _names_file(value, below[number], depth + 1):
            return True
    return False
