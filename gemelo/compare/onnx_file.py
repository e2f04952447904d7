"""The graph of an ONNX file, read without the package onnx: its nodes, the types of its weights, its metadata."""

from collections.abc import Iterator
from dataclasses import dataclass

from gemelo.store.protobuf import message, wire_fields

# Field numbers of onnx/onnx.proto in the repository onnx/onnx.
_GRAPH, _METADATA = 7, 14
_NODE, _INITIALIZER, _OUTPUT = 1, 5, 12
# Of TensorProto.DataType.
FLOAT, UINT8, INT8, FLOAT16 = 1, 2, 3, 10
_QUANTIZED = ("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "ConvInteger", "MatMulInteger")


@dataclass(frozen=True)
class Node:
    """An operation."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class OnnxFile:
    """The graph.

    Attributes:
        nodes: In the order of the data, as the format demands.
        weights: {name: data type} of the initializers.
        metadata: Of the model.
    """

    nodes: tuple[Node, ...]
    weights: dict[str, int]
    metadata: dict[str, str]

    @classmethod
    def read(cls, data: bytes) -> "OnnxFile":
        """Read a file.

        Raises:
            ValueError: It is no ONNX file.
        """
        nodes: list[Node] = []
        weights: dict[str, int] = {}
        metadata: dict[str, str] = {}
        for number, value in _messages(memoryview(data)):
            if number == _GRAPH:
                for inner, part in _messages(value):
                    if inner == _NODE:
                        nodes.append(_node(part))
                    elif inner == _INITIALIZER:
                        name, kind = _weight(part)
                        weights[name] = kind
            elif number == _METADATA:
                texts = {key: _text(text) for key, text in _messages(value)}
                metadata[texts.get(1, "")] = texts.get(2, "")
        if not nodes:
            raise ValueError("it has no nodes")
        return cls(tuple(nodes), weights, metadata)

    @property
    def is_quantized(self) -> bool:
        """Whether it computes in 8 bits, or holds weights that are expanded from them."""
        return any(node.kind in _QUANTIZED or node.kind.startswith("QLinear") for node in self.nodes)

    @property
    def is_half(self) -> bool:
        """Whether most of its weights are in 16 bits."""
        kinds = [kind for kind in self.weights.values() if kind in (FLOAT, FLOAT16)]
        return kinds.count(FLOAT16) > len(kinds) / 2

    @property
    def eight_bit(self) -> int:
        """How many weights are held in 8 bits."""
        return sum(kind in (INT8, UINT8) for kind in self.weights.values())


def with_outputs(data: bytes, names: list[str]) -> bytes:
    """A model with more outputs: protobuf joins a second graph to the first."""
    return data + message(_GRAPH, b"".join(message(_OUTPUT, message(1, name.encode())) for name in names))


def _node(data: memoryview) -> Node:
    inputs, outputs, texts = list[str](), list[str](), dict[int, str]()
    for number, value in _messages(data):
        if number == 1:
            inputs.append(_text(value))
        elif number == 2:
            outputs.append(_text(value))
        elif number in (3, 4):
            texts[number] = _text(value)
    return Node(texts.get(3, ""), texts.get(4, ""), tuple(inputs), tuple(outputs))


def _weight(data: memoryview) -> tuple[str, int]:
    name, kind = "", 0
    for number, value in wire_fields(data):
        if number == 2 and isinstance(value, int):
            kind = value
        elif number == 8 and isinstance(value, memoryview):
            name = _text(value)
    return name, kind


def _messages(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    for number, value in wire_fields(data):
        if isinstance(value, memoryview):
            yield number, value


def _text(value: memoryview) -> str:
    return bytes(value).decode("utf-8", "replace")
