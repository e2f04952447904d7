"""What the manifests of runs and bundles have in common: schema, kind, facts, and a hash for every file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from gemelo.errors import Message, MissingFileError, NotFoundError, SchemaError, TamperedFileError
from gemelo.preprocessing import Preprocessing
from gemelo.skew import is_skewed
from gemelo.store.files import FileRow, read_json, safe_join, sha256_file
from gemelo.store.found import advice_on, found_at
from gemelo.store.schema import OMITTED, Count, Sha256, Share, Threshold, one_of, read
from gemelo.store.schema1 import upgraded

SCHEMA = 2


@dataclass(frozen=True)
class Told:
    """A message of the catalogue `gemelo.messages`, for those who read it in another language."""

    code: str
    parameters: dict[str, Any]

    @classmethod
    def of(cls, message: Message) -> "Told":
        """A message as a file holds it."""
        return cls(message.code, message.parameters)

    def message(self) -> Message:
        """What it was made of; a file from outside may hold a code that there is not."""
        return Message(self.code, **self.parameters)


@dataclass(frozen=True)
class ClassFigures:
    """Precision, recall and number of test photos of one class."""

    precision: Share
    recall: Share
    support: Count


@dataclass(frozen=True)
class HeadFigures:
    """The figures of a new head on a pretrained network, before the rest was trained."""

    val_accuracy: Share
    val_loss: float | None = None


@dataclass(frozen=True)
class Metrics:
    """Figures of the test split, and of the epochs.

    Attributes:
        accuracy: Share of the test photos that are answered rightly.
        balanced_accuracy: The same where every class counts alike.
        loss: Mean negative logarithm of the true label's probability.
        ece: Expected calibration error in 15 bins (Guo et al. 2017).
        ece_before: The same before the temperature.
        temperature: What the logits are divided by.
        calibration: How the temperature was found, for people.
        confusion: Test photos by true label (rows) and answered label (columns).
        confusion_labels: The labels that are confused most often, where there are too many for all of them.
        accuracy_mirrored: Accuracy of the mean of the answers to a photo and to its mirror image.
        kept_epoch: The epoch whose weights were kept.
        val_accuracy: Of that epoch.
        epochs: How many there were.
        frozen: Of the new head alone, where it learned first.
    """

    accuracy: Share | None = None
    balanced_accuracy: Share | None = None
    loss: float | None = None
    ece: Share | None = None
    ece_before: Share | None = None
    temperature: float | None = None
    calibration: str | None = None
    per_class: dict[str, ClassFigures] = field(default_factory=dict)
    confusion: list[list[Count]] | None = None
    confusion_labels: list[str] | None = field(default=None, metadata=OMITTED)
    accuracy_mirrored: Share | None = None
    best_epoch: Count | None = None
    best_val_accuracy: Share | None = None
    kept_epoch: Count | None = None
    val_accuracy: Share | None = None
    epochs: Count | None = None
    frozen: HeadFigures | None = field(default=None, metadata=OMITTED)

    @property
    def balanced_where_skewed(self) -> float | None:
        """The balanced accuracy where the classes of the test photos are skewed; None where it adds nothing."""
        return self.balanced_accuracy if is_skewed(row.support for row in self.per_class.values()) else None


@dataclass(frozen=True)
class DatasetFacts:
    """The photos of a run.

    Attributes:
        root: Absolute path of the folder; empty in a bundle.
        train, val, test: Photos of each split.
        validation: The split that the training was watched on.
        unreadable: Photos that were skipped.
        duplicates: Groups of equal photos in more than one split.
        conflicts: Groups of equal photos in more than one class.
        copied: Test photos that have the bytes of a training photo.
        notes: Of the splits, for people.
        warnings: What a reader of the figures should know, the first of it.
    """

    root: str = ""
    train: Count | None = None
    val: Count | None = None
    test: Count | None = None
    validation: str | None = None
    unreadable: Count = 0
    duplicates: Count = 0
    conflicts: Count = 0
    copied: Count = 0
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class TeacherFacts:
    """A run that another one learned from.

    Attributes:
        name, architecture: Of the teacher.
        sha256: Of its model.
        command: The command that makes it again.
    """

    name: str
    architecture: str
    sha256: Sha256
    command: str | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True, kw_only=True)
class TrainingFacts:
    """Every option of a training, the architecture's defaults filled in. None stands for an option that is not used.

    Attributes:
        ops: The augmentations, as text.
        abstain: What was asked for: `auto`, `off`, or a probability.
        command: The command that trains the same again.
        preprocessing: How the photos become the input; in a bundle it stands in the manifest alone.
        seconds: What the epochs took; not in a bundle.
    """

    architecture: str | None = None
    preprocessing: Preprocessing | None = field(default=None, metadata=OMITTED)
    epochs: Count | None = None
    batch: Count | None = None
    recipe: str | None = None
    mixup: float | None = None
    cutmix: float | None = None
    outliers: Share | None = None
    optimizer: str | None = None
    learning_rate: float | None = None
    schedule: str | None = None
    warmup_epochs: float | None = None
    weight_decay: float | None = None
    label_smoothing: float | None = None
    ema: float | None = None
    early_epochs: float | None = None
    early_size: float | None = None
    keep: str | None = None
    patience: Count | None = None
    validation_fraction: Share | None = None
    pretrained: str | None = None
    frozen_norm: bool | None = None
    precision: str | None = None
    balance: bool | None = None
    weight_bits: Count | None = None
    teacher_weight: Share | None = field(default=None, metadata=OMITTED)
    teacher_temperature: float | None = field(default=None, metadata=OMITTED)
    teacher_views: Count | None = field(default=None, metadata=OMITTED)
    teachers: list[TeacherFacts] = field(default_factory=list, metadata=OMITTED)
    ops: list[str] = field(default_factory=list)
    seed: Count | None = None
    test_fraction: Share | None = None
    max_pixels: Count | None = None
    abstain: Any = None
    command: str | None = None
    seconds: float | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True)
class DeclaredFact:
    """One thing about the preprocessing or the output of an imported model, and who said it.

    Attributes:
        name: `scale`, `channel_order`, `size`, `fit`, `filter`, `output` or `labels`.
        value: As an option takes it.
        by: `option` or `preset`: its owner said so; `file`: the model's file says so; `photos`: the folders of photos;
            `detected`: it was found out by what the model answers; `default`: nobody said anything.
    """

    name: str
    value: str
    by: Annotated[str, one_of("option", "preset", "file", "photos", "detected", "default")]


@dataclass(frozen=True)
class ImportedFacts:
    """The model that a run was imported from.

    Attributes:
        file: Its name.
        sha256: Of the file; of a folder, of the hashes and names of its files.
        bytes: Its size.
        source: Its kind, by the file's name in `importers/sources`.
        framework: What loaded it and gave the reference outputs: `Keras`, `tf-keras` or `TensorFlow`.
        version: Of the framework that saved it.
        form: What the run holds: `keras` (model.keras) or `saved-model` (saved_model/).
        declared: The preprocessing and the output.
        notes: What was done to the model, as sentences.
        warning: What speaks against the declared preprocessing: another one fits the photos significantly better.
        warning_told: The same by its code.
        command: The command that imports the same again.
    """

    file: str
    sha256: Sha256
    bytes: Count
    source: str
    framework: str
    version: str | None
    form: Annotated[str, one_of("keras", "saved-model")]
    declared: list[DeclaredFact]
    notes: list[str] = field(default_factory=list)
    warning: str | None = field(default=None, metadata=OMITTED)
    warning_told: Told | None = field(default=None, metadata=OMITTED)
    command: str | None = field(default=None, metadata=OMITTED)

    @property
    def title(self) -> str:
        """The framework and its version, for people."""
        return f"{self.framework} {self.version}" if self.version else self.framework


@dataclass(frozen=True)
class Abstain:
    """The threshold below which the answer is "not sure", and what it does to the test photos.

    Attributes:
        threshold: The top probability from which an answer counts.
        answered: Share of the test photos that are still answered.
        accuracy: Share of those that are answered rightly; None where there are none.
    """

    threshold: Threshold
    answered: Share | None = None
    accuracy: Share | None = None


@dataclass(frozen=True)
class Facts:
    """What runs and bundles say of themselves.

    Attributes:
        name: The folder's name.
        architecture: Its name in `trainer/architectures`; `imported` where it was trained elsewhere.
        parameters: All of the network's numbers, batch norm's statistics included.
        labels: In index order.
        preprocessing: How a photo becomes the input.
        metrics: On the test split.
        convolutions: How many convolution layers: the parity gate of deep networks is wider.
        abstain: None where every answer counts.
        imported: The model that it was imported from; None where it was trained here.
    """

    schema: int = field(default=SCHEMA, init=False, repr=False)
    kind: str = field(default="", init=False, repr=False)
    name: str
    architecture: str
    parameters: Count
    labels: list[str]
    preprocessing: Preprocessing
    metrics: Metrics
    dataset: DatasetFacts = field(default_factory=DatasetFacts)
    training: TrainingFacts = field(default_factory=TrainingFacts)
    convolutions: Count = 0
    abstain: Abstain | None = None
    imported: ImportedFacts | None = field(default=None, metadata=OMITTED)

    @property
    def warning(self) -> str | None:
        """What speaks against the declared preprocessing of an imported model."""
        return None if self.imported is None else self.imported.warning

    @property
    def color(self) -> str:
        """The channels that photos are decoded to, for people."""
        if self.preprocessing.channels != 3:
            return "gray"
        declared = self.imported.declared if self.imported else []
        swapped = any((row.name, row.value) == ("channel_order", "bgr") for row in declared)
        return "RGB, which the model swaps to BGR" if swapped else "RGB"


def check_figures(facts: Facts, path: Path) -> None:
    """Hold the figures of each class to the labels.

    Raises:
        SchemaError: A label stands there twice, or the confusion has not a row and a column for each.
    """
    classes = len(facts.labels)
    if len(set(facts.labels)) != classes or classes < 1:
        raise SchemaError(Message("bundle.damaged", path, fields="labels (must be different texts)"))
    confusion = facts.metrics.confusion
    if facts.metrics.confusion_labels is not None:  # those most often confused, of many
        classes = len(facts.metrics.confusion_labels)
    if confusion is not None and [len(row) for row in confusion] != [classes] * classes:
        raise SchemaError(Message("bundle.damaged", path, fields=f"metrics.confusion (must be {classes}x{classes})"))


def read_manifest(path: Path, kind: str) -> dict[str, Any]:
    """Read a manifest of the given kind ("run" or "bundle").

    Raises:
        NotFoundError: The folder is not there.
        MissingFileError: The folder has no manifest.
        SchemaError: It is not a manifest, of another kind, or newer than this gemelo.
        UnsafePathError: It is a link that leads out of the folder.
    """
    if not path.parent.is_dir():
        raise NotFoundError(found_at(path.parent), hint=advice_on(path.parent))
    value = read_json(safe_join(path.parent, path.name))
    if not isinstance(value, dict) or isinstance(value.get("schema"), bool) or not isinstance(value.get("schema"), int):
        raise SchemaError(Message("bundle.no-schema", path))
    check_schema(value, SCHEMA, path)
    if value.get("kind") != kind:
        raise SchemaError(Message("bundle.other-kind", path, found=repr(value.get("kind")), wanted=kind))
    found: dict[str, Any] = upgraded(value)
    return found


def check_schema(value: Any, newest: int, where: object) -> None:
    """Refuse a file that a newer gemelo wrote.

    Raises:
        SchemaError: Its schema number is over `newest`.
    """
    number = value.get("schema") if isinstance(value, dict) else None
    if isinstance(number, int) and number > newest:
        raise SchemaError(Message("bundle.newer", where, schema=number, newest=newest), hint=Message("hint.newer"))


def read_preprocessing(value: Any, path: Path) -> Preprocessing:
    """The preprocessing in a file.

    Raises:
        SchemaError: It is not one, or newer than this gemelo.
    """
    return read(Preprocessing, value, path)


def verify_files(root: Path, rows: Mapping[str, FileRow]) -> None:
    """Hold every file to its manifest.

    Args:
        root: The folder of the run or bundle.
        rows: {relative POSIX path: size and hash}.

    Raises:
        UnsafePathError: A path climbs out of the folder.
        MissingFileError: Files are gone; names them all.
        TamperedFileError: Files changed; names them all.
    """
    wanted = {safe_join(root, name): row for name, row in rows.items()}
    missing = [path for path in wanted if not path.is_file()]
    if missing:
        raise MissingFileError(
            Message("bundle.files-missing", root, files=_names(root, missing)), hint=Message("hint.export-again")
        )
    changed = [path for path, row in wanted.items() if not _is_unchanged(path, row)]
    if changed:
        raise TamperedFileError(
            Message("bundle.files-changed", root, files=_names(root, changed)), hint=Message("hint.changed")
        )


def _is_unchanged(path: Path, row: FileRow) -> bool:
    try:
        return path.stat().st_size == row.bytes and sha256_file(path) == row.sha256
    except OSError as exc:
        raise MissingFileError(Message("file.unreadable", path=path, reason=exc.strerror or exc)) from exc


def _names(root: Path, paths: list[Path]) -> str:
    names = [path.relative_to(root).as_posix() for path in paths]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
