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
    str | None, typer.Option(help="The network: see above; efficientnet-lite0 with a new head by default.")
]
Size = Annotated[str | None, typer.Option(help="Input in pixels: 64, or WIDTHxHEIGHT.")]
Fit = Annotated[
    str | None, typer.Option(help="How a photo is fitted: squash, or crop (pretrained networks unless told), or pad.")
]
Channels = Annotated[int | None, typer.Option(help="3 for color, 1 for grey.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same run.")]
Abstain = Annotated[
    str, typer.Option(metavar="auto|off|NUMBER", help="Below this probability the answer is 'not sure'.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on where an interrupted run stopped.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a run that is there already.")]

Labels = Annotated[
    str | None,
    _option(
        _PHOTOS, "Labels that are no folders: a CSV file (file,label), or names, for cat.0.jpg.", metavar="CSV|names"
    ),
]
TestFraction = Annotated[float, _option(_PHOTOS, "Kept for the test where DATA is not split yet.")]
ValidationFraction = Annotated[
    float | None, _option(_PHOTOS, "Of the training photos, to watch the training on; 0: the test photos.")
]
Recipe = Annotated[
    str | None, _option(_PHOTOS, "How photos are varied: none, lecture, gentle, strong, mixed, patient.")
]
Mixup = Annotated[float | None, _option(_PHOTOS, "Blend photos, in place of the recipe's own blending; e.g. 0.2.")]
Cutmix = Annotated[float | None, _option(_PHOTOS, "Paste a part of one photo into another; e.g. 1.0.")]
EarlySize = Annotated[float | None, _option(_PHOTOS, "Share of the input's sides that the early epochs see.")]
EarlyEpochs = Annotated[float | None, _option(_PHOTOS, "Share of the epochs that see smaller photos.")]
Strict = Annotated[bool, typer.Option("--strict", help="Stop at the first unreadable photo.", rich_help_panel=_PHOTOS)]
Megapixels = Annotated[
    float,
    typer.Option("--max-megapixels", help="Larger photos are refused before decoding.", rich_help_panel=_PHOTOS),
]

Epochs = Annotated[int | None, _option(_LEARNING, "How often every photo is seen; 0: only a new head learns.")]
Batch = Annotated[int | None, _option(_LEARNING, "Photos in one step.")]
Optimizer = Annotated[str | None, _option(_LEARNING, "adam or adamw.")]
LearningRate = Annotated[float | None, _option(_LEARNING, "Of the optimizer; lower it at a NaN loss.")]
Schedule = Annotated[str | None, _option(_LEARNING, "Of the rate: constant or cosine.")]
Warmup = Annotated[float | None, _option(_LEARNING, "Epochs in which the rate rises, before the cosine.")]
WeightDecay = Annotated[float | None, _option(_LEARNING, "Of adamw.")]
LabelSmoothing = Annotated[float | None, _option(_LEARNING, "Share of each label spread over all classes.")]
Ema = Annotated[float | None, _option(_LEARNING, "Decay of the average of the weights; 0: none.")]
Keep = Annotated[str | None, _option(_LEARNING, "Weights of the best epoch by validation, or of the last.")]
Precision = Annotated[
    str | None, _option(_LEARNING, "float32, or bfloat16: quicker where the hardware has it, slower where not.")
]
WeightBits = Annotated[
    int | None,
    _option(_LEARNING, "32, or 8: kernels end where 8 bits hold them, and files a quarter the size lose nothing."),
]
Balance = Annotated[
    bool | None,
    _option(_LEARNING, "Each class counts alike, however few its photos.", "--balance/--no-balance"),
]
Patience = Annotated[int | None, _option(_LEARNING, "Stop after so many epochs without a better one.")]
FromScratch = Annotated[
    bool, typer.Option("--from-scratch", help="Without pretrained weights.", rich_help_panel=_LEARNING)
]

Teachers = Annotated[
    list[Path] | None,
    _option(_TEACHER, "A finished run, asked about every photo; several are averaged.", "--teacher", metavar="RUN"),
]
TeacherWeight = Annotated[float | None, _option(_TEACHER, "Its share in the loss; 0.9.")]
TeacherTemperature = Annotated[float | None, _option(_TEACHER, "How soft its answers are made; 4.")]
TeacherViews = Annotated[
    int | None, _option(_TEACHER, "Epochs that differ; later ones repeat them, without asking it again.")
]

Distribute = Annotated[
    str | None,
    typer.Option(
        metavar="mirrored|workers", help="On all GPUs, or on the machines of TF_CONFIG.", rich_help_panel=_LEARNING
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
