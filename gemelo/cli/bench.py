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
    only: Annotated[str | None, typer.Option(help="Formats or artifacts: onnx,tflite/int8. All by default.")] = None,
    run: Annotated[Path | None, typer.Option(help="The run it was made of: Keras is measured beside it.")] = None,
    seconds: Annotated[float, typer.Option(help="How long to measure each kind of answer in a round.")] = 1.0,
    rounds: Annotated[int, typer.Option(help="How often each artifact is started afresh.")] = 3,
    batches: Annotated[str, typer.Option(help="Sizes of batches.")] = "1,8,32",
    as_json: JsonOption = False,
) -> None:
    """Measure every artifact that this machine can run.

    Cold start (a new process until its first answer), warm answers to one prepared image (median, 95th percentile),
    a photo from its bytes, throughput in batches, peak memory, bytes. In processes of their own, in turn.
    """
    from gemelo.bench import bench as measure
    from gemelo.cli.show import console
    from gemelo.cli.text import print_json

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
