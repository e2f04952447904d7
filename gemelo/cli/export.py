"""`gemelo export`: a run in, a verified bundle out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gemelo import installed
from gemelo.cli import app
from gemelo.cli.heavy import load_heavy, names_of, variants_of
from gemelo.cli.interrupt import interruptible
from gemelo.cli.options import split_names
from gemelo.errors import UnknownNameError, UsageError
from gemelo.progress import Bars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exporters.export import ExportResult
    from exporters.request import Choice

_CLIENTS = ", ".join(names_of("exporters.clients"))


@app.command()
def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A folder written by `gemelo train`.")],
    out: Annotated[Path, typer.Option(help="Where the bundle goes, e.g. bundles/pets.")],
    formats: Annotated[str | None, typer.Option(help="Only these formats, e.g. onnx,tfjs. Default: all.")] = None,
    variants: Annotated[
        str | None,
        typer.Option(help="Only these variants, e.g. fp32,fp16, or onnx/fp32. Default: fp32 and 8 bits."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Write every variant.")] = False,
    gate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VARIANT:KEY=LIMIT",
            help="Set a limit by hand, e.g. int8:drop=1.5 or onnx/int8:changes=2. Keys: difference, of a probability; "
            "drop, in points of accuracy; changes, in percent of the photos. Can be repeated.",
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="All or nothing: no bundle unless everything passes.")
    ] = False,
    attribution: Annotated[
        bool,
        typer.Option("--attribution", help="Find out where differences come from, also for artifacts that passed."),
    ] = False,
    for_clients: Annotated[
        str | None, typer.Option("--for", help=f"Also write files for other programs: {_CLIENTS}.")
    ] = None,
    layers: Annotated[bool, typer.Option(help="Also write the layers, for Look inside; as large as fp32.")] = True,
    photos: Annotated[bool, typer.Option(help="Show the photos whose label changed in parity.html.")] = True,
    about: Annotated[
        Path | None,
        typer.Option(help="A Markdown file for the model card: where the photos come from, what their license allows."),
    ] = None,
    images: Annotated[Path | None, typer.Option(help="Where the photos are now, if they were moved.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a bundle that has more artifacts.")] = False,
) -> None:
    """Export a run to every format, and keep the files that give Keras's answers.

    Each artifact is run by its own runtime on the goldens and the test photos, and compared with Keras's answers. An
    artifact that differs is left out and explained; the others are written. The exit code is 1 if an fp32 artifact was
    left out, or one that you asked for by name. An existing bundle is replaced once the new one is complete.
    """
    gates = _check(run, out, about, split_names(for_clients) or [], gate or [])
    exporters = load_heavy("exporters.export")
    from gemelo.store.bundle import artifact_names

    older = artifact_names(out)
    if not overwrite:
        _keep_more(out, older, exporters.choose(split_names(formats), split_names(variants), every=every))
    with interruptible("nothing was written; what was there before is still there"):
        result: ExportResult = exporters.export(
            *(run, out, split_names(formats), split_names(variants)),
            every=every,
            extras=exporters.Extras(split_names(for_clients) or (), layers, about),
            terms=exporters.Terms(strict, gates, attribution, photos),
            images=images,
            progress=Bars(),
        )
    _print(result, out, older)
    raise typer.Exit(1 if result.fatal else 0)


def _keep_more(out: Path, older: set[str], choices: "Sequence[Choice]") -> None:
    """Refuse to replace a bundle by a smaller one without being told to: its artifacts took minutes."""
    if gone := sorted(older - {choice.name for choice in choices}):
        raise UsageError(
            f"{out}: the bundle there also has {', '.join(gone)}, which this export would not make",
            hint="choose another --out, or replace it with --overwrite",
        )


def _print(result: "ExportResult", out: Path, older: set[str]) -> None:
    from gemelo.cli.info import look_inside
    from gemelo.cli.show import console, plain, print_parity

    print_parity(result.report, {artifact.name: artifact.bytes for artifact in result.bundle.artifacts})
    if gone := sorted(older - {artifact.name for artifact in result.bundle.artifacts}):
        console().print(f"  the bundle that was there is replaced; it also had {', '.join(gone)}")
    console().print(f"look inside: {plain(look_inside(result.bundle))}")
    console().print(f"written to [bold]{plain(str(out))}[/]; the whole report: {plain(str(out / 'parity.html'))}")
    if shown := result.report.photos_shown:
        console().print(f"  note: parity.html shows {shown} of your test photos; --no-photos leaves them out")
    if result.fatal:
        names = ", ".join(failure.name for failure in result.fatal)
        console().print(f"[red]not in it, though asked for:[/] {plain(names)}")


def _check(
    run: Path, out: Path, about: Path | None, clients: list[str], gates: list[str]
) -> dict[str, dict[str, float]]:
    """What a slip of the finger may have got wrong, before TensorFlow is loaded: that takes seconds.

    Returns:
        The limits that were set by hand.

    Raises:
        UsageError: No such client, a limit or a text that cannot be read, or a place where a bundle would destroy
            something.
        NotFoundError: No such run.
        UnfinishedRunError: A training that did not come to its end.
        IntegrityError: The run is not what was written.
    """
    from gemelo.parity.gates import parse_gates
    from gemelo.store.run import Run

    by_hand = parse_gates(gates, variants_of("exporters.formats"))
    if known := names_of("exporters.clients"):
        for name in clients:
            if name not in known:
                raise UnknownNameError("client", name, known)
        installed.load("exporters.about").read_about(about)
        installed.load("exporters.output_path").check_target(out, run)
    Run.open(run)
    return by_hand
