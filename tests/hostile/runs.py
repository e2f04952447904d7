"""Runs that somebody damaged: one row each."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gemelo.files import read_json, write_json
from tests.support.damage import flip_byte


@dataclass(frozen=True)
class HostileRun:
    """One way to damage a run.

    Attributes:
        name: What was done.
        damage: Does it to the run's folder.
        error: The class of the error that exporting it must raise.
        words: A part of its message.
    """

    name: str
    damage: Callable[[Path], object]
    error: str
    words: str


def _manifest(**change: object) -> Callable[[Path], object]:
    return lambda root: write_json(root / "run.json", {**read_json(root / "run.json"), **change})


def _unfinished(root: Path) -> None:
    (root / "run.json").unlink()
    (root / "checkpoints").mkdir()


HOSTILE_RUNS = (
    HostileRun("folder gone", shutil.rmtree, "NotFoundError", "no such folder"),
    HostileRun("manifest gone", lambda r: (r / "run.json").unlink(), "MissingFileError", "no run"),
    HostileRun("interrupted training", _unfinished, "UnfinishedRunError", "interrupted"),
    HostileRun("manifest cut", lambda r: (r / "run.json").write_text('{"sch'), "SchemaError", "JSON"),
    HostileRun("newer schema", _manifest(schema=99), "SchemaError", "newer"),
    HostileRun("a bundle's manifest", _manifest(kind="bundle"), "SchemaError", "not a run"),
    HostileRun("field missing", _manifest(preprocessing=None), "SchemaError", "preprocessing"),
    HostileRun("model gone", lambda r: (r / "model.keras").unlink(), "MissingFileError", "model.keras"),
    HostileRun("byte changed in the model", flip_byte("model.keras"), "TamperedFileError", "model.keras"),
    HostileRun("byte changed in the record", flip_byte("reference.json"), "TamperedFileError", "reference.json"),
    HostileRun(
        "path climbs out", _manifest(files={"../x": {"bytes": 1, "sha256": "0" * 64}}), "UnsafePathError", "outside"
    ),
    HostileRun("labels swapped", _manifest(labels=["dogs", "cats"]), "LabelMismatchError", "labels"),
)
