"""Runs that somebody damaged: one row each."""

import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gemelo.store.files import read_json, write_json
from gemelo.store.run import read_run_manifest, write_run
from tests.support.damage import flip_byte

# NumPy reads the header of an array as Python, whose tokenizer has an error of its own.
_HEADER = b"\x93NUMPY\x01\x00\x76\x00" + b"{'descr': '<f4', 'shape': (".ljust(0x75) + b"\n"


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


def _calibration(content: bytes) -> Callable[[Path], object]:
    """Another calibration.npy, whose hash fits."""

    def damage(root: Path) -> None:
        (root / "calibration.npy").write_bytes(content)
        write_run(root, read_run_manifest(read_json(root / "run.json"), root / "run.json"))

    return damage


def _link_out(root: Path) -> None:
    (root / "run.json").rename(root.with_name("run.json"))
    (root / "run.json").symlink_to("../run.json")


def _npy(array: NDArray[np.generic]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


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
    HostileRun("manifest a link out", _link_out, "UnsafePathError", "leads out"),
    HostileRun("calibration no array", _calibration(b"x" * 200), "SchemaError", "not an array"),
    HostileRun("calibration without an end", _calibration(_HEADER), "SchemaError", "not an array"),
    HostileRun("calibration of objects", _calibration(_npy(np.array([{}]))), "SchemaError", "not an array"),
    HostileRun("calibration of floats", _calibration(_npy(np.zeros((2, 3)))), "SchemaError", "in uint8"),
    HostileRun("labels swapped", _manifest(labels=["dogs", "cats"]), "LabelMismatchError", "labels"),
)
