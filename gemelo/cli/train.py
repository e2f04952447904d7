"""`gemelo train`: a folder of photos in, a run out."""

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemelo import installed
from gemelo.cli import app
from gemelo.cli import train_options as ask
from gemelo.cli.heavy import load_heavy, names_of
from gemelo.cli.interrupt import interruptible
from gemelo.cli.options import MEGAPIXELS, parse_size, to_pixels
from gemelo.errors import UnknownNameError
from gemelo.progress import Bars
from gemelo.registry import constants

if TYPE_CHECKING:
    from gemelo.store.run import Run
    from trainer.checkpoint import Workspace
    from trainer.dataset import Dataset
    from trainer.options import TrainOptions

_HELP = """Train a classifier on a folder of photos.

DATA has one folder for each class (DATA/cats, DATA/dogs). A fifth of the photos is kept for the test. If DATA is split
already, its folders are DATA/train/cats, DATA/train/dogs, DATA/test/cats, ... (also training_set or training; test_set,
val, valid or validation). For labels in a table or in file names, see --labels. Photos are JPEG, PNG, WebP, BMP or GIF,
recognized by their first bytes. A hundred photos of each class are enough to begin with; a thousand are good.

Networks, for --arch:

{networks}
- keras:NAME: any network of keras.applications, e.g. keras:MobileNetV2; Keras downloads its weights

Without --arch, EfficientNet-Lite0 keeps what it learned on ImageNet, and only a new head learns your classes. This
takes a minute or two and is best for few photos. It is the same as --arch efficientnet-lite0 --epochs 0.

Recipes (data augmentation), for --recipe:

- none: photos are not changed
- lecture: sheared, zoomed, mirrored
- gentle: cropped (to at least half of the photo), mirrored, recolored
- strong: cropped more closely, also rotated; some are covered by a gray square, some blended with another photo
- mixed: like strong, but with parts of another photo pasted in instead of gray squares
- patient: cropped very closely, mirrored, recolored, often blended; for a student with a --teacher

Example: gemelo train photos --out runs/pets
"""
# What is trained where no network is named. It has seen a million photos: on a few hundred, a new head on it is better
# than any network that learns from them alone.
_USUAL = "efficientnet-lite0"


def _help() -> str:
    """The command's help, with every network's own words. They are read, not imported: help must come at once."""
    networks = constants(installed.folder_of("trainer.architectures"), "SUMMARY")
    return _HELP.format(networks="\n".join(f"- {name}: {text}" for name, text in networks.items()))


@app.command(help=_help())
def train(  # noqa: D103  # its help is above
    data: ask.Data,
    out: ask.Out,
    arch: ask.Arch = None,
    labels: ask.Labels = None,
    size: ask.Size = None,
    fit: ask.Fit = None,
    channels: ask.Channels = None,
    seed: ask.Seed = 0,
    abstain: ask.Abstain = "auto",
    resume: ask.Resume = False,
    overwrite: ask.Overwrite = False,
    test_fraction: ask.TestFraction = 0.2,
    validation_fraction: ask.ValidationFraction = None,
    recipe: ask.Recipe = None,
    mixup: ask.Mixup = None,
    cutmix: ask.Cutmix = None,
    outliers: ask.Outliers = None,
    early_size: ask.EarlySize = None,
    early_epochs: ask.EarlyEpochs = None,
    strict: ask.Strict = False,
    max_megapixels: ask.Megapixels = MEGAPIXELS,
    epochs: ask.Epochs = None,
    batch: ask.Batch = None,
    optimizer: ask.Optimizer = None,
    learning_rate: ask.LearningRate = None,
    schedule: ask.Schedule = None,
    warmup_epochs: ask.Warmup = None,
    weight_decay: ask.WeightDecay = None,
    label_smoothing: ask.LabelSmoothing = None,
    ema: ask.Ema = None,
    keep: ask.Keep = None,
    patience: ask.Patience = None,
    precision: ask.Precision = None,
    weight_bits: ask.WeightBits = None,
    balance: ask.Balance = None,
    from_scratch: ask.FromScratch = False,
    distribute: ask.Distribute = None,
    teachers: ask.Teachers = None,
    teacher_weight: ask.TeacherWeight = None,
    teacher_temperature: ask.TeacherTemperature = None,
    teacher_views: ask.TeacherViews = None,
) -> None:
    _train(**locals())


def _train(**given: Any) -> None:
    given = _usual(**given)
    _check(**given)
    trainer = load_heavy("trainer.train")
    from gemelo.cli.info import print_run

    options = to_options(**given)
    again = "" if options.resume else " --resume"
    _say_who_is_waited_for(options.distribute)
    with interruptible(f"finish it with: gemelo {shlex.join([*sys.argv[1:]])}{again}"):
        run: Run | None = trainer.train(options, progress=Bars())
    if run is not None:
        print_run(run)


def _usual(*, arch: str | None, epochs: int | None, **given: Any) -> dict[str, Any]:
    """The same with a network; where none was named, only its head learns unless that cannot be meant."""
    if arch is None and epochs is None and not given["from_scratch"] and not given["teachers"]:
        epochs = 0
    return {**given, "arch": arch or _USUAL, "epochs": epochs}


def _check(
    *, data: Path, out: Path, arch: str, size: str | None, abstain: str, teachers: list[Path] | None, **given: Any
) -> None:
    """What a slip of the finger may have got wrong, before TensorFlow is loaded: that takes seconds.

    Raises:
        UsageError: No such network, a size or a threshold that cannot be read, a teacher that is no finished run, or
            a place where something else is.
        DatasetError: The folder holds nothing that a classifier can be learned from.
    """
    from gemelo.store.run import Run

    known = names_of("trainer.architectures")
    if known and arch not in known and not arch.startswith("keras:"):
        raise UnknownNameError("architecture", arch, [*known, "keras:NAME, of keras.applications"])
    for teacher in teachers or []:
        Run.open(teacher)
    parse_size(size)
    ask.threshold(abstain)
    if known:
        if given["distribute"] != "workers":  # of whom the first alone has a place to write to
            workspace: Workspace = installed.load("trainer.checkpoint").Workspace(out)
            workspace.check(resume=given["resume"], overwrite=given["overwrite"])
        dataset: Dataset = installed.load("trainer.scan").read_folder(data, given["labels"])
        _say_what_is_skewed(dataset, given["balance"])


def _say_what_is_skewed(dataset: "Dataset", balance: bool | None) -> None:
    from rich.console import Console

    from gemelo.cli.show import plain

    skew: str | None = None if balance else installed.load("trainer.balance").note(dataset.counts()["train"])
    if skew:
        Console(stderr=True).print(f"note: {plain(skew)}", soft_wrap=True)


def _say_who_is_waited_for(distribute: str | None) -> None:
    from rich.console import Console

    if distribute != "workers":
        return
    others: list[str] = installed.load("trainer.distributed").addresses(os.environ.get("TF_CONFIG", ""))
    if others:
        Console(stderr=True).print(f"workers, each waiting for all the others: {', '.join(others)}", soft_wrap=True)


def to_options(
    *, size: str | None, abstain: str, max_megapixels: float, from_scratch: bool, **given: Any
) -> "TrainOptions":
    """What was typed, as the trainer takes it.

    Raises:
        UsageError: A size, threshold or limit that cannot be read.
    """
    kind: type[TrainOptions] = installed.load("trainer.options").TrainOptions
    return kind(
        **_known(given, kind.__dataclass_fields__),
        settings=_settings(given, kind.__dataclass_fields__, from_scratch),
        size=parse_size(size),
        abstain=ask.threshold(abstain),
        max_pixels=to_pixels(max_megapixels),
    )


def _known(given: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name in fields}


def _settings(given: dict[str, Any], fields: dict[str, Any], from_scratch: bool) -> dict[str, Any]:
    """What takes the place of the network's own defaults: only what was given."""
    settings = {name: value for name, value in given.items() if name not in fields and value is not None}
    return {**settings, "pretrained": "", "frozen_norm": False} if from_scratch else settings
