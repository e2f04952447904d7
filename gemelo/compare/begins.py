"""How a graph begins: whether the first thing it does to pixels is arithmetic with constants, which is scaling."""

from collections.abc import Iterable, Set
from typing import NamedTuple

_PASSES = (
    *(
        "Identity",
        "Cast",
        "Pad",
        "Reshape",
        "Transpose",
        "Squeeze",
        "ExpandDims",
        "Resize",
        "Unsqueeze",
        "Slice",
        "Gather",
    ),
    *(
        "Split",
        "Concat",
        "QUANTIZE",
        "DEQUANTIZE",
        "CAST",
        "RESHAPE",
        "TRANSPOSE",
        "PAD",
        "RESIZE_BILINEAR",
        "GatherV2",
    ),
    *("ResizeBilinear", "PadV2", "StridedSlice", "ReverseV2", "QuantizeLinear", "DequantizeLinear"),
)
_SCALES = ("Mul", "Div", "Sub", "Add", "AddV2", "RealDiv", "BiasAdd", "MUL", "DIV", "SUB", "ADD", "BatchNormalization")


class Step(NamedTuple):
    """An operation: its kind, and the names of what it takes and gives."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def scales(steps: Iterable[Step], start: str, constants: Set[str]) -> bool:
    """Whether the input is scaled by the graph itself.

    Args:
        steps: In the order of the data.
        start: The name of the input.
        constants: The names of the weights.
    """
    images, known = {start}, set(constants)
    for step in steps:
        if known.issuperset(step.inputs):  # computed of constants alone, or one itself
            known.update(step.outputs)
        elif images & set(step.inputs):
            if step.kind in _SCALES and all(name in images or name in known for name in step.inputs):
                return True
            if step.kind in _PASSES:
                images.update(step.outputs)
    return False
