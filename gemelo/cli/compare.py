"""`gemelo compare`: models that exist already, on the same photos: whose answer is different, and why."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gemelo.cli import app
from gemelo.cli.compare_options import HELP, PANEL, SIDE_OPTIONS, sides_of
from gemelo.cli.options import MEGAPIXELS, JsonOption, MegapixelsOption, to_pixels
from gemelo.cli.show_compare import print_compare
from gemelo.compare import Asked, CompareOptions, CompareReport, written
from gemelo.compare import compare as run_compare
from gemelo.compare.beside import declaration
from gemelo.errors import UsageError
from gemelo.preprocessing import FILTERS, FITS
from gemelo.progress import Bars
from gemelo.store import schema
from gemelo.terminal.text import print_json

_FIT = f"How photos are fitted into the input: {', '.join(FITS)}. Default: as for the other models, or squash."
_FILTER = f"How photos are resized: {', '.join(FILTERS)}. Default: as for the other models, or pillow-bilinear."
_LABELS = "The labels in the model's order: cats,dogs or a file with one label on each line."
_OUTPUT = "What the model returns: probabilities, sigmoid or logits. Default: detected from its answers."


def _said(help: str, **more: Any) -> Any:
    return typer.Option(help=help, rich_help_panel=PANEL, **more)


@app.command(help=HELP, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def compare(  # noqa: D103  # its help is in compare_options
    models: Annotated[
        list[str], typer.Argument(metavar="A B...", help="The models. The others are compared with the first.")
    ],
    images: Annotated[Path, typer.Option(metavar="DIR", help="A folder of photos.")],
    scale: Annotated[
        str | None, _said("How pixels 0-255 become the model's input: 0..1, -1..1, 0..255, caffe, torch, or MEAN/STD.")
    ] = None,
    channel_order: Annotated[str | None, _said("rgb (default) or bgr.")] = None,
    size: Annotated[
        str | None, _said("Size of the input in pixels, 224 or WIDTHxHEIGHT, for a model that takes any size.")
    ] = None,
    fit: Annotated[str | None, _said(_FIT, metavar="FIT")] = None,
    filter: Annotated[str | None, _said(_FILTER, metavar="FILTER")] = None,
    resize_to: Annotated[
        int | None, _said("Pixels of the shorter side before the crop, for --fit resize-crop.")
    ] = None,
    labels: Annotated[str | None, _said(_LABELS, metavar="FILE|NAMES")] = None,
    output: Annotated[str | None, _said(_OUTPUT)] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="The largest difference of a probability. Default: 0.0001; 0.05 if a file is in float16. If one is in "
            "8 bits: 0.04 on average, 0.5 % of the labels, and 0.5 percentage points of accuracy.",
        ),
    ] = None,
    layers: Annotated[bool, typer.Option("--layers", help="Find the first layer at which the models differ.")] = False,
    causes: Annotated[bool, typer.Option("--causes/--no-causes", help="If models differ, look for the cause.")] = True,
    out: Annotated[Path | None, typer.Option(help="Write compare.html and compare.json into this folder.")] = None,
    photos: Annotated[
        bool, typer.Option("--show-photos/--no-photos", help="Show photos whose label changed in compare.html.")
    ] = True,
    markdown: Annotated[Path | None, typer.Option(help="Also write a summary in Markdown to this file.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Also write the verdicts to this file, as JUnit XML.")] = None,
    as_json: JsonOption = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="Run Lambda layers and other programs that a Keras model contains.")
    ] = False,
    max_megapixels: MegapixelsOption = MEGAPIXELS,
) -> None:
    given = locals()
    if out is not None and out.exists() and not out.is_dir():
        raise UsageError(f"--out {out}: this is a file; a folder is wanted")
    report = _compared(given)
    if as_json:
        print_json(schema.as_json(report))
    else:
        print_compare(report)
    written(report, out, markdown, junit)
    raise typer.Exit(0 if report.passed else 1)


def _compared(given: dict[str, Any]) -> CompareReport:
    paths, own = sides_of(given["models"])
    common = declaration(**{name: given[name] for name in SIDE_OPTIONS})
    options = CompareOptions(
        tolerance=given["tolerance"],
        causes=given["causes"],
        layers=given["layers"],
        pictures=given["photos"] and given["out"] is not None,
        max_pixels=to_pixels(given["max_megapixels"]),
    )
    return run_compare(Asked(paths, common, own, given["trust"]), given["images"], options, progress=Bars())
