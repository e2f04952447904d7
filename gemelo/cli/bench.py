"""`gemelo bench`: how fast every artifact is on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gemelo.cli import app
from gemelo.cli.options import BundleArgument, JsonOption, split_names
from gemelo.errors import UsageError
from gemelo.progress import Bars

if TYPE_CHECKING:
    from rich.table import Table

    from gemelo.bench import BenchReport, Timing


@app.command()
def bench(
    bundle: BundleArgument,
    only: Annotated[
        str | None, typer.Option(help="Only these formats or artifacts, e.g. onnx,tflite/int8. Default: all.")
    ] = None,
    run: Annotated[
        Path | None, typer.Option(help="The run the bundle was exported from, to measure Keras too.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Seconds for each measurement in a round.")] = 1.0,
    rounds: Annotated[int, typer.Option(help="How many times each artifact is started and measured.")] = 3,
    batches: Annotated[str, typer.Option(help="Batch sizes to measure.")] = "1,8,32",
    as_json: JsonOption = False,
) -> None:
    """Measure the speed and memory of every artifact on this machine.

    For each artifact, this command measures:

    - cold start: from the start of a new process to its first prediction

    - warm: one prediction for a prepared image (median and 95th percentile)

    - photo: from the bytes of a photo to the prediction

    - throughput in batches, peak memory, and size

    Each artifact runs in its own processes, one artifact after the other.
    """
    from gemelo.bench import bench as measure
    from gemelo.cli.show import console
    from gemelo.terminal.text import print_json

    report = measure(
        bundle,
        split_names(only),
        keras_run=run,
        seconds=seconds,
        rounds=rounds,
        batches=_sizes(batches),
        progress=Bars(),
    )
    if as_json:
        print_json(report.to_json())
        return
    out = console()
    out.print(_table(report))
    for name, reason in report.left_out.items():
        out.print(f"  note: {name} was left out: {reason}")


def _sizes(text: str) -> list[int]:
    sizes = split_names(text) or []
    if not sizes or not all(size.isdecimal() for size in sizes):
        raise UsageError(f"--batches {text}: give numbers, such as 1,8,32")
    return [int(size) for size in sizes]


def _table(report: "BenchReport") -> "Table":
    from rich.table import Table

    from gemelo.cli.show import plain

    largest = list(report.artifacts[0].images_per_second)[-1]
    table = Table(
        title=f"{plain(report.bundle)}: on this machine, {report.rounds} rounds",
        title_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("artifact", style="bold", no_wrap=True)
    heads = ("size", "cold ms", "warm ms", "p95", "photo ms", f"img/s x{largest}", "memory")
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for timing in report.artifacts:
        table.add_row(*_row(timing))
    return table


def _row(timing: "Timing") -> tuple[str, ...]:
    from gemelo.cli.show import size

    return (
        timing.name,
        size(timing.bytes),
        f"{timing.cold_ms:.0f}",
        f"{timing.warm_ms:.2f}",
        f"{timing.p95_ms:.2f}",
        "-" if timing.photo_ms is None else f"{timing.photo_ms:.2f}",
        f"{list(timing.images_per_second.values())[-1]:.0f}",
        f"{timing.peak_bytes / 1e6:.0f} MB",
    )
