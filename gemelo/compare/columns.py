"""Answers of several models, brought into one order: probabilities, with the columns of the reference's labels."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemelo.compare import outputs
from gemelo.compare.answering import Answered, Photo
from gemelo.compare.sides import Side

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
        ModelError: Answers are not what was said of them.
    """
    present = [side for side in sides if side.letter in answered.raw]
    kinds = {}
    for side in present:
        raw, facts = answered.raw[side.letter], side.model.facts
        kind = outputs.meaning(side.path, raw, side.declared.output, facts.precision, facts.output_step)
        kinds[side.letter] = kind
        if sentence := outputs.told(kind, raw.shape[1]):
            side.notes.append(sentence)
    classes = max(2, answered.raw[present[0].letter].shape[1])
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
