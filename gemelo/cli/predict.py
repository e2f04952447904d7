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
        str | None, typer.Option(help="The format to run, e.g. onnx. Default: the one that starts fastest.")
    ] = None,
    variant: Annotated[
        str | None, typer.Option(help="fp32, fp16, int8, ...: see `gemelo info BUNDLE`. Default: the most exact.")
    ] = None,
    top: Annotated[
        int | None, typer.Option(min=1, help="How many labels to show for each photo. Default: 4, with --json all.")
    ] = None,
    mirror: Annotated[
        bool, typer.Option("--mirror", help="Also look at each photo's mirror image: slower, slightly more accurate.")
    ] = False,
    as_json: JsonOption = False,
    max_megapixels: MegapixelsOption = MEGAPIXELS,
) -> None:
    """Classify photos, without TensorFlow.

    Prints the prediction and its probability for each photo, or "not sure" if the probability is below the threshold
    that was chosen in training. If a photo cannot be read, it is named, the others are classified, and the exit code
    is 1. In folders, photos are recognized by their first bytes; hidden files and those that systems leave there
    (@eaDir, __MACOSX, Thumbs.db) are passed over.
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
