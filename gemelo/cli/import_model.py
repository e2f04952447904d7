"""`gemelo import`: a model that was trained elsewhere in, a run out."""

from pathlib import Path
from typing import Annotated

import typer

from gemelo import installed
from gemelo.cli import app
from gemelo.cli import import_options as ask
from gemelo.cli.importing import import_run
from gemelo.cli.options import MEGAPIXELS, MegapixelsOption, to_pixels
from gemelo.registry import constants

_HELP = """Import a model that was trained elsewhere.

MODEL is one of:

{sources}

gemelo reads from the file the size of the input, scaling that is a layer of the model, and whether there is a softmax.
You give the rest as options: the labels, and how photos were prepared in training. With --photos you see how often the
model is right on your photos.

Example: gemelo import cats.keras --out runs/cats --labels cats,dogs --scale 0..1 --photos photos
"""


def _help() -> str:
    """The command's help, with every source's own words. They are read, not imported: help must come at once."""
    sources = constants(installed.folder_of("importers.sources"), "SUMMARY")
    return _HELP.format(sources="\n".join(f"- {text}" for text in sources.values()))


@app.command(name="import", help=_help())
def import_model(  # noqa: D103  # its help is above
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A model file or folder.")],
    out: Annotated[Path, typer.Option(help="Where the run goes, e.g. runs/pets.")],
    labels: ask.Labels = None,
    photos: ask.Photos = None,
    size: ask.Size = None,
    fit: ask.Fit = None,
    filter: ask.Filter = None,
    resize_to: ask.ResizeTo = None,
    scale: ask.Scale = None,
    channel_order: ask.ChannelOrder = None,
    output: ask.Output = None,
    preset: ask.Preset = None,
    preprocess: ask.Preprocess = None,
    trust: ask.Trust = False,
    custom_objects: ask.CustomObjects = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run that exists already.")] = False,
    max_megapixels: MegapixelsOption = MEGAPIXELS,
) -> None:
    asked = ask.Asked.of(locals())
    run = import_run(asked.options(model, out, overwrite=overwrite, max_pixels=to_pixels(max_megapixels)))
    from gemelo.cli.info import print_run

    print_run(run)
