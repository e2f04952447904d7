"""`gemelo predict`: what is on these photos?"""

import glob
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from gemelo.classifier import Classifier, Prediction, load
from gemelo.cli import app
from gemelo.cli.options import BundleArgument, JsonOption, MegapixelsOption, to_pixels
from gemelo.cli.text import print_json, shown, styled
from gemelo.contract import EXTENSIONS, FOREIGN_EXTENSIONS
from gemelo.errors import ImageError, NotFoundError


@app.command()
def predict(
    bundle: BundleArgument,
    photos: Annotated[list[str], typer.Argument(metavar="PHOTO...", help="Photos, folders of photos, or globs.")],
    format: Annotated[str, typer.Option(help="onnx, tflite or tfjs.")] = "onnx",
    variant: Annotated[str, typer.Option(help="fp32, fp16, int8, ...: `gemelo info BUNDLE` lists them.")] = "fp32",
    top: Annotated[int | None, typer.Option(min=1, help="How many labels for each photo; all by default.")] = None,
    as_json: JsonOption = False,
    max_megapixels: MegapixelsOption = 64,
) -> None:
    """Classify photos, without TensorFlow.

    Prints for each photo its probability and its prediction, or "not sure" where the probability is below the
    threshold that the bundle was given in training. A photo that cannot be read is named, the others are classified
    all the same, and the exit code is 1.
    """
    paths, missing = find_photos(photos)
    with load(bundle, format, variant, max_pixels=to_pixels(max_megapixels)) as classifier:
        rows = classifier.predict_all(paths, top)
        failed = _print_json(rows, classifier) if as_json else _print_lines(rows, classifier)
    for problem in missing:
        print(f"error: {shown(problem.message)}", file=sys.stderr)
    raise typer.Exit(1 if failed or missing else 0)


def find_photos(arguments: Sequence[str]) -> tuple[list[Path], list[NotFoundError]]:
    """Photos named, below a folder named, or matching a glob; and the arguments that name nothing.

    Raises:
        NotFoundError: None of them names anything.
    """
    found = {argument: list(_named(argument)) for argument in arguments}
    missing = [_nothing(argument) for argument, paths in found.items() if not paths]
    if missing and len(missing) == len(found):
        raise missing[0]
    return [path for paths in found.values() for path in paths], missing


def _named(argument: str) -> Iterator[Path]:
    path = Path(argument)
    if path.is_dir():
        known = EXTENSIONS + FOREIGN_EXTENSIONS
        yield from (p for p in sorted(path.rglob("*")) if p.suffix.lower() in known and p.is_file())
    elif path.exists() or path.is_symlink():
        yield path
    else:
        yield from (Path(name) for name in sorted(glob.glob(argument, recursive=True)) if Path(name).is_file())


def _nothing(argument: str) -> NotFoundError:
    what = f"no photo in it ({', '.join(EXTENSIONS)})" if Path(argument).is_dir() else "there is no such photo"
    return NotFoundError(f"{argument}: {what}")


def _print_lines(rows: Iterator[tuple[Any, list[Prediction] | ImageError]], classifier: Classifier) -> bool:
    failed = False
    for path, answer in rows:
        if isinstance(answer, ImageError):
            failed = True
            print(styled(shown(answer.message), "red"))
            continue
        print(f"{shown(str(path))}   {_line(answer, sure=classifier.is_sure(answer))}")
    return failed


def _line(answer: list[Prediction], *, sure: bool) -> str:
    first, others = answer[0], answer[1:4] if sure else answer[:4]
    said = styled(shown(first.label), "bold") if sure else styled("not sure", "yellow")
    rest = "".join(f"   {p.label} {p.probability:.4f}" for p in others)
    return f"probability: {styled(f'{first.probability:.4f}', 'bold')}   prediction: {said}{styled(shown(rest), 'dim')}"


def _print_json(rows: Iterator[tuple[Any, list[Prediction] | ImageError]], classifier: Classifier) -> bool:
    answers: list[dict[str, Any]] = []
    for path, answer in rows:
        if isinstance(answer, ImageError):
            answers.append({"path": str(path), "error": answer.message, "kind": type(answer).__name__})
        else:
            listed = [{"label": p.label, "probability": p.probability, "index": p.index} for p in answer]
            sure = classifier.is_sure(answer)
            said = listed[0]["label"] if sure else None
            answers.append({"path": str(path), "prediction": said, "sure": sure, "predictions": listed})
    print_json(answers)
    return any("error" in answer for answer in answers)
