"""`gemelo verify`: a bundle held to Keras's reference outputs, on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from gemelo.cli import app
from gemelo.cli.options import MEGAPIXELS, BundleArgument, JsonOption, MegapixelsOption, split_names, to_pixels
from gemelo.progress import Bars
from gemelo.store import schema


@app.command()
def verify(
    bundle: BundleArgument,
    images: Annotated[Path | None, typer.Option(help="A folder of photos to verify on, besides the goldens.")] = None,
    formats: Annotated[
        str | None,
        typer.Option("--format", help="Only these of onnx,tflite,tfjs. Default: all whose runtime is installed."),
    ] = None,
    as_json: JsonOption = False,
    report: Annotated[Path | None, typer.Option(help="Also write the report to this HTML file.")] = None,
    attribution: Annotated[
        bool,
        typer.Option("--attribution", help="Find out where differences come from, also for artifacts that passed."),
    ] = False,
    max_megapixels: MegapixelsOption = MEGAPIXELS,
) -> None:
    """Verify a bundle on this machine, without TensorFlow.

    Every artifact is run by its own runtime on the goldens, and on the photos given with --images. Photos of the test
    split are compared with Keras's reference outputs, other photos with the fp32 artifact. Artifacts whose runtime is
    not installed are named and not verified. Exit code: 0 if all passed, 1 if a gate failed, 2 for wrong usage.
    """
    from gemelo.cli.show import print_parity
    from gemelo.parity import verify as run_verify
    from gemelo.parity.html import render
    from gemelo.store.bundle import Bundle
    from gemelo.store.files import atomic_write
    from gemelo.terminal.text import print_json

    result = run_verify(
        bundle,
        images,
        formats=split_names(formats),
        max_pixels=to_pixels(max_megapixels),
        attribution=attribution,
        pictures=report is not None,
        progress=Bars(),
    )
    if as_json:
        print_json(schema.as_json(result))
    else:
        print_parity(result, {artifact.name: artifact.bytes for artifact in Bundle.open(bundle).artifacts})
    if report is not None:
        atomic_write(report, render(result).encode("utf-8", "backslashreplace"))
    raise typer.Exit(0 if result.passed else 1)
