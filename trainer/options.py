"""What a training is asked for, and what that comes to once the architecture's defaults are filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from gemelo.errors import UnknownNameError, UsageError
from gemelo.preprocessing import DEFAULT_MAX_PIXELS, OWN_FITS, Preprocessing
from gemelo.store.manifest import TrainingFacts

from . import architectures, augment
from .augment import Op
from .defaults import Defaults
from .distillation import Teachers
from .fused import PRECISIONS
from .rounding import BITS


@dataclass(frozen=True)
class TrainOptions:
    """What was asked; None is "the architecture's own".

    Attributes:
        data: A folder of photos.
        out: Where the run goes.
        labels: Where the labels are, if not in the names of folders: a CSV file, or `names`; see `trainer.labels`.
        arch: The architecture.
        size: Pixels of the input: one side of a square, or (width, height).
        fit: `squash`, `crop` or `pad`.
        channels: 3 (RGB) or 1 (grey).
        epochs: How often every photo is seen; with 0 the head alone learns, on pretrained weights that stay.
        batch: Photos in one step.
        recipe: Augmentation.
        seed: The same seed gives the same run.
        resume: Go on where an interrupted training stopped.
        strict: Stop where a photo cannot be read.
        overwrite: Replace a run that is there already.
        test_fraction: Share of each class to test on, where the folder has no test split.
        validation_fraction: Share of each class's training photos to watch the training on, where the folder has no
            validation split beside its test split; with 0 it is watched on the test split.
        max_pixels: Photos with more are unreadable.
        cache: Where decoded photos are kept; `trainer.cache.default_folder()` unless given.
        learning_rate: Of the optimizer.
        teachers: Finished runs to learn from; their answers are averaged.
        distribute: `mirrored` (all devices of this machine), `workers` (by TF_CONFIG), or None.
        settings: Any field of `Defaults` that there is no attribute for, to replace the architecture's own.
        abstain: How sure is sure enough to answer: `auto` (chosen on the validation split), `off`, or a probability.
    """

    data: Path
    out: Path
    labels: str | None = None
    arch: str = "lecture"
    size: int | tuple[int, int] | None = None
    fit: str | None = None
    channels: int | None = None
    epochs: int | None = None
    batch: int | None = None
    recipe: str | None = None
    seed: int = 0
    resume: bool = False
    strict: bool = False
    overwrite: bool = False
    test_fraction: float = 0.2
    validation_fraction: float | None = None
    max_pixels: int = DEFAULT_MAX_PIXELS
    cache: Path | None = None
    learning_rate: float | None = None
    abstain: str | float = "auto"
    teachers: Sequence[Path] | None = None
    distribute: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A training with nothing left open.

    Attributes:
        architecture: Its name.
        preprocessing: How a photo becomes the input.
        settings: Epochs, batch, recipe, optimizer and so on.
        seed: Of weights, order and augmentation.
        test_fraction, max_pixels: As asked.
        recipe: Its ops, as text.
        teachers: To learn from, where there are any.
    """

    architecture: str
    preprocessing: Preprocessing
    settings: Defaults
    seed: int
    test_fraction: float
    max_pixels: int
    recipe: list[str] = field(default_factory=list)
    teachers: Teachers | None = None

    @property
    def source(self) -> Preprocessing:
        """How the photos to learn from are decoded: larger than the input where a teacher sees them larger."""
        return self.teachers.source(self.preprocessing) if self.teachers else self.preprocessing

    def facts(self) -> TrainingFacts:
        """Return all settings, as the run records them; a resumed training must have the same."""
        settings = asdict(self.settings)
        del settings["size"], settings["fit"], settings["channels"]
        if not self.teachers:
            settings = {name: value for name, value in settings.items() if not name.startswith("teacher_")}
        return TrainingFacts(
            architecture=self.architecture,
            preprocessing=self.preprocessing,
            **settings,
            teachers=self.teachers.facts() if self.teachers else [],
            ops=self.recipe,
            seed=self.seed,
            test_fraction=self.test_fraction,
            max_pixels=self.max_pixels,
        )


# Options that take the place of the architecture's own where they are given.
_SETTINGS = ("fit", "channels", "epochs", "batch", "recipe", "learning_rate", "validation_fraction")


def resolve(options: TrainOptions) -> Plan:
    """Fill in the architecture's defaults and check what can be checked before a photo is read.

    Raises:
        UnknownNameError: No such architecture, recipe or fit.
        UsageError: A number out of its range; names all of them.
    """
    defaults = architectures.get(options.arch).DEFAULTS
    given = {name: getattr(options, name) for name in _SETTINGS} | dict(options.settings)
    settings = replace(defaults, **{name: value for name, value in given.items() if value is not None})
    _check(options, settings)
    ops = [repr(op) for op in recipe_of(settings)]
    size = options.size if options.size is not None else defaults.size
    width, height = (size, size) if isinstance(size, int) else size
    preprocessing = Preprocessing(width, height, settings.channels, settings.fit)
    teachers = Teachers.open(options.teachers, preprocessing) if options.teachers else None
    held = (options.seed, options.test_fraction, options.max_pixels)
    return Plan(options.arch, preprocessing, settings, *held, ops, teachers)


def recipe_of(settings: Defaults) -> Sequence[Op]:
    """The augmentation of a training.

    Raises:
        UnknownNameError: No such recipe.
    """
    return augment.compose(settings.recipe, mixup=settings.mixup, cutmix=settings.cutmix, outliers=settings.outliers)


def _check(options: TrainOptions, settings: Defaults) -> None:
    names = (
        ("fit", settings.fit, OWN_FITS),
        ("optimizer", settings.optimizer, ("adam", "adamw")),
        ("schedule", settings.schedule, ("constant", "cosine")),
        ("precision", settings.precision, PRECISIONS),
        ("choice of weights to keep", settings.keep, ("best", "last")),
    )
    for kind, name, known in names:
        if name not in known:
            raise UnknownNameError(kind, name, known)
    wrong = {**_wrong_numbers(options, settings), **_wrong_settings(settings)}
    if any(wrong.values()):
        raise UsageError("out of range: " + "; ".join(text for text, is_wrong in wrong.items() if is_wrong))


def _wrong_numbers(options: TrainOptions, settings: Defaults) -> dict[str, bool]:
    size = options.size if options.size is not None else settings.size
    sides = (size,) if isinstance(size, int) else size
    return {
        f"epochs {settings.epochs}: one or more{'' if settings.pretrained else ' (0 is for pretrained networks)'}": (
            settings.epochs < (0 if settings.pretrained else 1)
        ),
        f"batch {settings.batch}: one or more": settings.batch < 1,
        f"learning rate {settings.learning_rate}: more than 0": not settings.learning_rate > 0,
        f"channels {settings.channels}: 3 (color) or 1 (gray)": settings.channels not in (1, 3),
        f"size {sides}: 1 to 4096 pixels": not all(1 <= side <= 4096 for side in sides),
        f"seed {options.seed}: 0 to 2147483647": not 0 <= options.seed < 1 << 31,
        f"validation fraction {settings.validation_fraction}: 0, or below 1": not 0 <= settings.validation_fraction < 1,
        f"abstain {options.abstain}: auto, off, or a probability below 1": not _is_threshold(options.abstain),
        f"test fraction {options.test_fraction}: between 0 and 1": not 0 < options.test_fraction < 1,
    }


def _wrong_settings(settings: Defaults) -> dict[str, bool]:
    below_one = ("label_smoothing", "ema", "outliers")
    shares = ("early_epochs", "teacher_weight")
    positive = ("mixup", "cutmix", "weight_decay", "warmup_epochs")
    value = {name: getattr(settings, name) or 0 for name in (*below_one, *shares, *positive)}
    return {
        **{f"{_words(name)} {value[name]}: 0, or below 1": not 0 <= value[name] < 1 for name in below_one},
        **{f"{_words(name)} {value[name]}: 0 to 1": not 0 <= value[name] <= 1 for name in shares},
        **{f"{_words(name)} {value[name]}: 0 or more": not value[name] >= 0 for name in positive},
        f"outliers {settings.outliers}: only with epochs (--epochs 1 or more)": bool(settings.outliers)
        and not settings.epochs,
        f"weight bits {settings.weight_bits}: {' or '.join(map(str, BITS))}": settings.weight_bits not in BITS,
        f"early size {settings.early_size}: more than 0, up to 1": not 0 < settings.early_size <= 1,
        f"patience {settings.patience}: one epoch or more": settings.patience is not None and settings.patience < 1,
        f"teacher views {settings.teacher_views}: one or more": settings.teacher_views is not None
        and settings.teacher_views < 1,
        f"teacher temperature {settings.teacher_temperature}: 1 or more": not settings.teacher_temperature >= 1,
    }


def _words(name: str) -> str:
    return name.replace("_", " ")


def _is_threshold(value: str | float) -> bool:
    return value in ("auto", "off") if isinstance(value, str) else 0 <= value < 1
