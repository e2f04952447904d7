"""The options of `gemelo import`, which `gemelo export` takes too where it is given a model file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from gemelo import installed
from gemelo.cli.options import parse_size
from gemelo.errors import UsageError
from gemelo.preprocessing import FILTERS, FITS

_PANEL = "A model that was trained elsewhere"


def _option(help: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, rich_help_panel=_PANEL, **more)


Labels = Annotated[
    str | None,
    _option(
        "The labels in the order of training: cats,dogs or a file with one label on each line. Default: the names of "
        "the folders in --photos.",
        metavar="FILE|NAMES",
    ),
]
Photos = Annotated[
    Path | None,
    _option(
        "A folder of photos, with one folder for each label. The model is tested on most of them; the others set "
        "the ranges of 8-bit files.",
        metavar="DIR",
    ),
]
Size = Annotated[
    str | None, _option("Size of the input in pixels, 224 or WIDTHxHEIGHT, for a model that takes any size.")
]
Fit = Annotated[
    str | None, _option(f"How photos are fitted into the input: {', '.join(FITS)}. Default: squash.", metavar="FIT")
]
Filter = Annotated[
    str | None,
    _option(f"How photos are resized: {', '.join(FILTERS)}. Default: pillow-bilinear.", metavar="FILTER"),
]
ResizeTo = Annotated[int | None, _option("Pixels of the shorter side before the crop, for --fit resize-crop.")]
Scale = Annotated[
    str | None,
    _option(
        "How pixels 0-255 become the model's input: 0..1, -1..1, 0..255, caffe, torch, or MEAN/STD such as "
        "127.5/127.5. Not needed if the model contains the scaling.",
    ),
]
ChannelOrder = Annotated[str | None, _option("rgb (default), or bgr for models trained on photos of OpenCV.")]
Output = Annotated[
    str | None,
    _option("What the model returns: probabilities, sigmoid (one unit) or logits. Default: detected from its answers."),
]
Preset = Annotated[
    str | None,
    _option(
        "What the training photos were prepared with. A preset sets some of the options above: teachable-machine, "
        "torchvision, opencv, image_dataset_from_directory, flow_from_directory, keras.applications.vgg16 (or another "
        "family). Separate several with commas.",
    ),
]
Preprocess = Annotated[
    str | None,
    _option(
        "auto detects, with --photos, the preprocessing options that you don't give. declared uses defaults for them, "
        "and warns if another preprocessing fits the photos better. Default: declared.",
        metavar="auto|declared",
    ),
]
Trust = Annotated[bool, _option("Run Lambda layers and other programs that the model contains.", "--trust")]
CustomObjects = Annotated[
    Path | None, _option("A Python file that defines the model's own layers. It is run, so it needs --trust.")
]


@dataclass(frozen=True)
class Asked:
    """What was typed of a model: the values of the options above, by their names."""

    labels: str | None = None
    photos: Path | None = None
    size: str | None = None
    fit: str | None = None
    filter: str | None = None
    resize_to: int | None = None
    scale: str | None = None
    channel_order: str | None = None
    output: str | None = None
    preset: str | None = None
    preprocess: str | None = None
    trust: bool = False
    custom_objects: Path | None = None

    @classmethod
    def of(cls, given: dict[str, Any]) -> "Asked":
        """Of the parameters of a command."""
        return cls(**{name: given[name] for name in cls.__dataclass_fields__})

    def refuse(self) -> None:
        """Where what is exported is a run: none of them says anything.

        Raises:
            UsageError: One was given.
        """
        given = [name for name in self.__dataclass_fields__ if getattr(self, name) not in (None, False)]
        if given:
            names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
            raise UsageError(f"{names}: these are for model files; a run has its preprocessing already")

    def options(self, model: Path, out: Path, *, overwrite: bool, max_pixels: int) -> Any:
        """As the importers take it, checked as far as it can be without the model.

        Raises:
            UsageError: Something that cannot be read, or a name that there is not.
            CheckError: A file of labels that cannot be read.
        """
        load = installed.load
        if self.preprocess not in (None, "auto", "declared"):
            raise UsageError(f"unknown --preprocess {self.preprocess!r}", hint="known: auto, declared")
        declare, programs = load("importers.declare"), load("importers.programs")
        size = parse_size(self.size) or (None, None)
        declared = declare.Declared(
            scale=None if self.scale is None else declare.Scale.parse(self.scale),
            channel_order=self.channel_order,
            width=size[0],
            height=size[1],
            fit=self.fit,
            filter=self.filter,
            resize_to=self.resize_to,
            output=self.output,
            labels=None if self.labels is None else load("importers.labels").parse(self.labels),
        )
        options = load("importers.options").ImportOptions(
            model=model,
            out=out,
            declared=declared,
            presets=tuple(filter(None, (self.preset or "").replace(" ", "").split(","))),
            photos=self.photos,
            auto=self.preprocess == "auto",
            trust=programs.Trust(self.trust, self.custom_objects),
            overwrite=overwrite,
            max_pixels=max_pixels,
        )
        load("importers.settle").check(options)
        return options
