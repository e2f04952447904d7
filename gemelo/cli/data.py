"""`gemelo data draw`: drawings of cats and dogs to learn from, where there are no photos."""

from pathlib import Path
from typing import Annotated

import typer

from gemelo.cli import app
from gemelo.progress import Bars

data_app = typer.Typer(help="Photos to learn from.", no_args_is_help=True)
app.add_typer(data_app, name="data")


@data_app.command()
def draw(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the drawings go: a new or empty folder.")],
    count: Annotated[
        int, typer.Option(min=20, max=1_000_000, help="How many drawings; a fifth of them is for the test.")
    ] = 2400,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers: the same seed draws the same pictures.")] = 0,
) -> None:
    """Draw labeled pictures of cats and dogs, in folders training_set/cats, test_set/dogs, ..."""
    from gemelo.cli.show import console, plain
    from gemelo.synthetic import draw_dataset

    counts = draw_dataset(folder, count, seed=seed, progress=Bars())
    drawn = sum(number for split in counts.values() for number in split.values())
    console().print(f"drew {drawn} pictures in [bold]{plain(str(folder))}[/]")
