"""The search for a way into 8 bits: what was tried, how far it is from fp32, and which one is taken."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import ExportError
from gemelo.parity.gates import DEEP

from . import judge
from .table import Row, Scheme, Table

# Images of which one may change its label; one alone always may.
_PER_CHANGE = 100
# A network whose probabilities are so far off keeps its labels by luck.
_FAR = 0.03
# A file that is not smaller than this share of fp32 is not worth a label change.
_WORTH_IT = 0.8
# How many of the most sensitive layers are left in float32, one try each.
_LEFT_OUT = (1, 2, 4)
# Of a deep network a layer is measured on fewer images: there are many layers.
_SENSITIVITY_IMAGES = {True: 12, False: 64}
_CALIBRATION = 32
_JUDGED_PLACES = 256 * 128 * 128


@dataclass(frozen=True)
class Trials:
    """Everything that is the same in all of them.

    Attributes:
        apply: Makes the network by a scheme, as the bytes that would be written.
        answer: From such bytes and images (n, h, w, c) to probabilities (n, classes).
        fp32_bytes: Of the file in float32.
        exact: The answers in float32 to the images.
        images_u8: (n, h, w, c), training images.
    """

    apply: Callable[[Scheme], bytes]
    answer: Callable[[bytes, NDArray[np.uint8]], judge.Answers]
    fp32_bytes: int
    exact: judge.Answers
    images_u8: NDArray[np.uint8]

    def row(self, scheme: Scheme) -> Row:
        """Try one."""
        model = self.apply(scheme)
        cost = judge.compare(self.exact, self.answer(model, self.images_u8))
        return Row(scheme, len(model), cost, self._passes(cost, len(model)))

    def _passes(self, cost: judge.Cost, size: int) -> bool:
        """Nearly all labels; and not by luck, and not for nothing. A NaN is no pass."""
        images = len(self.images_u8)
        label_changes = round((1 - cost.agreement) * images)
        near = cost.mean_difference <= _FAR
        return label_changes <= max(1, images // _PER_CHANGE) and near and self.worth_it(size)

    def worth_it(self, size: int) -> bool:
        """Whether a file of so many bytes is enough smaller than that in float32."""
        return size <= self.fp32_bytes * _WORTH_IT

    def sensitivity(self, layers: Iterable[str]) -> dict[str, float]:
        """How much each layer costs when it alone is in 8 bits: the mean difference of probabilities."""
        layers = list(layers)
        few = slice(0, _SENSITIVITY_IMAGES[len(layers) > DEEP])

        def alone(layer: str) -> float:
            model = self.apply(Scheme(False, tuple(name for name in layers if name != layer)))
            return judge.compare(self.exact[few], self.answer(model, self.images_u8[few])).mean_difference

        return {layer: alone(layer) for layer in layers}


def search(trials: Trials, whole: Iterable[Scheme], layers: Mapping[str, str]) -> Table:
    """Try the ways that leave no layer in float32; where none is near enough, those that leave the most sensitive ones.

    Taken is the nearest to fp32 of those that pass. A layer stays in float32 only where nothing passes without: whole
    numbers add up to the same on every processor, floats do not. Where nothing passes at all, the nearest is taken: the
    gate of the export has the last word.

    Args:
        trials: What is tried.
        whole: Schemes that keep no layer in float32.
        layers: What each layer is, by the name that a scheme keeps it by, in the order of the network.
    """
    rows = [trials.row(scheme) for scheme in whole]
    wanting = not any(row.passed for row in rows) and any(trials.worth_it(row.bytes) for row in rows)
    sensitivity = trials.sensitivity(layers) if wanting else {}
    ranked = sorted(sensitivity, key=lambda name: -sensitivity[name])
    for count in _LEFT_OUT:
        if count < len(ranked) and not any(row.passed for row in rows):
            rows.append(trials.row(Scheme(True, tuple(name for name in layers if name in ranked[:count]))))
    return Table(len(trials.images_u8), trials.fp32_bytes, rows, pick(rows), sensitivity, layers)


def pick(rows: list[Row]) -> int:
    """Which row is taken."""
    passing = [i for i, row in enumerate(rows) if row.passed]
    if not passing:
        return min(range(len(rows)), key=lambda i: (-rows[i].cost.agreement, _number(rows[i].cost.mean_difference)))
    passing = [i for i in passing if not rows[i].scheme.kept] or passing
    return min(passing, key=lambda i: (rows[i].cost.mean_difference, rows[i].bytes, i))


def check_calibration(calibration: NDArray[np.uint8]) -> None:
    """Raise an ExportError if there are no training images."""
    if len(calibration) == 0:
        raise ExportError(
            "int8 needs training images to find its ranges on, and the run has none",
            hint="leave int8 out with --variants, or train again: gemelo train keeps calibration.npy in the run",
        )


def calibrating(calibration: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images to find the ranges of activations on: so many, evenly spread over the classes.

    The ranges are from the least to the most that is seen, and the rarest values of many images make the steps of all
    the others wide. On 2,000 photos the labels that changed were, with 32 images and with 256: 9 and 10 for `lecture`,
    7 and 9 for `lecture-described`, 15 and 23 for `compact`.
    """
    count = min(_CALIBRATION, len(calibration))
    return np.asarray(calibration[np.unique(np.linspace(0, len(calibration) - 1, count).astype(int))])


def judged(calibration: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images to judge on: all of them, but of large ones so many that a try takes seconds."""
    places = calibration.shape[1] * calibration.shape[2]
    count = min(len(calibration), max(48, _JUDGED_PLACES // places))
    return np.asarray(calibration[np.linspace(0, len(calibration) - 1, count).astype(int)])


def _number(difference: float) -> float:
    return difference if math.isfinite(difference) else math.inf
