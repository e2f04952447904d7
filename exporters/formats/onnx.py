"""ONNX: opset 17 (int8: 21), the batch left open, `image` NHWC in, `probabilities` out.

fp32 keeps weights that a training has left on a grid of 8 bits (`gemelo train --weight-bits 8`) as such: the same
numbers in a quarter of the bytes. All others it keeps in float32.

fp16 keeps the weights in float16 and casts them to float32 where they are used. A graph that also computes in
float16 would be no smaller, and no processor that lacks float16 arithmetic would run it as it stands:
onnxruntime wraps every operator in casts there. Casts of constants are folded when a model is loaded, so this
one is as fast as fp32 everywhere, and its answers depend on no processor's float16.

int8 is static QDQ of Conv, Gemm and MatMul with activations *and weights* in uint8; which layers stay in float32
`exporters.quantization` chooses. What it chose from lies beside the model.
"""

from collections.abc import Callable
from pathlib import Path

import onnx
from onnx import ModelProto

from gemelo.errors import UnknownNameError
from gemelo.store.files import atomic_write
from gemelo.store.quantization import DATA

from .. import memory, onnx_graph, onnx_weights, quantization
from ..quantization import qdq
from ..quiet import converting
from ..source import ExportSource

VARIANTS = ("fp32", "fp16", "int8")
USUAL = ("fp32", "int8")
_COPIES = 7  # of the weights, that the converter holds at once: measured with ResNet50
PACKAGES = {"onnx": "pip install 'gemelo[train]'", "tf2onnx": "pip install 'gemelo[train]'"}

BESIDE = {"int8": (DATA,)}
notes = quantization.sentence

OPSET = 17
OPSET_INT8 = 21


def write(source: ExportSource, variant: str, folder: Path) -> str:
    """Write `VARIANT.onnx`, and for int8 the table of what it was chosen from.

    Raises:
        ExportError: A converter failed.
        StorageError: The disk is full.
    """
    if variant not in VARIANTS:
        raise UnknownNameError("variant of onnx", variant, VARIANTS)
    memory.need(_COPIES, source.weight_bytes, f"onnx/{variant}")
    with converting(f"onnx/{variant}"):
        data, table = _int8(source) if variant == "int8" else (_finished(_MAKE[variant](source), source), None)
        if table is not None:
            table.save(folder)
    atomic_write(folder / f"{variant}.onnx", data)
    return f"{variant}.onnx"


def _graph(source: ExportSource) -> ModelProto:
    model = onnx_weights.convert(source, OPSET)
    onnx_graph.simplify(model)
    return model


def _fp32(source: ExportSource) -> ModelProto:
    model = _graph(source)
    onnx_graph.eight_bit_weights(model)
    return model


def _fp16(source: ExportSource) -> ModelProto:
    model = _graph(source)
    onnx_graph.half_weights(model)
    return model


def _int8(source: ExportSource) -> tuple[bytes, quantization.Table]:
    model = onnx.version_converter.convert_version(_graph(source), OPSET_INT8)

    def finish(candidate: ModelProto) -> bytes:
        return _finished(candidate, source)

    return qdq.quantize(model, source.calibration, finish)


def _finished(model: ModelProto, source: ExportSource) -> bytes:
    return onnx_graph.to_bytes(onnx_graph.finish(model, source.metadata))


_MAKE: dict[str, Callable[[ExportSource], ModelProto]] = {"fp32": _fp32, "fp16": _fp16}
