"""The options of `gemelo train`, in the panels of its help."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gemelo.errors import UsageError


def _option(panel: str, help: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, rich_help_panel=panel, **more)


_PHOTOS, _LEARNING, _TEACHER = "Photos", "Learning (each network has its own defaults)", "Learning from a teacher"

Data = Annotated[Path, typer.Argument(metavar="DATA", help="A folder of photos.")]
Out = Annotated[Path, typer.Option(help="Where the run goes, e.g. runs/pets.")]
Arch = Annotated[
    str | None, typer.Option(help="The network, from the list above. Default: efficientnet-lite0 with a new head.")
]
Size = Annotated[str | None, typer.Option(help="Size of the input in pixels: 64, or WIDTHxHEIGHT.")]
Fit = Annotated[
    str | None,
    typer.Option(help="How a photo is fitted into the input: squash, crop (default of pretrained networks) or pad."),
]
Channels = Annotated[int | None, typer.Option(help="3 for color, 1 for grey.")]
Seed = Annotated[int, typer.Option(help="Seed of the random numbers: the same seed gives the same run.")]
Abstain = Annotated[
    str,
    typer.Option(
        metavar="auto|off|NUMBER",
        help="Below this probability the answer is 'not sure'; auto chooses it on validation photos.",
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue an interrupted training.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a run that exists already.")]

Labels = Annotated[
    str | None,
    _option(
        _PHOTOS,
        "Where the labels are, if not in folders: a CSV file (file,label), or names for cat.0.jpg.",
        metavar="CSV|names",
    ),
]
TestFraction = Annotated[float, _option(_PHOTOS, "Share of the photos kept for the test, if DATA is not split yet.")]
ValidationFraction = Annotated[
    float | None, _option(_PHOTOS, "Share of the training photos kept for validation; 0 uses the test photos.")
]
Recipe = Annotated[
    str | None, _option(_PHOTOS, "How photos are varied: none, lecture, gentle, strong, mixed or patient.")
]
Mixup = Annotated[float | None, _option(_PHOTOS, "Blend two photos, instead of the recipe's own blending, e.g. 0.2.")]
Cutmix = Annotated[float | None, _option(_PHOTOS, "Paste part of one photo into another, e.g. 1.0.")]
EarlySize = Annotated[
    float | None, _option(_PHOTOS, "Size of the photos in the early epochs, as a share of the input's size.")
]
EarlyEpochs = Annotated[float | None, _option(_PHOTOS, "Share of the epochs that see smaller photos.")]
Strict = Annotated[bool, typer.Option("--strict", help="Stop at the first unreadable photo.", rich_help_panel=_PHOTOS)]
Megapixels = Annotated[
    float,
    typer.Option("--max-megapixels", help="Refuse larger photos before they are decoded.", rich_help_panel=_PHOTOS),
]

Epochs = Annotated[int | None, _option(_LEARNING, "How often every photo is seen; 0 trains only a new head.")]
Batch = Annotated[int | None, _option(_LEARNING, "Photos in each step.")]
Optimizer = Annotated[str | None, _option(_LEARNING, "The optimizer: adam or adamw.")]
LearningRate = Annotated[float | None, _option(_LEARNING, "Learning rate; lower it if the loss is NaN.")]
Schedule = Annotated[str | None, _option(_LEARNING, "How the learning rate changes: constant or cosine.")]
Warmup = Annotated[float | None, _option(_LEARNING, "Epochs in which the learning rate rises, before the cosine.")]
WeightDecay = Annotated[float | None, _option(_LEARNING, "Weight decay of adamw.")]
LabelSmoothing = Annotated[float | None, _option(_LEARNING, "Share of each label that is spread over all classes.")]
Ema = Annotated[float | None, _option(_LEARNING, "Decay of the moving average of the weights; 0 turns it off.")]
Keep = Annotated[str | None, _option(_LEARNING, "Which weights to keep: best (by validation) or last.")]
Precision = Annotated[
    str | None, _option(_LEARNING, "float32, or bfloat16, which is faster only on hardware that has it.")
]
WeightBits = Annotated[
    int | None,
    _option(_LEARNING, "32, or 8 to round the weights to 8 bits after training: files a quarter the size."),
]
Balance = Annotated[
    bool | None,
    _option(_LEARNING, "Give each class the same weight, however few its photos.", "--balance/--no-balance"),
]
Patience = Annotated[int | None, _option(_LEARNING, "Stop after this many epochs without improvement.")]
FromScratch = Annotated[
    bool, typer.Option("--from-scratch", help="Don't use pretrained weights.", rich_help_panel=_LEARNING)
]

Teachers = Annotated[
    list[Path] | None,
    _option(
        _TEACHER,
        "A finished run to learn from; can be repeated, and the answers are averaged.",
        "--teacher",
        metavar="RUN",
    ),
]
TeacherWeight = Annotated[float | None, _option(_TEACHER, "The teacher's share of the loss; 0.9 by default.")]
TeacherTemperature = Annotated[
    float | None, _option(_TEACHER, "How soft the teacher's answers are made; 4 by default.")
]
TeacherViews = Annotated[
    int | None,
    _option(_TEACHER, "Number of different epochs; later ones repeat them without asking the teacher again."),
]

Distribute = Annotated[
    str | None,
    typer.Option(
        metavar="mirrored|workers",
        help="Use all GPUs (mirrored), or the machines in TF_CONFIG (workers).",
        rich_help_panel=_LEARNING,
    ),
]


def threshold(text: str) -> str | float:
    """`auto` and `off` as they are, anything else as a number.

    Raises:
        UsageError: It is none.
    """
    if text in ("auto", "off"):
        return text
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"--abstain {text}: give auto, off, or a probability below 1, e.g. 0.8") from None
