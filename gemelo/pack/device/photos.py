"""Photos named on the command line, and how their answers are printed: as `gemelo predict` does."""

import glob
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gemelo.classifier import Prediction
from gemelo.cli.text import print_json, shown, styled
from gemelo.contract import EXTENSIONS, FOREIGN_EXTENSIONS
from gemelo.errors import ImageError, NotFoundError
from gemelo.pack.device.model import Model

PHOTO_EXTENSIONS = EXTENSIONS + FOREIGN_EXTENSIONS
NOT_SURE = "not sure"
_Answer = list[Prediction] | ImageError


def answer_photos(model: Model, arguments: Sequence[str], top: int | None, as_json: bool) -> int:
    """Classify photos, folders and globs, print the answers, and return the exit code.

    Raises:
        NotFoundError: None of them names anything.
    """
    found = {argument: list(_named(argument)) for argument in arguments}
    missing = [_nothing(argument) for argument, paths in found.items() if not paths]
    if missing and len(missing) == len(found):
        raise missing[0]
    rows = model.answer_all([path for paths in found.values() for path in paths], top)
    failed = _print_array(model, rows) if as_json else _print_each(model, rows)
    for problem in missing:
        print(f"error: {shown(problem.message)}", file=sys.stderr)
    return 1 if failed or missing else 0


def row_of(path: str, answer: _Answer, sure: bool) -> dict[str, Any]:
    """An answer as JSON has it."""
    if isinstance(answer, ImageError):
        return {"path": path, "error": answer.message, "kind": type(answer).__name__}
    listed = [{"label": p.label, "probability": p.probability, "index": p.index} for p in answer]
    said = listed[0]["label"] if sure else None
    return {"path": path, "prediction": said, "sure": sure, "predictions": listed}


def line_of(path: str, answer: _Answer, sure: bool) -> str:
    """An answer for people, on one line."""
    if isinstance(answer, ImageError):
        return styled(shown(answer.message), "red")
    first, others = answer[0], answer[1:4] if sure else answer[:4]
    said = styled(shown(first.label), "bold") if sure else styled(NOT_SURE, "yellow")
    rest = "".join(f"   {p.label} {p.probability:.4f}" for p in others)
    probability = styled(f"{first.probability:.4f}", "bold")
    return f"{shown(path)}   probability: {probability}   prediction: {said}{styled(shown(rest), 'dim')}"


def _print_each(model: Model, rows: Iterable[tuple[Path, _Answer]]) -> bool:
    failed = False
    for path, answer in rows:
        failed |= isinstance(answer, ImageError)
        print(line_of(str(path), answer, model.is_sure(answer)))
    return failed


def _print_array(model: Model, rows: Iterable[tuple[Path, _Answer]]) -> bool:
    answers = [row_of(str(path), answer, model.is_sure(answer)) for path, answer in rows]
    print_json(answers)
    return any("error" in answer for answer in answers)


def _named(argument: str) -> Iterator[Path]:
    path = Path(argument)
    if path.is_dir():
        yield from (p for p in sorted(path.rglob("*")) if p.suffix.lower() in PHOTO_EXTENSIONS and p.is_file())
    elif path.exists() or path.is_symlink():
        yield path
    else:
        yield from (Path(name) for name in sorted(glob.glob(argument, recursive=True)) if Path(name).is_file())


def _nothing(argument: str) -> NotFoundError:
    what = f"no photo in it ({', '.join(EXTENSIONS)})" if Path(argument).is_dir() else "there is no such photo"
    return NotFoundError(f"{argument}: {what}")
