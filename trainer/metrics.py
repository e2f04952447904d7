"""Figures from probabilities and labels. The decision is the most probable class, the first of them on a tie:
for two classes, the second wins above 0.5 and the first at 0.5 or below.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float32]
Labels = NDArray[np.int64]
Bins = list[dict[str, Any]]
BINS = 15


def decide(probabilities: Probabilities) -> Labels:
    """(n, classes) to the index of the decided class (n,)."""
    return np.asarray(np.argmax(probabilities, axis=1), np.int64)


def accuracy(probabilities: Probabilities, labels: Labels) -> float:
    """The share decided rightly."""
    return float(np.mean(decide(probabilities) == labels))


def log_loss(probabilities: Probabilities, labels: Labels) -> float:
    """Mean cross-entropy in nats; probabilities are kept 1e-7 away from 0, as Keras keeps them."""
    of_truth = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.mean(np.log(np.clip(of_truth, 1e-7, 1.0))))


def confusion(probabilities: Probabilities, labels: Labels) -> NDArray[np.int64]:
    """(classes, classes): rows are true classes, columns decided ones."""
    classes = probabilities.shape[1]
    cells = labels * classes + decide(probabilities)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def balanced_accuracy(matrix: NDArray[np.int64]) -> float:
    """The mean over the classes of the share that is decided rightly: each class counts alike."""
    support = matrix.sum(axis=1)
    return float(np.mean(np.diag(matrix)[support > 0] / support[support > 0]))


def per_class(matrix: NDArray[np.int64], names: list[str]) -> dict[str, dict[str, Any]]:
    """{class: {"precision", "recall", "support"}}; a class that was never decided has precision 0."""
    rows: dict[str, dict[str, Any]] = {}
    for i, name in enumerate(names):
        right, decided, support = int(matrix[i, i]), int(matrix[:, i].sum()), int(matrix[i].sum())
        rows[name] = {
            "precision": right / decided if decided else 0.0,
            "recall": right / support if support else 0.0,
            "support": support,
        }
    return rows


def reliability(probabilities: Probabilities, labels: Labels) -> Bins:
    """How often the model is right when it is so sure, in 15 bins of equal width; empty bins have no figures.

    Guo et al. 2017, "On calibration of modern neural networks". A bin holds (low, high], as there.
    """
    sure = probabilities.max(axis=1).astype(np.float64)
    right = decide(probabilities) == labels
    place = np.clip(np.ceil(sure * BINS).astype(int) - 1, 0, BINS - 1)
    bins = []
    for i in range(BINS):
        inside = place == i
        row: dict[str, Any] = {"low": i / BINS, "high": (i + 1) / BINS, "count": int(inside.sum())}
        if inside.any():
            row |= {"confidence": float(sure[inside].mean()), "accuracy": float(right[inside].mean())}
        bins.append(row)
    return bins


def expected_calibration_error(bins: Bins) -> float:
    """The mean gap between confidence and accuracy over the bins, weighted by their photos."""
    gaps = [row["count"] * abs(row["confidence"] - row["accuracy"]) for row in bins if row["count"]]
    return float(sum(gaps) / sum(row["count"] for row in bins))


def summarise(probabilities: Probabilities, labels: Labels, names: list[str]) -> dict[str, Any]:
    """All figures of a test split, ready for JSON."""
    matrix = confusion(probabilities, labels)
    return {
        "accuracy": accuracy(probabilities, labels),
        "balanced_accuracy": balanced_accuracy(matrix),
        "loss": log_loss(probabilities, labels),
        "ece": expected_calibration_error(reliability(probabilities, labels)),
        "per_class": per_class(matrix, names),
        "confusion": matrix.tolist(),
    }
