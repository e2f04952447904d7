"""Classes of very different sizes, of which a plain accuracy says little: then the balanced one is shown beside it."""

from collections.abc import Iterable

# The largest class has so many times the photos of the smallest; below, balancing changes little.
SKEWED = 3.0


def is_skewed(counts: Iterable[int]) -> bool:
    """Whether classes with these numbers of photos are skewed."""
    counts = list(counts)
    return len(counts) > 1 and max(counts) >= SKEWED * max(1, min(counts))
