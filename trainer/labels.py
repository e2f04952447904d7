"""Labels that are not the names of folders: in a table, or in the names of the photos.

A table is a CSV file with one row for each photo. Its columns are found by their names (`file`, `filename`, `image`,
`id`, ...; `label`, `class`, `breed`, ...), else the first is the file and the second the label. A file is named by its
path below the photos' folder or beside the table, or by its name alone, with or without its suffix.
"""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gemelo.errors import DatasetError, NotFoundError
from gemelo.preprocessing.photo_files import find

from .dataset import problems

NAMES = "names"
EXPECTED = "--labels takes a CSV file with a row for each photo (file,label), or names for photos like cat.0.jpg"
_FILE = (
    "file",
    "filename",
    "file_name",
    "filepath",
    "file_path",
    "path",
    "image",
    "image_id",
    "image_name",
    "img",
    "id",
)
_LABEL = ("label", "labels", "class", "class_name", "classname", "category", "breed", "species", "target", "y")
_NUMBERS = re.compile(r"(?:[\s._-]*\(?\d+\)?)+$")


@dataclass(frozen=True)
class Labels:
    """What the photos below a folder are called.

    Attributes:
        label: {relative POSIX path: label}.
        others: Files without a label, photos or not.
    """

    label: dict[str, str]
    others: list[Path]


def read(root: Path, table: str) -> Labels:
    """The labels of the photos below a folder.

    Args:
        root: The folder.
        table: A CSV file, or `names`: the label is the photo's name without the number at its end.

    Raises:
        NotFoundError: There is no such table.
        DatasetError: It cannot be read, or names photos that are not there; names the first of all that is wrong.
    """
    found = find(root)
    relative = {path.relative_to(root).as_posix(): path for path in found.photos}
    if table == NAMES:
        named = {name: in_name(path) for name, path in relative.items()}
        label = {name: text for name, text in named.items() if text}
    else:
        label = _Table(root, Path(table), list(relative)).labels()
    others = [path for name, path in relative.items() if name not in label]
    own = Path(table).resolve()
    return Labels(label, others + [path for path in found.others if path.resolve() != own])


def in_name(path: Path) -> str:
    """The label in a photo's name: cat.0.jpg, cat_12.jpg and cat (3).jpg are cats; empty for 12.jpg."""
    return _NUMBERS.sub("", path.stem).strip(" ._-")


def in_names(photos: Iterable[Path]) -> Counter[str]:
    """How many photos have each label in their names."""
    return Counter(in_name(path) for path in photos)


class _Table:
    def __init__(self, root: Path, path: Path, photos: list[str]) -> None:
        self.root, self.path = root, path
        beside = path.resolve().parent
        prefix = beside.relative_to(root.resolve()).as_posix() if beside.is_relative_to(root.resolve()) else "."
        self._prefix = "" if prefix == "." else f"{prefix}/"
        self._known: dict[str, list[str]] = defaultdict(list)
        for photo in photos:
            pure = PurePosixPath(photo)
            # By its path, its name, and both without the suffix.
            for key in {photo, pure.name, pure.with_suffix("").as_posix(), pure.stem}:
                self._known[key].append(photo)

    def labels(self) -> dict[str, str]:
        """{relative path: label} of the rows.

        Raises:
            DatasetError: Rows that name no photo, or several, or one photo twice with different labels.
        """
        rows = self._rows()
        file, label = self._columns(rows[0]) or (0, 1)
        body = rows[1:] if self._columns(rows[0]) or not self._matches(rows[0][0]) else rows
        found: dict[str, str] = {}
        wrong: list[str] = []
        for number, row in enumerate(body, len(rows) - len(body) + 1):
            if len(row) <= max(file, label) or not row[label].strip():
                continue
            photos, text = self._matches(row[file]), row[label].strip()
            if len(photos) != 1:
                wrong.append(
                    f"row {number}: {'no photo' if not photos else f'{len(photos)} photos'} called {row[file]!r}"
                )
            elif found.setdefault(photos[0], text) != text:
                wrong.append(f"row {number}: {row[file]!r} is both {found[photos[0]]!r} and {text!r}")
        if wrong:
            raise problems(
                self.path, wrong, f"files are named by their paths below {self.root}, or by their names alone"
            )
        return found

    def _matches(self, name: str) -> list[str]:
        name = name.strip().replace("\\", "/").removeprefix("./")
        return self._known.get(name) or self._known.get(f"{self._prefix}{name}") or []

    def _columns(self, head: list[str]) -> tuple[int, int] | None:
        """Which columns hold the file and the label, by the names in the first row."""
        names = [name.strip().casefold() for name in head]
        file = next((names.index(name) for name in _FILE if name in names), None)
        label = next((names.index(name) for name in _LABEL if name in names), None)
        return None if file is None or label is None else (file, label)

    def _rows(self) -> list[list[str]]:
        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except FileNotFoundError as exc:
            raise NotFoundError(f"{self.path}: there is no such table of labels", hint=EXPECTED) from exc
        except (OSError, ValueError) as exc:
            reason = getattr(exc, "strerror", None) or "this is not text in UTF-8"
            raise DatasetError(f"{self.path}: cannot be read: {reason}", hint=EXPECTED) from exc
        first = text.split("\n", 1)[0]
        delimiter = max(",;\t", key=first.count)
        try:
            rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if any(map(str.strip, row))]
        except csv.Error as exc:
            raise DatasetError(f"{self.path}: this is not a table: {exc}", hint=EXPECTED) from exc
        if not rows or len(rows[0]) < 2:
            raise DatasetError(f"{self.path}: a table of labels has two columns or more", hint=EXPECTED)
        return rows
