"""Decisions: the label that probabilities stand for, and whether the answer is "not sure" instead.

The label is the most probable one, the first of them on a tie: of two, the second wins above 0.5.
`web_demo/src/decisions.ts` decides the same.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float32]
Labels = NDArray[np.int64]


def top1(probabilities: Probabilities) -> Labels:
    """Return the index of the decided label, of each row (..., classes)."""
    return np.asarray(np.argmax(probabilities, axis=-1), np.int64)


def ranked(probabilities: Probabilities, top: int | None = None) -> Labels:
    """Return the indices of the labels of one row (classes,), the most probable first.

    Args:
        probabilities: One row.
        top: How many; None returns all.
    """
    return np.argsort(-probabilities, kind="stable")[:top]


def is_sure(probability: Any, threshold: float | None) -> Any:
    """Return whether top probabilities are high enough for an answer.

    Args:
        probability: float32, one or an array of any shape.
        threshold: Below it the answer is "not sure"; compared in float32. None: every answer counts.
    """
    least = -np.inf if threshold is None else np.float32(threshold)
    return np.asarray(probability, np.float32) >= least
