"""Two sets of probabilities side by side: differences, label changes, and the reference's margins."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemelo.decisions import top1

Probabilities = NDArray[np.float32]


@dataclass(frozen=True)
class Comparison:
    """Answers compared with a reference, image by image.

    Attributes:
        differences: float32 (n,), the largest difference of each image's probabilities.
        margins: float32 (n,), the reference's first probability minus its second.
        changed: bool (n,), whether the top-1 label differs from the reference's.
    """

    differences: NDArray[np.float32]
    margins: NDArray[np.float32]
    changed: NDArray[np.bool_]

    @classmethod
    def of(cls, answered: Probabilities, expected: Probabilities) -> "Comparison":
        """Compare probabilities (n, classes) with the reference's."""
        return cls(
            np.abs(answered - expected).max(axis=1),
            margins(expected),
            top1(answered) != top1(expected),
        )

    def __len__(self) -> int:
        return len(self.differences)

    @property
    def max_difference(self) -> float:
        """The largest difference of a probability, on any image."""
        return float(self.differences.max())

    @property
    def agreement(self) -> float:
        """Share of the images with the reference's label."""
        return 1 - float(self.changed.mean())

    def only(self, mask: NDArray[np.bool_]) -> "Comparison":
        """The same for some of the images."""
        return Comparison(self.differences[mask], self.margins[mask], self.changed[mask])

    def label_changes(self, margin: float = -1.0) -> list[int]:
        """Images whose label changed and whose margin is over `margin`, the surest first."""
        found = np.flatnonzero(self.changed & (self.margins > margin))
        return [int(i) for i in found[np.argsort(-self.margins[found], kind="stable")]]


def margins(probabilities: Probabilities) -> NDArray[np.float32]:
    """The first probability of each row minus its second: small where the answer was nearly another."""
    ordered = np.sort(probabilities, axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2], np.float32)
