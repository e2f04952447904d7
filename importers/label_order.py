"""Which column of a model's output stands for which label: orders that people choose, and what the answers suggest."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import LabelMismatchError

# So many labels at most: the work grows with the cube of their number.
MOST = 200


def label_orders(labels: Sequence[str], columns: int, declared: Sequence[str] | None) -> list[tuple[str, ...]]:
    """Orders that labels may have: the declared one, those by which folders are sorted, and of two the other.

    Raises:
        LabelMismatchError: Photos have labels that the model has not, or their numbers differ.
    """
    if declared is not None:
        if strangers := sorted(set(labels) - set(declared)):
            raise LabelMismatchError(
                f"photos are labeled {', '.join(strangers[:5])}, which is none of the model's labels: "
                f"{', '.join(declared[:8])}{', ...' if len(declared) > 8 else ''}",
                hint="name the folders of --photos as the labels are named",
            )
        given = tuple(declared)
        others = _sorted(declared) if set(declared) == set(labels) else []
        return list(dict.fromkeys([given, *others]))
    if len(labels) != columns:
        raise LabelMismatchError(
            f"the model tells {columns} classes apart, the photos are in {len(labels)} folders",
            hint="give all labels in the order of the model's outputs: --labels labels.txt",
        )
    return list(dict.fromkeys(_sorted(labels)))


def _sorted(labels: Sequence[str]) -> list[tuple[str, ...]]:
    # By the numbers in them, too: class2 before class10.
    numbered = sorted(labels, key=lambda label: [int(p) if p.isdecimal() else p for p in re.split(r"(\d+)", label)])
    orders = [tuple(sorted(labels)), tuple(sorted(labels, key=str.casefold)), tuple(numbered)]
    return orders + ([orders[0][::-1]] if len(labels) == 2 else [])


def assign(logarithms: NDArray[np.float32], found: NDArray[np.str_], labels: Sequence[str]) -> tuple[str, ...]:
    """The order of labels under which the answers to known photos are likeliest.

    Args:
        logarithms: Of the probabilities, (n, classes).
        found: The label of each photo, (n,).
        labels: All of them, as many as there are columns.

    Returns:
        The labels in the order of the columns; as they came, where there are too many.
    """
    if len(labels) > MOST:
        return tuple(labels)
    # A sum, not a mean: a photo counts as much as any other, and a label without photos counts for nothing.
    gains = np.stack([logarithms[found == label].sum(0) for label in labels])
    columns = _cheapest(-gains.astype(np.float64))
    order = dict(zip(columns, labels, strict=True))
    return tuple(order[column] for column in range(len(labels)))


def _cheapest(costs: NDArray[np.float64]) -> list[int]:
    """The column of each row, every column once, of least cost (Kuhn, Munkres; by shortest augmenting paths)."""
    count = len(costs)
    rows, columns = np.zeros(count + 1), np.zeros(count + 1)  # prices
    taken = np.zeros(count + 1, np.int64)  # of each column its row, both from 1
    for row in range(1, count + 1):
        taken[0], column = row, 0
        least, before = np.full(count + 1, np.inf), np.zeros(count + 1, np.int64)
        done = np.zeros(count + 1, bool)
        while taken[column] != 0:
            done[column] = True
            costs_left = costs[taken[column] - 1] - rows[taken[column]] - columns[1:]
            better = ~done[1:] & (costs_left < least[1:])
            least[1:][better], before[1:][better] = costs_left[better], column
            following = int(np.where(done, np.inf, least)[1:].argmin()) + 1
            step = least[following]
            rows[taken[done]] += step
            columns[done] -= step
            least[~done] -= step
            column = following
        while column:
            taken[column], column = taken[before[column]], int(before[column])
    return [int(np.flatnonzero(taken[1:] == row)[0]) for row in range(1, count + 1)]
