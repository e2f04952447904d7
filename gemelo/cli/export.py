"""`gemelo export`: a run in, a verified bundle out."""

from pathlib import Path
from typing import Annotated

import typer

from gemelo.cli import app
from gemelo.cli.heavy import load_heavy, names_of
from gemelo.cli.interrupt import interruptible
from gemelo.cli.options import split_names
from gemelo.errors import UnknownNameError
from gemelo.progress import Bars


@app.command()
def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A folder that `gemelo train` made.")],
    out: Annotated[Path, typer.Option(help="Where the bundle goes, e.g. bundles/pets.")],
    formats: Annotated[str | None, typer.Option(help="Some only, e.g. onnx,tfjs; all by default.")] = None,
    variants: Annotated[
        str | None, typer.Option(help="Some only, e.g. fp32,int8, or in one format: onnx/fp32; all by default.")
    ] = None,
    for_clients: Annotated[
        str | None, typer.Option("--for", help="Also files for clients of others: transformers,teachable-machine.")
    ] = None,
    layers: Annotated[bool, typer.Option(help="Whether one can look inside, layer by layer: as large as fp32.")] = True,
    about: Annotated[
        Path | None,
        typer.Option(help="A Markdown file for the model card: where the photos come from, what their licence allows."),
    ] = None,
    images: Annotated[Path | None, typer.Option(help="Where the data set is now, if it was moved.")] = None,
) -> None:
    """Export a run to every format, and verify each twin before the bundle is sealed.

    Each artefact is run by its own runtime, from the bytes of the goldens and of the test photos, and held to what
    Keras answered. A twin that differs fails the export (exit 1) and no bundle is left; quantised variants that lose
    too much are left out and named, unless they were asked for. A bundle that is there is replaced when the new one is
    whole.
    """
    _check(run, out, about, split_names(for_clients) or [])
    load_heavy("exporters.export")
    from exporters.export import Extras
    from exporters.export import export as run_export
    from gemelo.bundle import artefact_names

    older = artefact_names(out)
    with interruptible("nothing was written; what was there before is still there"):
        result = run_export(
            *(run, out, split_names(formats), split_names(variants)),
            extras=Extras(split_names(for_clients) or (), layers, about),
            images=images,
            progress=Bars(),
        )
    from gemelo.cli.info import look_inside
    from gemelo.cli.show import console, plain, print_parity

    print_parity(result.report, {artefact.name: artefact.bytes for artefact in result.bundle.artefacts})
    if gone := sorted(older - {artefact.name for artefact in result.bundle.artefacts}):
        console().print(f"  the bundle that was there is replaced; it also had {', '.join(gone)}")
    console().print(f"look inside: {plain(look_inside(result.bundle))}")
    console().print(f"sealed in [bold]{plain(str(out))}[/]; the whole report: {plain(str(out / 'parity.html'))}")


def _check(run: Path, out: Path, about: Path | None, clients: list[str]) -> None:
    """What a slip of the finger may have got wrong, before TensorFlow is loaded: that takes seconds.

    Raises:
        UsageError: No such client, a text that cannot be read, or a place where a bundle would destroy something.
        NotFoundError: No such run.
        UnfinishedRunError: A training that did not come to its end.
        IntegrityError: The run is not what was sealed.
    """
    from gemelo.run import Run

    if known := names_of("exporters.flavours"):
        from exporters.about import read_about
        from exporters.target import check_target

        for name in clients:
            if name not in known:
                raise UnknownNameError("client", name, known)
        read_about(about)
        check_target(out, run)
    Run.open(run)
