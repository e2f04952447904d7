"""Classes of unequal size: a note where they are, and weights in the loss that let each class count alike."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gemelo.skew import is_skewed

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]


def note(counts: Mapping[str, int]) -> str | None:
    """A sentence on skewed classes; None where they are not.

    Args:
        counts: {class: its training photos}.
    """
    if not is_skewed(counts.values()):
        return None
    largest, smallest = max(counts, key=lambda name: counts[name]), min(counts, key=lambda name: counts[name])
    return (
        f"the classes are skewed: {counts[largest]:,} training photos of {largest!r}, {counts[smallest]:,} of "
        f"{smallest!r}; look at the balanced accuracy; --balance, the default of pretrained networks, lets each class "
        "count alike"
    )


def class_weights(labels: Labels, classes: int) -> Floats:
    """The weight of each class (classes,): the fewer its photos, the larger; 1 on average over the photos.

    Args:
        labels: Index of each photo's class (n,).
        classes: How many there are.
    """
    shares = np.bincount(labels, minlength=classes)
    there = shares > 0
    return np.where(there, len(labels) / (there.sum() * np.where(there, shares, 1)), 0).astype(np.float32)


def photo_weights(labels: Labels, classes: int) -> Floats:
    """The weight of each photo (n,)."""
    return class_weights(labels, classes)[labels]
