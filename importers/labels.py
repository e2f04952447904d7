"""Labels, as people keep them: lines of a file, numbered lines, JSON, a list with commas, or folders of photos."""

import re
from pathlib import Path
from typing import Any

from gemelo.errors import LabelMismatchError, UsageError
from gemelo.store.files import parse_json, read_lines
from gemelo.store.schema import is_text

_NUMBERED = re.compile(r"(\d+)[\s:,;]+(.+)")


def parse(text: str) -> tuple[str, ...]:
    """What follows --labels: a file, or names with commas between them.

    Raises:
        UsageError: They are no labels.
        CheckError: The file cannot be read.
    """
    path = Path(text)
    try:
        there = path.is_file()
    except (OSError, ValueError):
        there = False
    if there:
        return read(path)
    if "," not in text:
        raise UsageError(
            f"--labels {text}: there is no such file", hint="give a file with a label on each line, or cats,dogs"
        )
    return check([part.strip() for part in text.split(",")], "--labels")


def read(path: Path) -> tuple[str, ...]:
    """The labels in a file: one on each line, with or without a number before it; or JSON, a list or an object.

    Raises:
        UsageError: They are no labels.
        CheckError: The file cannot be read.
    """
    lines = [line.strip() for line in read_lines(path)]
    if lines and lines[0].startswith(("[", "{")):
        try:
            return check(_of_json(parse_json("\n".join(lines))), path)
        except ValueError as exc:
            raise UsageError(f"{path}: neither lines nor JSON: {exc}") from exc
    while lines and not lines[-1]:
        lines.pop()
    numbered = [_NUMBERED.fullmatch(line) for line in lines]
    if lines and all(found is not None and int(found[1]) == i for i, found in enumerate(numbered)):
        lines = [found[2].strip() for found in numbered if found is not None]
    return check(lines, path)


def _of_json(value: Any) -> list[Any]:
    """A list; or an object from label to index (`class_indices` of Keras) or from index to label."""
    if isinstance(value, list):
        return value
    rows = [(key, each) if isinstance(each, int) else (each, _index(key)) for key, each in value.items()]
    rows.sort(key=lambda row: row[1])
    if [index for _, index in rows] != list(range(len(rows))):
        raise ValueError("its numbers are not 0, 1, 2, ...")
    return [label for label, _ in rows]


def _index(key: str) -> int:
    if not key.isdecimal():
        raise ValueError("an object of labels and numbers was expected")
    return int(key)


def check(found: list[Any], where: object) -> tuple[str, ...]:
    """The labels, if they are some.

    Raises:
        UsageError: One is empty, no text, or there twice, or there are fewer than two.
    """
    if not all(isinstance(label, str) and label and is_text(label) and label.isprintable() for label in found):
        raise UsageError(f"{where}: a label is empty or no text")
    if twice := sorted({label for label in found if found.count(label) > 1} if len(found) < 10_000 else ()):
        raise UsageError(f"{where}: {', '.join(twice[:4])} is there twice")
    if len(found) < 2:
        raise UsageError(f"{where}: a classifier has at least two labels")
    return tuple(found)


def fit(name: str, labels: tuple[str, ...], outputs: int) -> None:
    """Hold the labels to the model.

    Raises:
        LabelMismatchError: There are more or fewer than outputs.
    """
    wanted = max(2, outputs)
    if len(labels) != wanted:
        some = ", ".join(labels[:8]) + (", ..." if len(labels) > 8 else "")
        raise LabelMismatchError(
            f"{name}: the model tells {wanted} classes apart, and there are {len(labels)} labels: {some}",
            hint="give one label for each class, in the order of training: for Keras that of the folders' names",
        )
