"""`gemelo train`: a folder of photos in, a run out."""

from pathlib import Path
from typing import Annotated

import typer

from gemelo.cli import app
from gemelo.cli.heavy import load_heavy
from gemelo.cli.options import MegapixelsOption, parse_size, to_pixels
from gemelo.progress import Bars


@app.command()
def train(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A folder of photos: see below.")],
    out: Annotated[Path, typer.Option(help="Where the run goes, e.g. runs/pets.")],
    arch: Annotated[str, typer.Option(help="lecture, lecture-described, lecture-28, compact, ...")] = "lecture",
    size: Annotated[str | None, typer.Option(help="Input in pixels: 64, or WIDTHxHEIGHT.")] = None,
    mode: Annotated[str, typer.Option(help="How a photo is fitted: squash, crop or pad.")] = "squash",
    channels: Annotated[int | None, typer.Option(help="3 for colour, 1 for grey.")] = None,
    epochs: Annotated[int | None, typer.Option(help="How often every photo is seen.")] = None,
    batch: Annotated[int | None, typer.Option(help="Photos in one step.")] = None,
    recipe: Annotated[str | None, typer.Option(help="Augmentation: none, lecture or strong.")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Of the optimizer; lower it when the loss is NaN.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same run.")] = 0,
    test_fraction: Annotated[float, typer.Option(help="Kept for the test where DATA is not split yet.")] = 0.2,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an interrupted run stopped.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first unreadable photo.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run that is there already.")] = False,
    max_megapixels: MegapixelsOption = 64,
) -> None:
    """Train a classifier on a folder of photos.

    DATA is split already (DATA/training_set/cats, DATA/training_set/dogs, DATA/test_set/cats, ...; also train or
    training, and test, val or validation), or it is one folder for each class (DATA/cats, DATA/dogs), of which a
    fifth is kept for the test. What is not given is the architecture's own.
    """
    load_heavy("trainer.train")
    from trainer.train import TrainOptions
    from trainer.train import train as run_training

    options = TrainOptions(
        data=data,
        out=out,
        arch=arch,
        size=parse_size(size),
        mode=mode,
        channels=channels,
        epochs=epochs,
        batch=batch,
        recipe=recipe,
        learning_rate=learning_rate,
        seed=seed,
        test_fraction=test_fraction,
        resume=resume,
        strict=strict,
        overwrite=overwrite,
        max_pixels=to_pixels(max_megapixels),
    )
    run = run_training(options, progress=Bars())
    from gemelo.cli.info import print_run

    print_run(run)
