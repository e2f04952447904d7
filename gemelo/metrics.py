"""Figures from probabilities and labels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.decisions import Labels, Probabilities, top1
from gemelo.store.manifest import ClassFigures, Metrics

Bins = list[dict[str, Any]]
BINS = 15
MOST_CLASSES = 25  # in a table of confusions: beyond that nobody reads it, and it grows with their square


def accuracy(probabilities: Probabilities, labels: Labels) -> float:
    """The share decided rightly."""
    return float(np.mean(top1(probabilities) == labels))


def log_loss(probabilities: Probabilities, labels: Labels) -> float:
    """Mean cross-entropy in nats; probabilities are kept 1e-7 away from 0, as Keras keeps them."""
    of_truth = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.mean(np.log(np.clip(of_truth, 1e-7, 1.0))))


def most_confused(decided: Labels, labels: Labels, classes: int, most: int = MOST_CLASSES) -> Labels:
    """Indices of the classes that are mistaken for each other most often, in index order; all where they are few.

    Args:
        decided, labels: Of each photo (n,).
        classes: How many there are.
        most: How many are wanted.
    """
    if classes <= most:
        return np.arange(classes)
    wrong = decided != labels
    pairs, counts = np.unique(labels[wrong] * classes + decided[wrong], return_counts=True)
    often = pairs[np.argsort(-counts, kind="stable")]
    # Then the first of the others, so that there are always as many.
    candidates = np.concatenate([np.stack([often // classes, often % classes], axis=1).ravel(), np.arange(classes)])
    first = np.sort(np.unique(candidates, return_index=True)[1])[:most]
    return np.sort(candidates[first])


def confusion(decided: Labels, labels: Labels, chosen: Labels) -> NDArray[np.int64]:
    """Photos (chosen, chosen): rows are true classes, columns decided ones; those of other classes are left out.

    Args:
        decided, labels: Of each photo (n,).
        chosen: Indices of classes, ascending.
    """
    inside = np.isin(labels, chosen) & np.isin(decided, chosen)
    rows, columns = np.searchsorted(chosen, labels[inside]), np.searchsorted(chosen, decided[inside])
    size = len(chosen)
    return np.bincount(rows * size + columns, minlength=size * size).reshape(size, size)


def balanced_accuracy(decided: Labels, labels: Labels, classes: int) -> float:
    """The mean over the classes of the share that is decided rightly: each class counts alike."""
    right, support = (np.bincount(found, minlength=classes) for found in (labels[decided == labels], labels))
    return float(np.mean(right[support > 0] / support[support > 0]))


def per_class(decided: Labels, labels: Labels, names: list[str]) -> dict[str, ClassFigures]:
    """The figures of each class; a class that was never decided has precision 0."""
    right, said, support = (
        np.bincount(found, minlength=len(names)).tolist() for found in (labels[decided == labels], decided, labels)
    )
    return {
        name: ClassFigures(
            precision=right[i] / said[i] if said[i] else 0.0,
            recall=right[i] / support[i] if support[i] else 0.0,
            support=support[i],
        )
        for i, name in enumerate(names)
    }


def reliability(probabilities: Probabilities, labels: Labels) -> Bins:
    """How often the model is right when it is so sure, in 15 bins of equal width; empty bins have no figures.

    Guo et al. 2017, "On calibration of modern neural networks". A bin holds (low, high], as there.
    """
    sure = probabilities.max(axis=1).astype(np.float64)
    right = top1(probabilities) == labels
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


def summarize(probabilities: Probabilities, labels: Labels, names: list[str]) -> Metrics:
    """All figures of a test split; of many classes, the confusion of those most often confused."""
    decided = top1(probabilities)
    chosen = most_confused(decided, labels, len(names))
    return Metrics(
        accuracy=accuracy(probabilities, labels),
        balanced_accuracy=balanced_accuracy(decided, labels, len(names)),
        loss=log_loss(probabilities, labels),
        ece=expected_calibration_error(reliability(probabilities, labels)),
        per_class=per_class(decided, labels, names),
        confusion=confusion(decided, labels, chosen).tolist(),
        confusion_labels=[names[i] for i in chosen] if len(chosen) < len(names) else None,
    )
