"""The run folder while it is being made: what may be begun, gone on with, or replaced; and the checkpoints.

A checkpoint is one file, replaced in one rename: it is the old one or the new one, never something between.
"""

import contextlib
import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import NotFoundError, StorageError, UsageError
from gemelo.store.files import atomic_write, read_json, write_json
from gemelo.store.run import CHECKPOINTS, COMMAND, MANIFEST, OPTIONS

Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Workspace:
    """A run folder in the making.

    Attributes:
        out: The folder.
    """

    out: Path

    @property
    def _options(self) -> Path:
        return self.out / CHECKPOINTS / OPTIONS

    @property
    def _last(self) -> Path:
        return self.out / CHECKPOINTS / "last.npz"

    @property
    def _stopped(self) -> Path:
        return self.out / CHECKPOINTS / "stopped.json"

    def check(self, *, resume: bool, overwrite: bool) -> None:
        """Whether a training may begin here; nothing is changed yet.

        Raises:
            UsageError: The folder is something else, or holds a run and nothing was said of what to do with it.
            NotFoundError: There is nothing to resume.
        """
        finished, unfinished = (self.out / MANIFEST).is_file(), self._options.is_file()
        if resume and finished:
            raise UsageError(f"{self.out}: this run is finished", hint="train anew with --overwrite, or another --out")
        if resume and not unfinished:
            raise NotFoundError(f"{self.out}: there is nothing to resume", hint="start without --resume")
        if resume or (overwrite and (finished or unfinished)):
            return
        if finished:
            raise UsageError(f"{self.out}: there is a finished run", hint="--overwrite replaces it; or another --out")
        if unfinished:
            raise UsageError(
                f"{self.out}: there is an unfinished run", hint="--resume goes on with it, --overwrite starts anew"
            )
        if self.out.exists() and not (self.out.is_dir() and not any(self.out.iterdir())):
            raise UsageError(f"{self.out}: something else is there, and it stays", hint="choose another --out")

    def begin(self, asked: dict[str, Any], command: str) -> None:
        """Empty the folder and note what is being made.

        Args:
            asked: {"training": options, "data": fingerprint}.
            command: That began it, for a person who wants to go on.
        """
        if self.out.is_dir():
            # The manifest first: what is left of a run without it is never taken for a whole one.
            (self.out / MANIFEST).unlink(missing_ok=True)
            shutil.rmtree(self.out)
        write_json(self._options, {**asked, COMMAND: command})

    def go_on(self, asked: dict[str, Any]) -> None:
        """Hold a resumed training to what it was begun with.

        A training that stopped because its loss was no number may go on with another learning rate.

        Raises:
            UsageError: Options or data differ; names all that do.
        """
        begun = read_json(self._options)
        command = begun.pop(COMMAND, "")
        begun["training"].setdefault("weight_bits", 32)  # as it was when there was no such option
        then, now = _flat(begun), _flat(asked)
        differ = [
            name for name in sorted({*then, *now}) if then.get(name) != now.get(name) and not name.endswith(".command")
        ]
        if self._stopped.is_file() and differ == ["learning_rate"]:
            write_json(self._options, {**asked, COMMAND: command})
        elif differ:
            if "architecture" in differ:  # which brings defaults of its own for all the others
                differ = ["architecture"]
            names = {"photos": "photos, or how they are split"}
            lines = [f"{names.get(name, name)}: {then.get(name)} then, {now.get(name)} now" for name in differ]
            raise UsageError(
                f"{self.out}: cannot be resumed, as this is another training:\n  " + "\n  ".join(lines),
                hint=f"go on with {command or 'the same options as then'} --resume, or start anew with --overwrite",
            )
        self._stopped.unlink(missing_ok=True)

    def save(self, arrays: Arrays, state: dict[str, Any]) -> None:
        """Replace the checkpoint.

        Raises:
            StorageError: The disk is full or may not be written to.
        """
        text = np.frombuffer(json.dumps(state).encode(), np.uint8)
        stream = io.BytesIO()
        np.savez(stream, state=text, **arrays)  # type: ignore[arg-type]  # numpy types **kwds as bool
        atomic_write(self._last, stream.getvalue())

    def load(self) -> bytes:
        """The last checkpoint, for `unpack`; empty where none was written yet."""
        return self._last.read_bytes() if self._last.is_file() else b""

    @contextlib.contextmanager
    def on_full_disk(self, *, resume: bool) -> Iterator[None]:
        """Remove a run that ran out of space before its first checkpoint; of a later one say how to go on with it.

        Raises:
            StorageError: The disk is full or may not be written to.
        """
        try:
            yield
        except StorageError as exc:
            if not self._last.is_file():
                if not resume:
                    shutil.rmtree(self.out, ignore_errors=True)
                raise
            hint = f"the training is kept in {self.out}: free some space and finish it with --resume\n{exc.hint or ''}"
            raise StorageError(exc.message, hint=hint.strip()) from exc

    def stop(self, reason: str) -> None:
        """Note why the training cannot go on as it is."""
        write_json(self._stopped, {"reason": reason})

    def clear(self) -> None:
        """Remove the checkpoints: the run is written."""
        shutil.rmtree(self.out / CHECKPOINTS, ignore_errors=True)


def unpack(checkpoint: bytes) -> tuple[Arrays, dict[str, Any]]:
    """What `save` was given."""
    with np.load(io.BytesIO(checkpoint), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    return arrays, json.loads(arrays.pop("state").tobytes())


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """{"preprocessing.width": 64, ...}, without the outermost name."""
    rows: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, list) and inner and all(isinstance(each, dict) for each in inner):
            rows |= _flat({str(i): each for i, each in enumerate(inner, 1)}, f"{prefix}{name}.")
        elif isinstance(inner, dict):
            rows |= _flat(inner, "" if name in ("training", "data") else f"{prefix}{name}.")
        else:
            rows[f"{prefix}{name}"] = inner
    return rows
