"""`gemelo export`: a run in, a verified bundle out."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gemelo import installed
from gemelo.cli import app
from gemelo.cli import export_options as to
from gemelo.cli import import_options as ask
from gemelo.cli.heavy import load_heavy, names_of, variants_of
from gemelo.cli.importing import as_run, is_model
from gemelo.cli.interrupt import interruptible
from gemelo.cli.options import split_names
from gemelo.errors import UnknownNameError, UsageError
from gemelo.progress import Bars
from gemelo.store.bundle import artifact_names
from gemelo.store.manifest import Facts
from gemelo.store.run import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exporters.export import ExportResult
    from exporters.request import Choice


@app.command()
def export(
    run: to.Run,
    out: to.Out,
    formats: to.Formats = None,
    variants: to.Variants = None,
    every: to.Every = False,
    gate: to.Gate = None,
    strict: to.Strict = False,
    attribution: to.Attribution = False,
    for_clients: to.ForClients = None,
    layers: to.Layers = True,
    show_photos: to.ShowPhotos = True,
    about: to.About = None,
    images: to.Images = None,
    overwrite: to.Overwrite = False,
    labels: ask.Labels = None,
    photos: ask.Photos = None,
    size: ask.Size = None,
    fit: ask.Fit = None,
    filter: ask.Filter = None,
    resize_to: ask.ResizeTo = None,
    scale: ask.Scale = None,
    channel_order: ask.ChannelOrder = None,
    output: ask.Output = None,
    preset: ask.Preset = None,
    preprocess: ask.Preprocess = None,
    trust: ask.Trust = False,
    custom_objects: ask.CustomObjects = None,
) -> None:
    """Export a run to ONNX, TFLite and TF.js, and keep the files whose probabilities match Keras within the limits.

    A model file of Keras or TensorFlow is imported first. `gemelo import --help` explains its options.

    Each artifact classifies the goldens and the test photos in the runtime of its format, and the probabilities are
    compared with those of Keras. An artifact that exceeds a limit is left out, and the reason is printed. The others
    are kept. The exit code is 1 if an fp32 artifact is missing, or an artifact that you named with --variants, for
    example because the TF.js converter is not installed. A bundle that exists already is replaced once the new one is
    complete; if it has artifacts that this export doesn't make, you need --overwrite.
    """
    asked, clients = ask.Asked.of(locals()), split_names(for_clients) or []
    gates = _check(run, out, about, clients, gate or [])
    with as_run(run, out, asked) as opened:
        facts = Run.open(opened).manifest
        exporters = load_heavy("exporters.export")
        older = artifact_names(out)
        if not overwrite:
            _keep_more(out, older, exporters.choose(split_names(formats), split_names(variants), every=every))
        with interruptible("nothing was written; what was there before is still there"):
            result: ExportResult = exporters.export(
                *(opened, out, split_names(formats), split_names(variants)),
                every=every,
                extras=exporters.Extras(clients, layers, about),
                terms=exporters.Terms(strict, gates, attribution, show_photos),
                images=images,
                progress=Bars(),
            )
    _print(result, out, older, facts)
    raise typer.Exit(1 if result.fatal else 0)


def _keep_more(out: Path, older: set[str], choices: "Sequence[Choice]") -> None:
    """Refuse to replace a bundle by a smaller one without being told to: its artifacts took minutes."""
    if gone := sorted(older - {choice.name for choice in choices}):
        raise UsageError(
            f"{out}: the bundle there also has {', '.join(gone)}, which this export would not make",
            hint="choose another --out, or replace it with --overwrite",
        )


def _print(result: "ExportResult", out: Path, older: set[str], facts: Facts) -> None:
    from gemelo.cli.info import look_inside, print_told
    from gemelo.cli.show import console, plain, print_parity

    print_parity(result.report, {artifact.name: artifact.bytes for artifact in result.bundle.artifacts})
    if gone := sorted(older - {artifact.name for artifact in result.bundle.artifacts}):
        console().print(f"  the bundle that was there is replaced; it also had {', '.join(gone)}")
    console().print(f"look inside: {plain(look_inside(result.bundle))}")
    console().print(f"written to [bold]{plain(str(out))}[/]; the whole report: {plain(str(out / 'parity.html'))}")
    if shown := result.report.photos_shown:
        console().print(f"  note: parity.html shows {shown} of your test photos; --no-photos leaves them out")
    print_told(facts)
    if result.fatal:
        names = ", ".join(failure.name for failure in result.fatal)
        console().print(f"[red]not in it, though asked for:[/] {plain(names)}")


def _check(
    run: Path, out: Path, about: Path | None, clients: list[str], gates: list[str]
) -> dict[str, dict[str, float]]:
    """Check what may have been mistyped before TensorFlow is loaded, which takes seconds.

    Returns:
        The limits that were set by hand.

    Raises:
        UsageError: No such client, a limit or a text that cannot be read, or a place where a bundle would destroy
            something.
        NotFoundError: No such run.
        UnfinishedRunError: A training that did not come to its end.
        IntegrityError: The run is not what was written; a model file is looked at when it is imported.
    """
    from gemelo.parity.gates import parse_gates

    by_hand = parse_gates(gates, variants_of("exporters.formats"))
    if known := names_of("exporters.clients"):
        for name in clients:
            if name not in known:
                raise UnknownNameError("client", name, known)
        installed.load("exporters.about").read_about(about)
        installed.load("exporters.output_path").check_target(out, run)
    if not is_model(run):
        Run.open(run)
    return by_hand
