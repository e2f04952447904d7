"""What each epoch came to, as CSV and JSON: the same seed gives the same CSV, byte for byte."""

import csv
import io
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from gemelo.files import atomic_write


@dataclass(frozen=True)
class Epoch:
    """One epoch.

    Attributes:
        epoch: Counted from 1; 0 is the head alone, where nothing else learns.
        loss, accuracy: On the augmented training photos, over the epoch.
        val_loss, val_accuracy: On the validation photos, after it.
        learning_rate: At its end.
        seconds: With validation; not in the CSV, as it is never the same twice.
    """

    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    seconds: float


_COLUMNS = [field.name for field in fields(Epoch) if field.name != "seconds"]


def save(folder: Path, history: list[Epoch]) -> None:
    """Write history.csv and history.json, each whole or not at all.

    Raises:
        StorageError: The disk is full or may not be written to.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([getattr(row, name) for name in _COLUMNS] for row in history)
    atomic_write(folder / "history.csv", text.getvalue().encode())
    atomic_write(folder / "history.json", (json.dumps(to_json(history), indent=1) + "\n").encode())


def to_json(history: list[Epoch]) -> list[dict[str, Any]]:
    """Rows as they stand in history.json."""
    return [asdict(row) for row in history]


def from_json(rows: list[dict[str, Any]]) -> list[Epoch]:
    """Read what `to_json` wrote."""
    return [Epoch(**row) for row in rows]


def best(history: list[Epoch]) -> Epoch:
    """The epoch of the highest validation accuracy, the first of them."""
    return max(history, key=lambda row: (row.val_accuracy, -row.epoch))
