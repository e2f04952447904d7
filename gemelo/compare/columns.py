"""Answers of several models, brought into one order: probabilities, with the columns of the reference's labels."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemelo.compare import outputs
from gemelo.compare.answering import Answered, Photo
from gemelo.compare.sides import Side
from gemelo.errors import LabelMismatchError

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Reading:
    """How a model's answers become probabilities in the reference's order.

    Attributes:
        kind: One of `outputs.KINDS`.
        order: The model's column of each column of the reference.
    """

    kind: str
    order: tuple[int, ...]

    def of(self, raw: Rows) -> Rows:
        """Raw answers as probabilities."""
        return outputs.probabilities(raw, self.kind)[:, list(self.order)]


def readings(sides: Sequence[Side], answered: Answered) -> tuple[list[str], dict[str, Reading]]:
    """The labels, and how each model is read.

    Raises:
        LabelMismatchError: Models tell different numbers of classes apart, or labels do not fit.
        ModelError: Answers are not what was said of them.
    """
    present = [side for side in sides if side.letter in answered.raw]
    kinds = {}
    for side in present:
        raw, facts = answered.raw[side.letter], side.model.facts
        kind = outputs.meaning(side.path, raw, side.declared.output, facts.precision, facts.output_step)
        kinds[side.letter] = kind
        side.check_labels(max(2, raw.shape[1]))
        if sentence := outputs.told(kind, raw.shape[1]):
            side.notes.append(sentence)
    counts = {side.letter: max(2, answered.raw[side.letter].shape[1]) for side in present}
    first = present[0]
    if others := [side for side in present if counts[side.letter] != counts[first.letter]]:
        told = ", ".join(f"{side.called} tells {counts[side.letter]} classes apart" for side in (first, *others))
        more = abs(counts[others[0].letter] - counts[first.letter]) == 1
        hint = "one of them may have a class for the background" if more else "these are not the same classifier"
        raise LabelMismatchError(told, hint=hint)
    classes = counts[first.letter]
    labels = next((side.labels for side in present if side.labels), None) or tuple(f"class {i}" for i in range(classes))
    return list(labels), {side.letter: Reading(kinds[side.letter], _order(side, labels)) for side in present}


def _order(side: Side, labels: tuple[str, ...]) -> tuple[int, ...]:
    own = side.labels
    plain = tuple(range(len(labels)))
    if own is None or own == labels:
        return plain
    if set(own) != set(labels):
        side.notes.append(f"its labels are others ({', '.join(own[:4])}): columns are compared in their order")
        return plain
    side.notes.append("its columns were brought into A's order, by the labels")
    return tuple(own.index(label) for label in labels)


def truth(photos: Sequence[Photo], labels: Sequence[str]) -> NDArray[np.int64]:
    """The index of each photo's true label, by the folder that it lies in; -1 where that is no label."""
    known = {_plain(label): i for i, label in enumerate(labels)}
    return np.array([known.get(_plain(photo.folder), -1) for photo in photos], np.int64)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
