"""The ways in which a network can be put into 8 bits, and onnxruntime's quantizer, told one of them.

Activations *and weights* are uint8 in all of them. Signed weights (u8s8) saturate in the 16-bit sums of x86 processors
without VNNI; the way out with 7-bit signed weights (`reduce_range`) changed more answers (lecture's network: 0.55 %
against 0.15 %). The last Gemm or MatMul leaves its result in float32, so that the probabilities are not in steps of a
quantized logit.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, numpy_helper

from ..inference import INPUT

MIN_MAX, PERCENTILE, ENTROPY = "min-max", "percentile", "entropy"
CALIBRATIONS = (MIN_MAX, PERCENTILE, ENTROPY)
PERCENT = 99.99
QUANTIZED = ("Conv", "Gemm", "MatMul")
# Not computed in int8: an activation that the range of the int8 before it already is, is taken out.
ABSORBED = ("Relu", "Clip")

# Maps of all layers at once are many times the weights: fewer images at a time where they are larger.
_PLACES = 16 * 64 * 64
# Histograms say the same of fewer images.
_HISTOGRAM_PLACES = 256 * 96 * 96


@dataclass(frozen=True)
class Scheme:
    """One way.

    Attributes:
        per_channel: Whether each output channel of a kernel has a scale of its own.
        calibration: How the range of an activation is found: `min-max`, `percentile` (99.99) or `entropy`.
        kept: Layers that stay in float32, by the names of their nodes.
    """

    per_channel: bool
    calibration: str
    kept: tuple[str, ...] = ()

    def __str__(self) -> str:
        """In words: `per channel, percentile, 2 layers in fp32`."""
        layers = {0: "", 1: ", 1 layer in fp32"}.get(len(self.kept), f", {len(self.kept)} layers in fp32")
        return f"per {'channel' if self.per_channel else 'tensor'}, {self.calibration}{layers}"


def layers(model: ModelProto) -> dict[str, str]:
    """The nodes that hold weights, in the order of the network: what each is, by its name.

    Names are the converter's, and count on from one conversion to the next; `2: Conv 24x3x5x5` is always the same.
    """
    weights = {tensor.name: "x".join(map(str, tensor.dims)) for tensor in model.graph.initializer}
    nodes = [node for node in model.graph.node if node.op_type in QUANTIZED]
    return {
        node.name: f"{i}: {node.op_type} {weights.get(node.input[1], '')}".rstrip() for i, node in enumerate(nodes, 1)
    }


def calibrate(prepared: Path, images_u8: NDArray[np.uint8], folder: Path) -> dict[str, Path]:
    """Find the ranges of all activations, once for every method.

    Args:
        prepared: The network in float32, ready to be quantized.
        images_u8: (n, h, w, c), as the preprocessing makes them.
        folder: For the results.

    Returns:
        For each method the file that has its ranges.
    """
    from onnxruntime.quantization import CalibrationMethod
    from onnxruntime.quantization.calibrate import save_tensors_data

    found: dict[str, Path] = {}
    for name, extra in _METHODS.items():
        method = CalibrationMethod(extra["method"])
        chosen = images_u8 if name == MIN_MAX else _spread(images_u8)
        calibrator = _calibrator(prepared, folder / f"{name}.onnx", method, extra["options"])
        for batch in _batches(chosen):
            calibrator.collect_data(_Reader(batch))
        found[name] = folder / f"{name}.json"
        save_tensors_data(calibrator.compute_data(), found[name])
    return found


def quantized(prepared: Path, scheme: Scheme, ranges: Mapping[str, Path], folder: Path) -> ModelProto:
    """The network in 8 bits by a scheme.

    Args:
        prepared: The network in float32.
        scheme: How.
        ranges: What `calibrate` found.
        folder: For files in between.
    """
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    out = folder / "quantized.onnx"
    quantize_static(
        str(prepared),
        str(out),
        None,
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=[*QUANTIZED, *ABSORBED],
        nodes_to_exclude=_with_activations(onnx.load(str(prepared)), scheme.kept),
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QUInt8,
        per_channel=scheme.per_channel,
        calibrate_method=CalibrationMethod(_METHODS[scheme.calibration]["method"]),
        calibration_cache_path=ranges[scheme.calibration],
        extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm", "MatMul"]},
    )
    model = onnx.load(str(out))
    level(model.graph)
    _guard(model.graph, scheme.kept)
    return model


def level(graph: GraphProto) -> None:
    """Give the channels of a kernel that are nothing but zeros in 8 bits the zero point of all others, in place.

    The quantizer gives those whose scale is no normal number 0, and the others 128. The answers are the same to the
    bit, but where zero points differ onnxruntime leaves its fast kernels: one such channel makes a depthwise
    convolution up to 50 times slower.
    """
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for node in (node for node in graph.node if node.op_type == "DequantizeLinear" and node.input[0] in tensors):
        kernel, points = (numpy_helper.to_array(tensors[node.input[i]]) for i in (0, 2))
        if kernel.dtype != np.uint8 or not points.ndim or len(np.unique(points)) < 2:
            continue
        axis = next(attribute.i for attribute in node.attribute if attribute.name == "axis")
        by_channel = np.moveaxis(kernel, axis, 0).reshape(len(points), -1)
        empty = (by_channel == points[:, None]).all(axis=1)
        common = np.bincount(points[~empty]).argmax().astype(np.uint8) if not empty.all() else points[0]
        shape = np.where(np.arange(kernel.ndim) == axis, len(points), 1)
        filled = np.where(empty.reshape(shape), common, kernel)
        for i, values in ((0, filled), (2, np.where(empty, common, points))):
            tensors[node.input[i]].CopyFrom(numpy_helper.from_array(values, node.input[i]))


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


# onnxruntime's numbers of its methods, which it is asked for only when it is there.
_METHODS: dict[str, dict[str, Any]] = {
    MIN_MAX: {"method": 0, "options": {}},
    PERCENTILE: {"method": 2, "options": {"percentile": PERCENT, "symmetric": False}},
    ENTROPY: {"method": 1, "options": {"symmetric": False}},
}


def _calibrator(prepared: Path, augmented: Path, method: Any, options: Mapping[str, Any]) -> Any:
    from onnxruntime.quantization.calibrate import create_calibrator

    return create_calibrator(
        str(prepared), [*QUANTIZED, *ABSORBED], str(augmented), calibrate_method=method, extra_options=dict(options)
    )


def _spread(images_u8: NDArray[np.uint8]) -> NDArray[np.uint8]:
    places = images_u8.shape[1] * images_u8.shape[2]
    count = min(len(images_u8), max(32, _HISTOGRAM_PLACES // places))
    return np.asarray(images_u8[np.linspace(0, len(images_u8) - 1, count).astype(int)])


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
