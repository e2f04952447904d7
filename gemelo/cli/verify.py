"""`gemelo verify`: a bundle compared with Keras's reference outputs, on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gemelo.cli import app
from gemelo.cli.options import MEGAPIXELS, BundleArgument, JsonOption, MegapixelsOption, split_names, to_pixels
from gemelo.progress import Bars
from gemelo.store import schema

if TYPE_CHECKING:
    from gemelo.compare.baseline import BaselineReport
    from gemelo.compare.report import Departure
    from gemelo.parity import ParityReport


@app.command()
def verify(
    bundle: BundleArgument,
    images: Annotated[Path | None, typer.Option(help="A folder of photos to verify on, besides the goldens.")] = None,
    formats: Annotated[
        str | None,
        typer.Option(
            "--format", help="Only these formats: onnx, tflite, tfjs. Default: all whose runtime is installed."
        ),
    ] = None,
    as_json: JsonOption = False,
    report: Annotated[Path | None, typer.Option(help="Also write the report to this HTML file.")] = None,
    attribution: Annotated[
        bool,
        typer.Option(
            "--attribution", help="Find the stage that differences come from, also for artifacts that passed."
        ),
    ] = False,
    layers: Annotated[
        bool,
        typer.Option("--layers", help="Find the first layer at which each artifact differs from the fp32 artifact."),
    ] = False,
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="BUNDLE", help="An older bundle. Shows, photo by photo, what has changed since."),
    ] = None,
    markdown: Annotated[Path | None, typer.Option(help="Also write a summary in Markdown to this file.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Also write the verdicts to this file, as JUnit XML.")] = None,
    max_megapixels: MegapixelsOption = MEGAPIXELS,
) -> None:
    """Verify a bundle on this machine, without TensorFlow.

    Every artifact classifies the goldens, and the photos in --images, in the runtime of its format. Test photos are
    compared with Keras's reference outputs, other photos with the fp32 artifact. Artifacts whose runtime is not
    installed are listed and skipped. With --baseline, an artifact fails if its accuracy is significantly lower than in
    an older bundle (McNemar's exact test, p < 0.05). Exit code: 0 if all passed, 1 if not, 2 for wrong usage.
    """
    from gemelo.compare import baseline as since
    from gemelo.parity import verify as run_verify
    from gemelo.parity.html import render
    from gemelo.store.files import atomic_write

    names, most = split_names(formats), to_pixels(max_megapixels)
    result = run_verify(
        bundle,
        images,
        formats=names,
        max_pixels=most,
        attribution=attribution,
        pictures=report is not None,
        progress=Bars(),
    )
    departures = since.layers(bundle, images, Bars()) if layers else {}
    changed = (
        since.against(bundle, baseline, images, formats=names, max_pixels=most, progress=Bars()) if baseline else None
    )
    _print(bundle, result, departures, changed, as_json=as_json)
    if report is not None:
        atomic_write(report, render(result).encode("utf-8", "backslashreplace"))
    _summarize(result, departures, changed, markdown, junit)
    raise typer.Exit(0 if result.passed and (changed is None or changed.passed) else 1)


def _print(
    bundle: Path,
    result: "ParityReport",
    departures: "dict[str, Departure]",
    changed: "BaselineReport | None",
    *,
    as_json: bool,
) -> None:
    from gemelo.cli.show import print_parity
    from gemelo.cli.show_compare import print_baseline, print_departure
    from gemelo.store.bundle import Bundle
    from gemelo.terminal.text import print_json

    if as_json:
        more = {"layers": departures} if departures else {}
        print_json(schema.as_json(result) | schema.as_json(more | ({"baseline": changed} if changed else {})))
        return
    print_parity(result, {artifact.name: artifact.bytes for artifact in Bundle.open(bundle).artifacts})
    for name, departure in departures.items():
        print_departure(name, "fp32", departure)
    if changed is not None:
        print_baseline(changed)


def _summarize(
    result: "ParityReport",
    departures: "dict[str, Departure]",
    changed: "BaselineReport | None",
    markdown: Path | None,
    junit: Path | None,
) -> None:
    from gemelo.compare import verify_summaries
    from gemelo.store.files import atomic_write

    if markdown is not None:
        text = verify_summaries.markdown(result, departures, changed)
        atomic_write(markdown, text.encode("utf-8", "backslashreplace"))
    if junit is not None:
        atomic_write(junit, verify_summaries.junit(result, changed))
