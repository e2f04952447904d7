"""Quantization that chooses: many ways into 8 bits are tried on training images, the smallest good one is taken.

The test photos choose nothing: they judge the one that was taken, at the gate of the export.
"""

import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto

from gemelo.errors import ExportError
from gemelo.parity.gates import DEEP

from . import judge, schemes
from .schemes import CALIBRATIONS, Scheme
from .table import Row, Table, load, sentence

__all__ = ["Scheme", "Table", "choose", "load", "sentence"]

# Images of which one may change its label; one alone always may.
_PER_CHANGE = 100
# A network whose probabilities are so far off keeps its labels by luck.
_FAR = 0.03
# A file that is not smaller than this share of fp32 is not worth a label change.
_WORTH_IT = 0.8
# A file this much larger than the smallest is as small, if it is nearer to fp32.
_AS_SMALL = 1.1
# How many of the most sensitive layers are left in float32, one try each.
_LEFT_OUT = (1, 2, 4)
# Of a deep network a layer is measured on fewer images: there are many layers.
_SENSITIVITY_IMAGES = {True: 12, False: 64}
_JUDGED_PLACES = 256 * 128 * 128


@dataclass(frozen=True)
class _Trials:
    """Everything that is the same in all of them.

    Attributes:
        apply: Makes the network by a scheme, as the bytes that would be written.
        fp32_bytes: Of the file in float32.
        exact: The answers in float32 to the images.
        images_u8: (n, h, w, c), training images.
    """

    apply: Callable[[Scheme], bytes]
    fp32_bytes: int
    exact: judge.Answers
    images_u8: NDArray[np.uint8]

    def row(self, scheme: Scheme) -> Row:
        """Try one."""
        model = self.apply(scheme)
        cost = judge.compare(self.exact, judge.answer(model, self.images_u8))
        return Row(scheme, len(model), cost, self._passes(cost, len(model)))

    def _passes(self, cost: judge.Cost, size: int) -> bool:
        """Nearly all labels; and not by luck, and not for nothing. A NaN is no pass."""
        images = len(self.images_u8)
        label_changes = round((1 - cost.agreement) * images)
        near = cost.mean_difference <= _FAR
        return label_changes <= max(1, images // _PER_CHANGE) and near and size <= self.fp32_bytes * _WORTH_IT


def choose(
    model: ModelProto, calibration: NDArray[np.uint8], finish: Callable[[ModelProto], bytes]
) -> tuple[bytes, Table]:
    """The network in 8 bits, and the table of what it was chosen from.

    First every way of finding ranges is tried, with a scale for each channel and for each tensor; then the best of them
    with the most sensitive layers left in float32. Taken is the smallest that passes; of those that are within 10 % of
    it, the one that is nearest to fp32. A layer stays in float32 only where nothing passes without: whole numbers add
    up to the same on every processor, floats do not. Where nothing passes at all, the nearest is taken: the gate of the
    export has the last word.

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

    if len(calibration) == 0:
        raise ExportError(
            "int8 needs training images to find its ranges on, and the run has none",
            hint="leave int8 out with --variants, or train again: gemelo train keeps calibration.npy in the run",
        )
    with tempfile.TemporaryDirectory(prefix="gemelo.") as name:
        folder = Path(name)
        plain, prepared = folder / "plain.onnx", folder / "prepared.onnx"
        onnx.save(model, str(plain))
        quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
        ranges = schemes.calibrate(prepared, calibration, folder)

        def apply(scheme: Scheme) -> bytes:
            return finish(schemes.quantized(prepared, scheme, ranges, folder))

        images = _judged(calibration)
        trials = _Trials(apply, len(finish(model)), judge.answer(prepared.read_bytes(), images), images)
        table = _search(trials, schemes.layers(onnx.load(str(prepared))))
        return apply(table.rows[table.chosen].scheme), table


def _search(trials: _Trials, layers: dict[str, str]) -> Table:
    rows = [trials.row(Scheme(channel, calibration)) for channel in (True, False) for calibration in CALIBRATIONS]
    best = min(rows, key=lambda row: (not row.passed, row.cost.mean_difference))
    deep = len(layers) > DEEP
    # A deep network takes minutes to be measured layer by layer: not where it passes without.
    sensitivity = {} if deep and best.passed else _sensitivity(trials, list(layers), best.scheme, deep=deep)
    ranked = sorted(sensitivity, key=lambda name: -sensitivity[name])
    for count in _LEFT_OUT:
        if count < len(ranked):
            kept = tuple(name for name in layers if name in ranked[:count])
            rows.append(trials.row(Scheme(best.scheme.per_channel, best.scheme.calibration, kept)))
    return Table(len(trials.images_u8), trials.fp32_bytes, rows, _pick(rows), sensitivity, layers)


def _sensitivity(trials: _Trials, layers: list[str], scheme: Scheme, *, deep: bool) -> dict[str, float]:
    few = slice(0, _SENSITIVITY_IMAGES[deep])

    def alone(layer: str) -> bytes:
        kept = tuple(name for name in layers if name != layer)
        return trials.apply(Scheme(scheme.per_channel, scheme.calibration, kept))

    return judge.sensitivity(layers, alone, trials.exact[few], trials.images_u8[few])


def _pick(rows: list[Row]) -> int:
    passing = [i for i, row in enumerate(rows) if row.passed]
    if not passing:
        return min(range(len(rows)), key=lambda i: (-rows[i].cost.agreement, _number(rows[i].cost.mean_difference)))
    whole = [i for i in passing if not rows[i].scheme.kept]
    passing = whole or passing
    smallest = min(rows[i].bytes for i in passing)
    small = [i for i in passing if rows[i].bytes <= smallest * _AS_SMALL]
    return min(small, key=lambda i: (rows[i].cost.mean_difference, rows[i].bytes, i))


def _number(difference: float) -> float:
    return difference if math.isfinite(difference) else math.inf


def _judged(calibration: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images to judge on: all of them, but of large ones so many that a try takes seconds."""
    places = calibration.shape[1] * calibration.shape[2]
    count = min(len(calibration), max(48, _JUDGED_PLACES // places))
    return np.asarray(calibration[np.linspace(0, len(calibration) - 1, count).astype(int)])
