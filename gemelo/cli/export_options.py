"""The options of `gemelo export`."""

from pathlib import Path
from typing import Annotated

import typer

from gemelo.cli.heavy import names_of

_CLIENTS = ", ".join(names_of("exporters.clients"))

Run = Annotated[
    Path, typer.Argument(metavar="RUN|MODEL", help="A folder written by `gemelo train`, or a model file to import.")
]
Out = Annotated[Path, typer.Option(help="Where the bundle goes, e.g. bundles/pets.")]
Formats = Annotated[
    str | None, typer.Option(help="Only these formats, e.g. onnx,tflite. Default: onnx, tflite and tfjs.")
]
Variants = Annotated[
    str | None,
    typer.Option(help="Only these variants, e.g. fp32,fp16, or onnx/fp32. Default: fp32, and int8 (uint8 in TF.js)."),
]
Every = Annotated[bool, typer.Option("--all", help="Write every variant.")]
Gate = Annotated[
    list[str] | None,
    typer.Option(
        metavar="VARIANT:KEY=LIMIT",
        help="Set a limit by hand, e.g. int8:drop=1.5 or onnx/int8:changes=2. Keys: difference, of a probability; "
        "drop, in points of accuracy; changes, in percent of the photos. Can be repeated.",
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Write no bundle unless all artifacts pass.")]
Attribution = Annotated[
    bool,
    typer.Option("--attribution", help="Find the stage that differences come from, also for artifacts that passed."),
]
ForClients = Annotated[str | None, typer.Option("--for", help=f"Also write files for other programs: {_CLIENTS}.")]
Layers = Annotated[
    bool,
    typer.Option(
        help="Also write the network with its layers as outputs, for Look inside. It is as large as an fp32 file."
    ),
]
ShowPhotos = Annotated[
    bool, typer.Option("--show-photos/--no-photos", help="Show the photos whose label changed in parity.html.")
]
About = Annotated[
    Path | None,
    typer.Option(help="A Markdown file for the model card: where the photos come from, what their license allows."),
]
Images = Annotated[
    Path | None, typer.Option(help="Where the photos are now, if you have moved them since the training.")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace the bundle even if it has artifacts that this export doesn't make.")
]
