"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from gemelo.errors import UsageError
from gemelo.limits import MAX_PIXELS

BundleArgument = Annotated[Path, typer.Argument(metavar="BUNDLE", help="A folder written by `gemelo export`.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
MegapixelsOption = Annotated[
    float, typer.Option("--max-megapixels", help="Refuse larger photos before they are decoded.")
]
RuntimesOption = Annotated[
    str | None, typer.Option(help="Only these of tfjs,onnx,litert. Default: all that the bundle has files for.")
]
MEGAPIXELS = MAX_PIXELS // 1_000_000
SamplesOption = Annotated[
    Path | None, typer.Option(help="A folder of up to 24 photos that the page offers. Default: drawings.")
]
TitleOption = Annotated[
    str | None, typer.Option(help="Title of the page and of the installed app. Default: the bundle's name.")
]


def split_names(text: str | None) -> list[str] | None:
    """`onnx,tflite` or `onnx tflite` as a list; None stays None."""
    if text is None:
        return None
    return [name for name in text.replace(",", " ").split() if name]


def to_pixels(megapixels: float) -> int:
    """Megapixels to pixels.

    Raises:
        UsageError: Not a positive number.
    """
    if not 0 < megapixels < 1e6:
        raise UsageError(f"--max-megapixels must be a positive number, not {megapixels:g}")
    return int(megapixels * 1_000_000)


def parse_size(text: str | None) -> tuple[int, int] | None:
    """`64` or `96x64` (width x height) as (width, height); None stays None.

    Raises:
        UsageError: Not a size.
    """
    if text is None:
        return None
    sides = text.lower().split("x")
    if len(sides) not in (1, 2) or not all(side.isdecimal() and 1 <= int(side) <= 4096 for side in sides):
        raise UsageError(f"--size {text}: give one number of pixels, or WIDTHxHEIGHT, each from 1 to 4096")
    return int(sides[0]), int(sides[-1])
