"""TFLite: batch 1, built-in operators only, `image` float32 NHWC in, `probabilities` float32 out.

A fixed batch of 1 is what LiteRT.js and microcontrollers want. int8 is integers throughout, calibrated on training
photos, with float32 only at its two ends: clients refuse int8 at the ends, and nobody can forget to quantize.
int8-dynamic has int8 weights and quantizes activations as they come.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from gemelo.errors import ExportError, UnknownNameError
from gemelo.store.files import atomic_write
from gemelo.store.quantization import DATA

from .. import memory, quantization, tflite_metadata
from ..frameworks import tf
from ..quantization import bias, tflite
from ..quiet import converting
from ..source import ExportSource

VARIANTS = ("fp32", "fp16", "int8", "int8-dynamic")
USUAL = ("fp32", "int8")
_COPIES = 17  # of the weights, that the converter holds at once: measured with ResNet50

BESIDE = {"int8": (DATA,)}
notes = quantization.sentence


def write(source: ExportSource, variant: str, folder: Path) -> str:
    """Write `VARIANT.tflite`, and for int8 the table of what it was chosen from.

    Raises:
        ExportError: The converter failed, or would need operators that are not built in.
        StorageError: The disk is full.
    """
    if variant not in VARIANTS:
        raise UnknownNameError("variant of tflite", variant, VARIANTS)
    memory.need(_COPIES, source.weight_bytes, f"tflite/{variant}")
    with converting(f"tflite/{variant}"):
        content, table = _converted(source, variant)
        data = tflite_metadata.populate(content, source.preprocessing, source.metadata)
    _check_operators(data, variant)
    atomic_write(folder / f"{variant}.tflite", data)
    if table is not None:
        table.save(folder)
    return f"{variant}.tflite"


def operators(data: bytes) -> Counter[str]:
    """How often each operator stands in a TFLite file; custom ones, TensorFlow's included, begin with `CUSTOM `."""
    from ai_edge_litert import schema_py_generated as schema

    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    codes = [
        f"CUSTOM {(code.customCode or b'').decode()}" if code.customCode else names[_builtin(code)]
        for code in model.operatorCodes
    ]
    return Counter(codes[operator.opcodeIndex] for graph in model.subgraphs for operator in graph.operators)


def _builtin(code: Any) -> int:
    # Files for old readers keep codes below 127 in the older field.
    return int(max(code.builtinCode, code.deprecatedBuiltinCode))


def _converter(source: ExportSource) -> Any:
    """A converter of the model at batch 1.

    The variables are constants already: the converter leaves Keras's as they are, and the file answers NaN without a
    word. A SavedModel, the other way, takes three times as long.
    """
    converter = tf.lite.TFLiteConverter.from_concrete_functions([source.frozen_function(1)])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.allow_custom_ops = False
    return converter


def _converted(source: ExportSource, variant: str) -> tuple[bytes, quantization.Table | None]:
    if variant == "int8":
        return tflite.quantize(source, _converter)
    converter = _converter(bias.corrected(source, bias.dynamic) if variant == "int8-dynamic" else source)
    if variant != "fp32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if variant == "fp16":
        converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert()), None


def _check_operators(data: bytes, variant: str) -> None:
    foreign = [name for name in operators(data) if name.startswith("CUSTOM ")]
    if foreign:
        raise ExportError(
            f"tflite/{variant} would need operators that are not built into TFLite: {', '.join(foreign)}",
            hint="use layers that TFLite knows: https://ai.google.dev/edge/litert/conversion/tensorflow/ops_compatibility",
        )
