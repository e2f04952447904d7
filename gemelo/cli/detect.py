"""`gemelo detect`: which preprocessing a model wants."""

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from gemelo import installed
from gemelo.cli import app
from gemelo.cli import import_options as ask
from gemelo.cli.heavy import load_heavy
from gemelo.cli.interrupt import interruptible
from gemelo.cli.options import MEGAPIXELS, JsonOption, MegapixelsOption, to_pixels
from gemelo.progress import Bars


@app.command()
def detect(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A model file or folder, as for `gemelo import`.")],
    photos: Annotated[
        Path, typer.Option(help="Photos with a folder for each label. 50 to 200 are enough; at most 200 are used.")
    ],
    labels: ask.Labels = None,
    size: ask.Size = None,
    fit: ask.Fit = None,
    filter: ask.Filter = None,
    resize_to: ask.ResizeTo = None,
    scale: ask.Scale = None,
    channel_order: ask.ChannelOrder = None,
    output: ask.Output = None,
    preset: ask.Preset = None,
    trust: ask.Trust = False,
    custom_objects: ask.CustomObjects = None,
    as_json: JsonOption = False,
    max_megapixels: MegapixelsOption = MEGAPIXELS,
) -> None:
    """Detect how photos must be prepared for a model.

    If the same model gives another answer to the same photo, the preprocessing is nearly always the cause. This command
    tries every plausible scale, channel order, filter, fit and order of labels on photos whose labels are known, and
    ranks them by log-loss. Combinations whose difference may be due to chance are called a tie. Options for the
    preprocessing don't restrict the search: your values are tried in addition to the others. Nothing is written.

    Example: gemelo detect cats.keras --photos photos
    """
    asked = ask.Asked.of({**locals(), "preprocess": None})
    options = asked.options(model, Path(), overwrite=False, max_pixels=to_pixels(max_megapixels))
    installed.load("importers.opening").check(model)
    detecting = load_heavy("importers.detecting")
    with interruptible("nothing was written"):
        found, words = detecting.detect_model(options, progress=Bars())
    again = [str(model), *words, "--out", f"runs/{model.stem}", "--photos", str(photos)]
    _show(installed.load("importers.verdict"), found, words, shlex.join(again), as_json=as_json)
    raise typer.Exit(0 if found.knows else 1)


def _show(verdict: Any, found: Any, words: list[str], again: str, *, as_json: bool) -> None:
    from gemelo.terminal.text import print_json, shown

    if as_json:
        print_json({**verdict.as_json(found), "options": words})
        return
    rows = [["scale", "order", "filter", "fit", "log-loss", "correct", ""], *verdict.table(found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for sentence in ["", *verdict.sentences(found)]:
        print(shown(sentence))
    if found.unreadable:
        path, reason = next(iter(found.unreadable.items()))
        print(shown(f"{len(found.unreadable)} photos could not be read, among them {path}: {reason}"))
    if found.knows:
        print()
        print(shown(f"  gemelo import {again}"))
