"""How far two models may be apart before they count as different."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gemelo.compare.model import PRECISIONS
from gemelo.parity.compare import Comparison
from gemelo.parity.gates import DEEP, Gate, excesses, gate_for

# Of 8-bit files, the mean over all photos of the largest difference of a probability. Good ones stay below 0.02, and
# EfficientNet-Lite0 reached 0.047 in a poor quantization.
_MEAN = 0.04


@dataclass(frozen=True)
class Tolerance:
    """The limit of one comparison.

    Attributes:
        gate: In the words of `gemelo.parity.gates`.
        precision: That of the less exact of the two files.
        by_hand: The largest difference that was given with --tolerance; None where none was.
    """

    gate: Gate
    precision: str
    by_hand: float | None = None

    @classmethod
    def between(cls, one: str, other: str, by_hand: float | None) -> "Tolerance":
        """For two files of these precisions."""
        precision = max(one, other, key=PRECISIONS.index)
        gate = gate_for(precision, DEEP + 1)
        if by_hand is not None:
            gate = Gate(by_hand, None, 0.0, 2 * by_hand, "given with --tolerance")
        return cls(replace(gate, quantized=gate.quantized and by_hand is None), precision, by_hand)

    @property
    def words(self) -> str:
        """For people."""
        limit = self.gate.max_abs_difference
        if limit is not None:
            return f"a probability may differ by {limit:g}"
        return (
            f"probabilities may differ by {_MEAN:g} on average, 0.5 % of the labels may change where A is sure, "
            "and the accuracy may drop by 0.5 points"
        )

    def reasons(
        self, found: Comparison, names: Sequence[str], drop: float | None, labeled: int, lost: Sequence[int]
    ) -> list[str]:
        """Why two models count as different; empty where they don't."""
        return [*self._mean(found), *(each.reason for each in excesses(self.gate, found, names, drop, labeled, lost))]

    def solves(self, before: NDArray[np.float32], after: NDArray[np.float32], expected: NDArray[np.float32]) -> bool:
        """Whether other answers agree with the reference, where the first ones did not."""
        found = Comparison.of(after, expected)
        limit = self.gate.max_abs_difference
        if limit is not None:
            return found.max_difference <= limit
        means = [float(np.abs(each - expected).mean()) for each in (before, after)]
        return means[1] <= means[0] / 3 and not self._mean(found) and not excesses(self.gate, found)

    def _mean(self, found: Comparison) -> list[str]:
        mean = float(found.differences.mean())
        if not self.gate.quantized or mean <= _MEAN:
            return []
        return [f"probabilities differ by {mean:.2g} on average, at most {_MEAN:g} allowed"]
