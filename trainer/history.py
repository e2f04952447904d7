"""What each epoch came to, as CSV and JSON: the same seed gives the same CSV, byte for byte."""

import csv
import io
from dataclasses import fields
from pathlib import Path
from typing import Any

from gemelo.store.files import atomic_write, write_json
from gemelo.store.run import HISTORY, Epoch
from gemelo.store.schema import as_json

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
    write_json(folder / HISTORY, history)


def to_json(history: list[Epoch]) -> list[dict[str, Any]]:
    """Rows as they stand in a checkpoint."""
    rows: list[dict[str, Any]] = as_json(history)
    return rows


def from_json(rows: list[dict[str, Any]]) -> list[Epoch]:
    """Read what `to_json` wrote."""
    return [Epoch(**row) for row in rows]


def best(history: list[Epoch]) -> Epoch:
    """The epoch of the highest validation accuracy, the first of them."""
    return max(history, key=lambda row: (row.val_accuracy, -row.epoch))
