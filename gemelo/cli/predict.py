"""`gemelo predict`: what is on these photos?"""

from typing import Annotated

import typer

from gemelo.classifier import Classifier, load
from gemelo.cli import app
from gemelo.cli.options import MEGAPIXELS, BundleArgument, JsonOption, MegapixelsOption, to_pixels
from gemelo.errors import ImageError
from gemelo.terminal.answers import Answer, find_photos, most_shown, print_answers


@app.command()
def predict(
    bundle: BundleArgument,
    photos: Annotated[list[str], typer.Argument(metavar="PHOTO...", help="Photos, folders of photos, or globs.")],
    format: Annotated[
        str | None,
        typer.Option(help="The format to run. Default: onnx if the bundle has it, otherwise tflite, otherwise tfjs."),
    ] = None,
    variant: Annotated[
        str | None, typer.Option(help="fp32, fp16, int8, ...: see `gemelo info BUNDLE`. Default: the most exact.")
    ] = None,
    top: Annotated[
        int | None, typer.Option(min=1, help="How many labels to show for each photo. Default: 4; with --json, all.")
    ] = None,
    mirror: Annotated[
        bool,
        typer.Option(
            "--mirror", help="Also classify each photo's mirror image, and average. Slower, slightly more accurate."
        ),
    ] = False,
    as_json: JsonOption = False,
    max_megapixels: MegapixelsOption = MEGAPIXELS,
) -> None:
    """Classify photos, without TensorFlow.

    Prints the prediction and its probability for each photo, or "not sure" if the probability is below the threshold
    that was chosen in training. If a photo can't be read, the reason is printed, the others are classified, and the
    exit code is 1. In folders, photos are recognized by their first bytes. Hidden files, and files that operating
    systems leave there (@eaDir, __MACOSX, Thumbs.db), are ignored. With --json, each photo has path, prediction (null
    if not sure), sure, and predictions: a list of label, probability and index. A photo that can't be read has path,
    error, hint and kind.
    """
    named = find_photos(photos)
    with load(bundle, format, variant, max_pixels=to_pixels(max_megapixels), mirror=mirror) as classifier:
        rows = classifier.predict_all(named.photos, most_shown(top, as_json))
        told = ((path, answer, _is_sure(classifier, answer)) for path, answer in rows)
        failed = print_answers(told, as_json)
    named.report()
    raise typer.Exit(1 if failed or named.missing else 0)


def _is_sure(classifier: Classifier, answer: Answer) -> bool:
    return not isinstance(answer, ImageError) and classifier.is_sure(answer)
