"""TFLite in 8 bits: integers throughout, float32 only at the two ends, by TensorFlow's own converter.

The converter's one step is split in two, calibration and rounding, because the list of layers that stay in float32 goes
in between.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..frameworks import tf
from ..source import ExportSource
from . import bias, judge
from .exact_input import exact_input
from .search import Trials, calibrating, check_calibration, judged, search
from .table import Scheme, Table

_LAYERS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")


def quantize(source: ExportSource, converter: Callable[[ExportSource], Any]) -> tuple[bytes, Table]:
    """The network in 8 bits, and the table of what it was chosen from.

    Args:
        source: Its calibration images are what ranges are found on.
        converter: Makes a TFLiteConverter of a source.

    Raises:
        ExportError: There are no training images.
    """
    check_calibration(source.calibration)
    prepared = bias.corrected(exact_input(source), bias.symmetric)
    calibrated = _calibrated(converter(prepared), source.calibration)

    @cache
    def apply(scheme: Scheme) -> bytes:
        from tensorflow.lite.python.convert import mlir_quantize

        return bytes(mlir_quantize(calibrated, denylisted_nodes=list(scheme.kept)))

    images = judged(source.calibration)
    exact = np.asarray(source.model.predict(images.astype(np.float32), batch_size=8, verbose=0))
    trials = Trials(apply, answer, len(calibrated), exact, images)
    table = search(trials, [Scheme(True)], layers(calibrated))
    return apply(table.rows[table.chosen].scheme), table


def answer(model: bytes, images_u8: NDArray[np.uint8]) -> judge.Answers:
    """Probabilities (n, classes) of images (n, h, w, c), by LiteRT."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    [image], [made] = interpreter.get_input_details(), interpreter.get_output_details()
    answers = []
    for one in images_u8:
        interpreter.set_tensor(image["index"], one[np.newaxis].astype(np.float32))
        interpreter.invoke()
        answers.append(interpreter.get_tensor(made["index"])[0])
    return np.stack(answers)


def layers(model: bytes) -> dict[str, str]:
    """The operators that hold weights, in the order of the network: what each is, by the name of what it makes."""
    from ai_edge_litert import schema_py_generated as schema

    parsed = schema.ModelT.InitFromPackedBuf(model, 0)
    [graph] = parsed.subgraphs
    kinds = {getattr(schema.BuiltinOperator, name): name for name in _LAYERS}
    found: dict[str, str] = {}
    for operator in graph.operators:
        code = parsed.operatorCodes[operator.opcodeIndex]
        # Files for old readers keep codes below 127 in the older field.
        kind = kinds.get(max(code.builtinCode, code.deprecatedBuiltinCode))
        if kind is not None:
            shape = "x".join(str(side) for side in graph.tensors[operator.inputs[1]].shape)
            found[graph.tensors[operator.outputs[0]].name.decode()] = f"{len(found) + 1}: {kind} {shape}"
    return found


def _calibrated(converter: Any, calibration: NDArray[np.uint8]) -> bytes:
    """The network in float32, with the ranges of its tensors."""
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: _images(calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter._experimental_calibrate_only = True  # noqa: SLF001
    return bytes(converter.convert())


def _images(calibration: NDArray[np.uint8]) -> Iterator[list[Any]]:
    """Some of the images; the first has a black pixel and a white one, so that a step of the input is one level."""
    for i, image in enumerate(calibrating(calibration).astype(np.float32)):
        if i == 0:
            image[0, 0], image[-1, -1] = 0, 255
        yield [image[np.newaxis]]
