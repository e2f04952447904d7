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
Channels = Annotated[
    int | None,
    typer.Option(help="3 for color, 1 for gray. Every network takes both. Default: 3, but 1 for lecture-28."),
]
Seed = Annotated[
    int,
    typer.Option(
        help="Seed of the random numbers. With the same seed, versions and machine, a training gives the same run."
    ),
]
Abstain = Annotated[
    str,
    typer.Option(
        metavar="auto|off|NUMBER",
        help="Below this probability the answer is 'not sure'. auto chooses the threshold on the validation photos, "
        "off sets none.",
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue an interrupted training.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a run that exists already.")]

Labels = Annotated[
    str | None,
    _option(
        _PHOTOS,
        "Where the labels come from, if photos are not in one folder for each class: a CSV file (file,label), or "
        "`names` for file names such as cat.0.jpg.",
        metavar="CSV|names",
    ),
]
TestFraction = Annotated[float, _option(_PHOTOS, "Share of the photos kept for the test, if DATA is not split yet.")]
ValidationFraction = Annotated[
    float | None,
    _option(
        _PHOTOS,
        "Share of the training photos kept for validation. With 0, the test photos also serve as validation photos.",
    ),
]
Recipe = Annotated[str | None, _option(_PHOTOS, "How training photos are varied: a recipe from the list above.")]
Mixup = Annotated[float | None, _option(_PHOTOS, "Blend two photos, instead of the recipe's own blending, e.g. 0.2.")]
Cutmix = Annotated[float | None, _option(_PHOTOS, "Paste part of one photo into another, e.g. 1.0.")]
Outliers = Annotated[
    float | None,
    _option(_PHOTOS, "Share of each batch that shows drawn shapes, for which no class is right, e.g. 0.1."),
]
EarlySize = Annotated[
    float | None, _option(_PHOTOS, "Size of the photos in the early epochs, as a share of the input's size.")
]
EarlyEpochs = Annotated[float | None, _option(_PHOTOS, "Share of the epochs that see smaller photos.")]
Strict = Annotated[bool, typer.Option("--strict", help="Stop at the first unreadable photo.", rich_help_panel=_PHOTOS)]
Megapixels = Annotated[
    float,
    typer.Option("--max-megapixels", help="Refuse larger photos before they are decoded.", rich_help_panel=_PHOTOS),
]

Epochs = Annotated[int | None, _option(_LEARNING, "How often every photo is seen. 0 trains only a new head.")]
Batch = Annotated[int | None, _option(_LEARNING, "Photos in each step.")]
Optimizer = Annotated[str | None, _option(_LEARNING, "The optimizer: adam or adamw.")]
LearningRate = Annotated[float | None, _option(_LEARNING, "Learning rate. Lower it if the loss is NaN.")]
Schedule = Annotated[str | None, _option(_LEARNING, "How the learning rate changes: constant or cosine.")]
Warmup = Annotated[
    float | None, _option(_LEARNING, "With cosine: epochs at the beginning in which the learning rate rises.")
]
WeightDecay = Annotated[float | None, _option(_LEARNING, "Weight decay of adamw.")]
LabelSmoothing = Annotated[float | None, _option(_LEARNING, "Share of each label that is spread over all classes.")]
Ema = Annotated[float | None, _option(_LEARNING, "Decay of the moving average of the weights. 0 turns it off.")]
Keep = Annotated[str | None, _option(_LEARNING, "Which weights to keep: best (by validation) or last.")]
Precision = Annotated[
    str | None, _option(_LEARNING, "float32, or bfloat16, which is faster only on hardware that has it.")
]
WeightBits = Annotated[
    int | None,
    _option(_LEARNING, "8 rounds the weights to 8 bits after training, so that most files are a quarter of the size."),
]
Balance = Annotated[
    bool | None,
    _option(_LEARNING, "Give each class the same weight, even if it has few photos.", "--balance/--no-balance"),
]
Patience = Annotated[int | None, _option(_LEARNING, "Stop after this many epochs without improvement.")]
FromScratch = Annotated[
    bool, typer.Option("--from-scratch", help="Don't use pretrained weights.", rich_help_panel=_LEARNING)
]

Teachers = Annotated[
    list[Path] | None,
    _option(
        _TEACHER,
        "A finished run to learn from. Of several (--teacher A --teacher B), the probabilities are averaged.",
        "--teacher",
        metavar="RUN",
    ),
]
TeacherWeight = Annotated[float | None, _option(_TEACHER, "The teacher's share of the loss. Default: 0.9.")]
TeacherTemperature = Annotated[
    float | None, _option(_TEACHER, "Temperature that softens the teacher's probabilities. Default: 4.")
]
TeacherViews = Annotated[
    int | None,
    _option(
        _TEACHER,
        "The teacher runs in this many epochs only. Later epochs repeat them, with the same varied photos and the same "
        "probabilities.",
    ),
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
