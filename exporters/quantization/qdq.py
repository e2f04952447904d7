"""ONNX in 8 bits: a static QDQ network by onnxruntime's quantizer, its weights and biases rounded by ourselves.

Activations *and weights* are uint8. Signed weights (u8s8) saturate in the 16-bit sums of x86 processors without VNNI;
the way out with 7-bit signed weights (`reduce_range`) changed more answers (lecture's network: 0.55 % against 0.15 %).
The last Gemm or MatMul leaves its result in float32, so that the probabilities are not in steps of a quantized logit.

Ranges of activations are from the least to the most that is seen. Percentile and entropy ranges were no better once
biases are corrected, and took three times as long.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, numpy_helper

from gemelo import eight_bits

from ..inference import INPUT
from . import judge, qdq_bias
from .search import Trials, calibrating, check_calibration, judged, search
from .table import Scheme, Table

QUANTIZED = ("Conv", "Gemm", "MatMul")
# Not computed in int8: an activation that the range of the int8 before it already is, is taken out.
ABSORBED = ("Relu", "Clip")

# Maps of all layers at once are many times the weights: fewer images at a time where they are larger.
_PLACES = 16 * 64 * 64
# Levels are stored as uint8: -127 to 127 from 1 to 255.
_MIDDLE = 128


def quantize(
    model: ModelProto, calibration: NDArray[np.uint8], finish: Callable[[ModelProto], bytes]
) -> tuple[bytes, Table]:
    """The network in 8 bits, and the table of what it was chosen from.

    Args:
        model: In float32, in the opset of int8.
        calibration: uint8 (n, h, w, c), training images.
        finish: A network as the bytes that it will be written as.

    Returns:
        The network as those bytes, and the table.

    Raises:
        ExportError: There are no training images.
    """
    from onnxruntime.quantization.shape_inference import quant_pre_process

    check_calibration(calibration)
    with tempfile.TemporaryDirectory(prefix="gemelo.") as name:
        folder = Path(name)
        plain, prepared = folder / "plain.onnx", folder / "prepared.onnx"
        onnx.save(model, str(plain))
        quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
        ranges, exact = calibrate(prepared, calibration, folder), onnx.load(str(prepared))

        @cache
        def rounded(kept: tuple[str, ...]) -> ModelProto:
            return quantized(prepared, kept, ranges, folder)

        @cache
        def apply(scheme: Scheme) -> bytes:
            model = rounded(scheme.kept)
            return finish(qdq_bias.corrected(model, exact, calibration) if scheme.corrected else model)

        images = judged(calibration)
        trials = Trials(apply, answer, len(finish(model)), answer(prepared.read_bytes(), images), images)
        table = search(trials, [Scheme(True), Scheme(False)], layers(exact))
        return apply(table.rows[table.chosen].scheme), table


def answer(model: bytes, images_u8: NDArray[np.uint8]) -> judge.Answers:
    """Probabilities (n, classes) of images (n, h, w, c), by onnxruntime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    parts = [session.run(None, {INPUT: batch.astype(np.float32)})[0] for batch in _batches(images_u8)]
    return np.concatenate(parts)


def layers(model: ModelProto) -> dict[str, str]:
    """The nodes that hold weights, in the order of the network: what each is, by its name.

    Names are the converter's, and count on from one conversion to the next; `2: Conv 24x3x5x5` is always the same.
    """
    weights = {tensor.name: "x".join(map(str, tensor.dims)) for tensor in model.graph.initializer}
    nodes = [node for node in model.graph.node if node.op_type in QUANTIZED]
    return {
        node.name: f"{i}: {node.op_type} {weights.get(node.input[1], '')}".rstrip() for i, node in enumerate(nodes, 1)
    }


def calibrate(prepared: Path, images_u8: NDArray[np.uint8], folder: Path) -> Path:
    """Find the ranges of all activations.

    Args:
        prepared: The network in float32, ready to be quantized.
        images_u8: (n, h, w, c), as the preprocessing makes them.
        folder: For the results.

    Returns:
        The file that has the ranges.
    """
    from onnxruntime.quantization.calibrate import create_calibrator, save_tensors_data

    calibrator = create_calibrator(str(prepared), [*QUANTIZED, *ABSORBED], str(folder / "calibrated.onnx"))
    for batch in _batches(calibrating(images_u8)):
        calibrator.collect_data(_Reader(batch))
    save_tensors_data(calibrator.compute_data(), folder / "ranges.json")
    return folder / "ranges.json"


def quantized(prepared: Path, kept: Sequence[str], ranges: Path, folder: Path) -> ModelProto:
    """The network in 8 bits.

    Args:
        prepared: The network in float32.
        kept: Layers that stay in float32, by the names of their nodes.
        ranges: What `calibrate` found.
        folder: For files in between.
    """
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    plain, out = onnx.load(str(prepared)), folder / "quantized.onnx"
    quantize_static(
        str(prepared),
        str(out),
        None,
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=[*QUANTIZED, *ABSORBED],
        nodes_to_exclude=_with_activations(plain, kept),
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QUInt8,
        per_channel=True,
        calibration_cache_path=ranges,
        extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm", "MatMul"]},
    )
    model = onnx.load(str(out))
    round_weights(model.graph, plain.graph)
    _guard(model.graph, kept)
    return model


def round_weights(graph: GraphProto, plain: GraphProto) -> None:
    """Put kernels on 255 levels around zero, one scale for each output channel, and biases on their steps, in place.

    The quantizer's own grid has 256 levels from -absmax to absmax, of which zero is one only after it has been moved by
    half a step: the largest weight is clipped, and kernels that a training left on a grid are rounded once more. Its
    zero points differ where a channel holds nothing but zeros, and then onnxruntime leaves its fast kernels.

    Args:
        graph: QDQ, as the quantizer leaves it.
        plain: What it was made of.
    """
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    made = {node.output[0]: node for node in graph.node if node.op_type == "DequantizeLinear"}
    readers = Counter(name for node in graph.node for name in node.input)
    layers = {node.name: node.input for node in plain.node if node.op_type in QUANTIZED}
    floats = {tensor.name: tensor for tensor in plain.initializer}
    for node in graph.node:
        image, kernel, *biases = (made.get(name) for name in node.input) if node.op_type in QUANTIZED else (None, None)
        ours = [one for one in (kernel, *biases) if one is not None and one.input[0] in tensors]
        if image is None or len(ours) != 1 + len(biases) or any(readers[one.output[0]] > 1 for one in ours):
            continue  # kept in float32, or shared by layers whose inputs have ranges of their own
        _round(tensors, ours, [numpy_helper.to_array(floats[name]) for name in layers[node.name][1:]], image)


def _round(tensors: Any, nodes: Sequence[NodeProto], floats: Sequence[NDArray[Any]], image: NodeProto) -> None:
    """A kernel, and its bias where it has one; no step so small that the bias would need more than 31 bits."""
    kernel, step = floats[0], numpy_helper.to_array(tensors[image.input[1]])
    axis = _axis(nodes[0])
    shape = [-1 if at == axis else 1 for at in range(kernel.ndim)]
    least = (np.abs(floats[1]) / (step * 2.0**30)).astype(np.float32).reshape(shape) if len(floats) > 1 else None
    levels, scale = eight_bits.split(kernel, [axis], least)
    steps = scale.reshape(-1)
    _write(tensors, nodes[0], (levels.astype(np.int16) + _MIDDLE).astype(np.uint8), steps, _MIDDLE)
    if len(floats) > 1:
        of_bias = (step * steps).astype(np.float32)
        _write(tensors, nodes[1], eight_bits.as_int32(floats[1] / of_bias), of_bias, 0)


def _axis(node: NodeProto) -> int:
    return next(int(attribute.i) for attribute in node.attribute if attribute.name == "axis")


def _write(tensors: Any, node: NodeProto, levels: NDArray[Any], scale: NDArray[np.float32], zero: int) -> None:
    """What a DequantizeLinear reads; its zero point has the shape of its scale, as ONNX asks."""
    values = levels, scale, np.full(scale.shape, zero, levels.dtype)
    for name, value in zip(node.input, values, strict=False):
        tensors[name].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(value), name))


def _guard(graph: GraphProto, kept: Sequence[str]) -> None:
    """A Sum of one behind each layer that is kept in float32, its activation included.

    Where a float layer stands between Dequantize and Quantize, onnxruntime makes an int8 one of it when it loads the
    file, with signed weights. A Sum stops it; an Identity would be taken out, and before a Quantize alone it would be
    moved past a pooling.
    """
    for name in kept:
        last = next(node for node in graph.node if node.name == name)
        readers = [node for node in graph.node if last.output[0] in node.input]
        if len(readers) == 1 and readers[0].op_type in ABSORBED:
            last = readers[0]
        out = last.output[0]
        if out in {value.name for value in graph.output}:
            continue
        for node in graph.node:
            for i, tensor in enumerate(node.input):
                if tensor == out:
                    node.input[i] = f"{out}.kept"
        place = list(graph.node).index(last) + 1
        graph.node.insert(place, onnx.helper.make_node("Sum", [out], [f"{out}.kept"], name=f"{out}.kept"))


def _batches(images_u8: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    size = max(1, min(32, _PLACES // (images_u8.shape[1] * images_u8.shape[2])))
    for start in range(0, len(images_u8), size):
        yield images_u8[start : start + size]


def _with_activations(model: ModelProto, kept: Sequence[str]) -> list[str]:
    """A layer in float32 with the activation after it: between the two there is nothing to be rounded."""
    outputs = {name for node in model.graph.node if node.name in kept for name in node.output}
    after = [node.name for node in model.graph.node if node.op_type in ABSORBED and node.input[0] in outputs]
    return [*kept, *after]


class _Reader:
    """One batch, as onnxruntime's calibrators read it."""

    def __init__(self, images_u8: NDArray[np.uint8]) -> None:
        self._batches: Iterator[dict[str, Any]] = iter([{INPUT: images_u8.astype(np.float32)}])

    def get_next(self) -> dict[str, Any] | None:
        return next(self._batches, None)
