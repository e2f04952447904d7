"""`gemelo pack`: what a device needs of a bundle."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gemelo.cli import app
from gemelo.cli.interrupt import interruptible
from gemelo.cli.options import BundleArgument, JsonOption

if TYPE_CHECKING:
    from rich.table import Table

    from gemelo.edge.build import PackReport
    from gemelo.edge.choose import Candidate


@app.command()
def pack(
    bundle: BundleArgument,
    out: Annotated[Path, typer.Option(help="A folder, or a file that ends in .zip. An existing pack is replaced.")],
    variant: Annotated[
        str | None,
        typer.Option(
            help="fp32, fp16, int8, ..., or auto: the fastest on this machine that passes its self-test. Default: the "
            "most exact."
        ),
    ] = None,
    ort: Annotated[
        bool,
        typer.Option(
            "--ort", help="Also write onnxruntime's own format, which loads faster but classifies more slowly."
        ),
    ] = False,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Threads of onnxruntime while auto measures. Default: onnxruntime decides."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Pack one ONNX artifact for a device, with its labels, its goldens and a program, classify.py.

    You don't have to install gemelo on the device: the pack contains the modules that classify.py needs, and they use
    only numpy, Pillow and onnxruntime. classify.py classifies photos, pictures from a camera, a watched folder, or
    photos sent over HTTP. It checks every hash whenever it starts, tests itself on the goldens (--selftest), and
    installs updates (--install) that you can undo (--rollback). See README.md in the pack.
    """
    from gemelo.edge.build import PackOptions, make_pack
    from gemelo.progress import Bars

    with interruptible("nothing was written; what was there before is still there"):
        made = make_pack(bundle, out, PackOptions(variant, ort, threads), progress=Bars())
    if as_json:
        from dataclasses import asdict

        from gemelo.terminal.text import print_json

        print_json({**asdict(made), "path": str(made.path)})
    else:
        _print(made)


def _print(made: "PackReport") -> None:
    from gemelo.cli.show import console, plain, size

    out, test = console(), made.test
    if made.candidates:
        out.print(_table(made.candidates))
    packed = f"{made.files} files, {size(made.bytes)}" + (
        "" if made.zip_bytes is None else f", {size(made.zip_bytes)} zipped"
    )
    out.print(f"pack of {plain(made.name)} onnx/{plain(made.variant)} in [bold]{plain(str(made.path))}[/]: {packed}")
    out.print(
        f"  self-test  passed here: {test.goldens} goldens, {test.max_difference:.1e} off, {test.tolerance:g} allowed"
    )
    out.print(f"  id         {made.id[:16]}")


def _table(candidates: "list[Candidate]") -> "Table":
    from rich.table import Table

    from gemelo.cli.show import plain, size

    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for head in ("variant", "size", "max diff.", "median ms", "p95", ""):
        table.add_column(head, justify="left" if head in ("variant", "") else "right", no_wrap=bool(head))
    for row in candidates:
        table.add_row(
            plain(row.variant),
            size(row.bytes),
            "-" if row.max_difference is None else f"{row.max_difference:.1e}",
            "-" if row.median_ms is None else f"{row.median_ms:.3f}",
            "-" if row.p95_ms is None else f"{row.p95_ms:.3f}",
            "[bold green]taken[/]" if row.chosen else f"[red]{plain(row.reason)}[/]",
        )
    return table
