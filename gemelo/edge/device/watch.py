"""A folder that is watched: each photo is answered once it is whole."""

import csv
import os
import stat
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemelo.edge.device.frames import now, print_row
from gemelo.edge.device.model import Model
from gemelo.errors import CorruptImageError, EmptyImageError, ImageError, NotFoundError, StorageError, UsageError
from gemelo.prediction import Prediction
from gemelo.preprocessing.photo_files import is_ignored, is_photo
from gemelo.terminal.answers import NOT_SURE, row_of
from gemelo.terminal.text import shown, spreadsheet_cell
from gemelo.terminal.until_stopped import UntilStopped

# A file that did not change for so long is tried; one that is cut short then is given more time to become whole.
SETTLE = 1.0
PATIENCE = 10.0
_POLL = 0.5
_COLUMNS = ("time", "path", "prediction", "probability", "error")
_UNREADABLE = "unreadable"


@dataclass
class _Seen:
    """A file of the folder: what it looked like, since when, and when it is to be tried."""

    stamp: tuple[int, int, int]
    since: float
    wait: float
    done: bool = False


class Watch:
    """What is new in a folder, by looking at it again and again: that works on any file system.

    Args:
        folder: Its files are watched, those below its folders are not.
        settle: Seconds that a file must not have changed.
        patience: Seconds that a damaged one must not have changed.
    """

    def __init__(self, folder: Path, settle: float = SETTLE, patience: float = PATIENCE) -> None:
        self.folder = folder
        self.settle = settle
        self.patience = patience
        self._seen: dict[str, _Seen] = {}

    def ready(self, at: float) -> list[Path]:
        """Photos to try, those of the same time by name.

        Args:
            at: The time, in seconds of a clock that never goes back.

        Raises:
            NotFoundError: The folder is gone.
        """
        found = self._stamps()
        self._seen = {name: seen for name, seen in self._seen.items() if name in found}
        for name, stamp in found.items():
            seen = self._seen.get(name)
            if seen is None or seen.stamp != stamp:
                self._seen[name] = _Seen(stamp, at, self.settle)
        due = [name for name, seen in self._seen.items() if not seen.done and at - seen.since >= seen.wait]
        photos = [name for name in sorted(due) if is_photo(self.folder / name)]
        for name in set(due) - set(photos):
            self._seen[name].done = True  # until it changes
        return [self.folder / name for name in photos]

    def tried(self, path: Path, whole: bool) -> bool:
        """Note that a photo was tried, and say whether that was final: a cut one gets more time, once."""
        seen = self._seen.get(path.name)
        if seen is None:
            return True
        seen.done = whole or seen.wait >= self.patience
        seen.wait = self.patience
        return seen.done

    def _stamps(self) -> dict[str, tuple[int, int, int]]:
        stamps: dict[str, tuple[int, int, int]] = {}
        try:
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    if is_ignored(entry.name):
                        continue
                    try:
                        status = entry.stat()
                    except OSError:  # gone again, or a link to nothing
                        continue
                    if stat.S_ISREG(status.st_mode):
                        stamps[entry.name] = (status.st_ino, status.st_size, status.st_mtime_ns)
        except OSError as exc:
            raise NotFoundError(f"{self.folder}: cannot be watched: {exc.strerror}") from exc
        return stamps


def answer_watch(model: Model, watch: Watch, top: int | None, table: Path | None, move: Path | None) -> int:
    """Answer each photo that is in a folder or comes into it, a line of JSON each, until it is stopped.

    Args:
        model: Loaded.
        watch: The folder.
        top: How many labels for each photo.
        table: A CSV file that gets a row for each photo; it is begun or continued.
        move: A folder with one for each label, into which answered photos go; those unreadable go to `unreadable`, and
            those it is not sure of to `not sure`.

    Raises:
        NotFoundError: There is no such folder.
        UsageError: Photos would be moved into the folder that is watched.
        StorageError: The table or a folder cannot be written to.
    """
    if move is not None and move.resolve() == watch.folder.resolve():
        raise UsageError("--move names the folder that is watched", hint="name one in it, or beside it")
    watch.ready(time.monotonic())
    print(f"watching {shown(str(watch.folder))}   (Ctrl-C stops it)", file=sys.stderr, flush=True)
    with UntilStopped():
        while True:
            for path in watch.ready(time.monotonic()):
                _answer_file(model, watch, path, top, table, move)
            time.sleep(_POLL)
    return 0


def _answer_file(
    model: Model, watch: Watch, path: Path, top: int | None, table: Path | None, move: Path | None
) -> None:
    answer = model.attempt(path, top)
    if not watch.tried(path, not isinstance(answer, CorruptImageError | EmptyImageError)):
        return
    sure = model.is_sure(answer)
    row = {"time": now(), **row_of(str(path), answer, sure)}
    if move is not None:
        _move(path, move / (_folder_of(answer) if sure else NOT_SURE), row)
    if table is not None:
        _append(table, row)
    print_row(row)


def _folder_of(answer: list[Prediction] | ImageError) -> str:
    """A label as the name of a folder, whatever letters are in it."""
    if isinstance(answer, ImageError):
        return _UNREADABLE
    name = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in answer[0].label)
    return name if name.strip(". ") else f"label {answer[0].index}"


def _move(path: Path, folder: Path, row: dict[str, Any]) -> None:
    """Move a photo, over none that is there."""
    import shutil

    target, number = folder / path.name, 1
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while target.exists() or target.is_symlink():
            number += 1
            target = folder / f"{path.stem}-{number}{path.suffix}"
        shutil.move(path, target)
    except FileNotFoundError:  # somebody was faster
        row["moved_to"] = None
    except OSError as exc:
        raise StorageError(f"cannot move {path} to {folder}: {exc.strerror or exc}") from exc
    else:
        row["moved_to"] = str(target)


def _append(table: Path, row: dict[str, Any]) -> None:
    best = row["predictions"][0]["probability"] if "predictions" in row else ""
    values = {**row, "probability": best}
    if row.get("sure") is False:
        values["prediction"] = NOT_SURE
    if "hint" in row:
        values["error"] = f"{row['error']} ({row['hint']})"
    try:
        is_new = not table.exists() or table.stat().st_size == 0
        with table.open("a", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            writer = csv.writer(stream)
            if is_new:
                writer.writerow(_COLUMNS)
            writer.writerow([spreadsheet_cell(str(values.get(column, ""))) for column in _COLUMNS])
    except OSError as exc:
        raise StorageError(f"cannot write {table}: {exc.strerror or exc}") from exc
