"""`gemelo train`: a folder of photos in, a run out."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from gemelo.cli import app
from gemelo.cli.heavy import load_heavy
from gemelo.cli.interrupt import interruptible
from gemelo.cli.options import MegapixelsOption, parse_size, to_pixels
from gemelo.progress import Bars


@app.command()
def train(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A folder of photos.")],
    out: Annotated[Path, typer.Option(help="Where the run goes, e.g. runs/pets.")],
    arch: Annotated[str, typer.Option(help="The network: see above; `gemelo doctor` lists all.")] = "lecture",
    size: Annotated[str | None, typer.Option(help="Input in pixels: 64, or WIDTHxHEIGHT.")] = None,
    mode: Annotated[str, typer.Option(help="How a photo is fitted: squash, crop or pad.")] = "squash",
    channels: Annotated[int | None, typer.Option(help="3 for colour, 1 for grey.")] = None,
    epochs: Annotated[int | None, typer.Option(help="How often every photo is seen.")] = None,
    batch: Annotated[int | None, typer.Option(help="Photos in one step; 32, for compact 64.")] = None,
    recipe: Annotated[str | None, typer.Option(help="Augmentation: none, lecture, gentle or strong.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of the optimizer; lower it at a NaN loss.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same run.")] = 0,
    test_fraction: Annotated[float, typer.Option(help="Kept for the test where DATA is not split yet.")] = 0.2,
    validation_fraction: Annotated[
        float | None, typer.Option(help="Of the training photos, to watch the training on; 0: the test photos.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an interrupted run stopped.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first unreadable photo.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run that is there already.")] = False,
    max_megapixels: MegapixelsOption = 64,
) -> None:
    """Train a classifier on a folder of photos.

    DATA is one folder for each class (DATA/cats, DATA/dogs), of which a fifth is kept for the test; or it is split
    already: DATA/train/cats, DATA/train/dogs, DATA/test/cats, ... (also training_set or training; test_set, val or
    validation). Photos: jpg, png, webp, bmp, gif. A hundred of each class is a beginning, a thousand is good.

    Architectures: lecture (64x64, 25 epochs: the lecture's network as typed), lecture-described (the same with stride
    1), lecture-28 (28x28 grey: the worked example), compact (64x64, 120 epochs: the best of them for real photos).

    Example: gemelo train photos --out runs/pets --arch compact
    """
    load_heavy("trainer.train")
    from gemelo.cli.info import print_run
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
        validation_fraction=validation_fraction,
        resume=resume,
        strict=strict,
        overwrite=overwrite,
        max_pixels=to_pixels(max_megapixels),
    )
    with interruptible(f"finish it with: gemelo {shlex.join([*sys.argv[1:]])}{'' if resume else ' --resume'}"):
        run = run_training(options, progress=Bars())
    print_run(run)
