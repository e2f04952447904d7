"""ONNX: opset 17 (int8: 21), the batch left open, `image` NHWC in, `probabilities` out.

fp16 keeps the weights in float16 and casts them to float32 where they are used. A graph that also computes in
float16 would be no smaller, and no processor that lacks float16 arithmetic would run it as it stands:
onnxruntime wraps every operator in casts there. Casts of constants are folded when a model is loaded, so this
one is as fast as fp32 everywhere, and its answers depend on no processor's float16.

int8 is static QDQ of Conv, Gemm and MatMul with activations *and weights* in uint8, per channel. Signed weights
(u8s8) saturate in the 16-bit sums of x86 processors without VNNI; the way out with 7-bit signed weights
(`reduce_range`) flipped more answers (lecture's network: 0.55 % against 0.15 %). The last Gemm or MatMul
leaves its result in float32, so that the probabilities are not in steps of a quantised logit.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto

from exporters import onnx_graph
from exporters.inference import INPUT
from exporters.quiet import converting
from exporters.source import ExportSource
from gemelo.errors import UnknownNameError
from gemelo.files import atomic_write

VARIANTS = ("fp32", "fp16", "int8")

OPSET = 17
OPSET_INT8 = 21
_CALIBRATION_BATCH = 32
_QUANTISED = ["Conv", "Gemm", "MatMul"]
# Not computed in int8: an activation that the range of the int8 before it already is, is taken out.
_ABSORBED = ["Relu", "Clip"]


def write(source: ExportSource, variant: str, folder: Path) -> str:
    """Write `VARIANT.onnx`.

    Raises:
        ExportError: A converter failed.
        StorageError: The disk is full.
    """
    if variant not in _MAKE:
        raise UnknownNameError("variant of onnx", variant, VARIANTS)
    with converting(f"onnx/{variant}"):
        model = onnx_graph.finish(_MAKE[variant](source), source.metadata)
        data = onnx_graph.to_bytes(model)
    atomic_write(folder / f"{variant}.onnx", data)
    return f"{variant}.onnx"


def _fp32(source: ExportSource) -> ModelProto:
    import tf2onnx

    function = source.concrete_function()
    model, _ = tf2onnx.convert.from_function(
        _Traced(function), input_signature=function.structured_input_signature[0], opset=OPSET
    )
    onnx_graph.simplify(model)
    return model


class _Traced:
    """A concrete function where tf2onnx wants one that is still to be traced."""

    def __init__(self, function: Any) -> None:
        self._function = function

    def get_concrete_function(self, *signature: Any) -> Any:
        return self._function


def _fp16(source: ExportSource) -> ModelProto:
    model = _fp32(source)
    onnx_graph.half_weights(model)
    return model


def _int8(source: ExportSource) -> ModelProto:
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    model = onnx.version_converter.convert_version(_fp32(source), OPSET_INT8)
    with tempfile.TemporaryDirectory(prefix="gemelo.") as name:
        plain, prepared, quantised = (str(Path(name, step)) for step in ("plain.onnx", "prepared.onnx", "int8.onnx"))
        onnx.save(model, plain)
        quant_pre_process(plain, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            quantised,
            _Calibration(source),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=[*_QUANTISED, *_ABSORBED],
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QUInt8,
            per_channel=True,
            extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm", "MatMul"]},
        )
        return onnx.load(quantised)


class _Calibration:
    """The calibration images in batches, in their order, as onnxruntime's quantiser reads them."""

    def __init__(self, source: ExportSource) -> None:
        images = source.calibration
        self._batches: Iterator[dict[str, Any]] = (
            {INPUT: images[start : start + _CALIBRATION_BATCH].astype(np.float32)}
            for start in range(0, len(images), _CALIBRATION_BATCH)
        )

    def get_next(self) -> dict[str, Any] | None:
        return next(self._batches, None)


_MAKE: dict[str, Callable[[ExportSource], ModelProto]] = {"fp32": _fp32, "fp16": _fp16, "int8": _int8}
