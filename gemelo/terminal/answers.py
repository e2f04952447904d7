"""Photos named on a command line, and answers as they are printed: by `gemelo predict` and on devices."""

import glob
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gemelo.errors import ImageError, NotFoundError
from gemelo.prediction import Prediction
from gemelo.preprocessing.heic import HEIC_NOTE, decoded_heic
from gemelo.preprocessing.photo_files import find, is_ignored, passed_over
from gemelo.terminal.text import complain, print_json, shown, shown_lines, styled

NOT_SURE = "not sure"
UNREADABLE = "unreadable"
_ON_A_LINE = 4

Answer = list[Prediction] | ImageError
Told = tuple[Any, Answer, bool]


@dataclass(frozen=True)
class Named:
    """What a command line names.

    Attributes:
        photos: In its order; those below a folder by their paths.
        missing: The arguments that name no photo.
        others: Files below folders that are no photos.
    """

    photos: list[Path] = field(default_factory=list)
    missing: list[NotFoundError] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)

    def report(self) -> None:
        """Tell the error output what was passed over, what names nothing, and that HEIC photos were decoded."""
        lines = [f"passed over {passed_over(self.others)}"] if self.others else []
        lines += [HEIC_NOTE] if decoded_heic() else []
        _print_aside([shown(line) for line in lines])
        for problem in self.missing:
            complain(problem.message, problem.hint)


def find_photos(arguments: Sequence[str]) -> Named:
    """Photos named, below a folder named, or matching a glob.

    Raises:
        NotFoundError: None of the arguments names anything.
    """
    named = Named()
    for argument in dict.fromkeys(arguments):
        _add(argument, named)
    if named.missing and not named.photos:
        raise named.missing[0]
    return named


def print_answers(told: Iterable[Told], as_json: bool) -> bool:
    """Print answers, each with its photo and whether it is sure; True where a photo could not be read.

    For several photos, the error output ends with a count for each label, with how many are right where their folders
    name labels, and with what to do about photos that could not be read, each hint once.
    """
    if as_json:
        rows = [row_of(str(path), answer, sure) for path, answer, sure in told]
        print_json(rows)
        return any("error" in row for row in rows)
    counts: Counter[str] = Counter()
    right: Counter[bool | None] = Counter()
    hints: dict[str, None] = {}
    failed = False
    for path, answer, sure in told:
        if isinstance(answer, ImageError):
            failed = True
            hints |= {answer.hint: None} if answer.hint else {}
        counts[_said(answer, sure)] += 1
        right[_is_right(path, answer, sure)] += 1
        print(line_of(str(path), answer, sure), flush=True)
    below = [shown_lines(hint) for hint in hints]
    if counts.total() > 1:
        summary = "   ".join(f"{said}: {count}" for said, count in sorted(counts.items(), key=_last_what_is_none))
        said_right = "" if right[None] else f"   right, as their folders are named: {right[True]} of {right.total()}"
        below.insert(0, shown(f"{counts.total()} photos   {summary}{said_right}"))
    _print_aside(below)
    return failed


def _print_aside(lines: Sequence[str]) -> None:
    if lines and sys.stderr is not None:  # where there is none, print would take standard output
        with suppress(OSError):  # the answers are shown; this is an extra
            print("\n".join(lines), file=sys.stderr, flush=True)


def _said(answer: Answer, sure: bool) -> str:
    if isinstance(answer, ImageError):
        return UNREADABLE
    return answer[0].label if sure else NOT_SURE


def _is_right(path: Any, answer: Answer, sure: bool) -> bool | None:
    """Whether the answer is the name of the photo's folder; None where the folder has no label's name."""
    folder = Path(str(path)).parent.name
    if isinstance(answer, ImageError) or folder not in {prediction.label for prediction in answer}:
        return None
    return sure and answer[0].label == folder


def _last_what_is_none(row: tuple[str, int]) -> tuple[bool, int, str]:
    said, count = row
    return said in (NOT_SURE, UNREADABLE), -count, said


def row_of(path: str, answer: Answer, sure: bool) -> dict[str, Any]:
    """An answer as JSON has it."""
    if isinstance(answer, ImageError):
        hint = {"hint": answer.hint} if answer.hint else {}
        return {"path": path, "error": answer.message, **hint, "kind": type(answer).__name__}
    listed = [{"label": p.label, "probability": p.probability, "index": p.index} for p in answer]
    said = listed[0]["label"] if sure else None
    return {"path": path, "prediction": said, "sure": sure, "predictions": listed}


def most_shown(top: int | None, as_json: bool) -> int | None:
    """How many labels of each photo are wanted: where nothing was asked, as many as fit on a line."""
    return top if top is not None or as_json else _ON_A_LINE


def line_of(path: str, answer: Answer, sure: bool) -> str:
    """An answer for people, on one line."""
    if isinstance(answer, ImageError):
        return styled(shown(answer.message), "red")
    first, others = answer[0], answer[1:] if sure else answer
    said = styled(shown(first.label), "bold") if sure else styled(NOT_SURE, "yellow")
    rest = "".join(f"   {p.label}: {p.probability:.4f}" for p in others)
    probability = styled(f"{first.probability:.4f}", "bold")
    return f"{shown(path)}   probability: {probability}   prediction: {said}{styled(shown(rest), 'dim')}"


def _add(argument: str, named: Named) -> None:
    path = Path(argument)
    if path.is_dir():
        found = find(path)
        named.photos.extend(found.photos)
        named.others.extend(found.others)
        if not found.photos:
            what = f"; passed over {passed_over(found.others)}" if found.others else ""
            named.missing.append(NotFoundError(f"{argument}: there is no photo in it{what}"))
        return
    photos = [path] if path.exists() or path.is_symlink() else _matching(argument)
    named.photos.extend(photos)
    if not photos:
        named.missing.append(NotFoundError(f"{argument}: there is no such photo"))


def _matching(pattern: str) -> list[Path]:
    paths = [Path(name) for name in sorted(glob.glob(pattern, recursive=True))]
    return [path for path in paths if path.is_file() and not is_ignored(path.name)]
