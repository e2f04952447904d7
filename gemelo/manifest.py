"""What the manifests of runs and bundles have in common: schema, kind, facts, and a hash for every file."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gemelo.errors import MissingFileError, NotFoundError, SchemaError, TamperedFileError
from gemelo.files import read_json, safe_join, sha256_file
from gemelo.found import advice_on, found_at
from gemelo.preprocessing import Preprocessing
from gemelo.schema import Count, Sha256, Share, Threshold, read
from gemelo.schema1 import upgraded
from gemelo.skew import is_skewed

SCHEMA = 2


@dataclass(frozen=True)
class FileRow:
    """Size and hash of one file."""

    bytes: Count
    sha256: Sha256


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
    """Figures of the test split."""

    accuracy: Share | None = None
    balanced_accuracy: Share | None = None
    loss: float | None = None
    ece: Share | None = None
    ece_before: Share | None = None
    temperature: float | None = None
    calibration: str | None = None
    per_class: dict[str, ClassFigures] = field(default_factory=dict)
    confusion: list[list[Count]] | None = None
    confusion_labels: list[str] | None = None
    accuracy_mirrored: Share | None = None
    best_epoch: Count | None = None
    best_val_accuracy: Share | None = None
    kept_epoch: Count | None = None
    val_accuracy: Share | None = None
    epochs: Count | None = None
    frozen: HeadFigures | None = None

    @property
    def balanced_where_skewed(self) -> float | None:
        """The balanced accuracy where the classes of the test photos are skewed; None where it adds nothing."""
        return self.balanced_accuracy if is_skewed(row.support for row in self.per_class.values()) else None


@dataclass(frozen=True)
class DatasetFacts:
    """The photos of a run; `copied` counts the test photos that have the bytes of a training photo."""

    root: str = ""
    train: Count | None = None
    val: Count | None = None
    test: Count | None = None
    validation: str | None = None
    copied: Count = 0
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class TrainingFacts:
    """What other commands need to know of a training's options."""

    keep: str | None = None
    max_pixels: Count | None = None
    command: str | None = None


@dataclass(frozen=True)
class Abstain:
    """The threshold below which the answer is "not sure", and what it does to the test photos."""

    threshold: Threshold
    answered: Share | None = None
    accuracy: Share | None = None


@dataclass(frozen=True)
class Facts:
    """What runs and bundles say of themselves."""

    name: str
    architecture: str
    parameters: Count
    labels: list[str]
    preprocessing: dict  # type: ignore[type-arg]  # Preprocessing.from_json reads it
    metrics: Metrics
    dataset: DatasetFacts = field(default_factory=DatasetFacts)
    training: TrainingFacts = field(default_factory=TrainingFacts)
    convolutions: Count = 0
    abstain: Abstain | None = None


def check_figures(facts: Facts, path: Path) -> None:
    """Hold the figures of each class to the labels.

    Raises:
        SchemaError: A label stands there twice, or the confusion has not a row and a column for each.
    """
    classes = len(facts.labels)
    if len(set(facts.labels)) != classes or classes < 1:
        raise SchemaError(f"{path}: missing or damaged: labels (must be different texts)")
    confusion = facts.metrics.confusion
    if facts.metrics.confusion_labels is not None:  # those most often confused, of many
        classes = len(facts.metrics.confusion_labels)
    if confusion is not None and [len(row) for row in confusion] != [classes] * classes:
        raise SchemaError(f"{path}: missing or damaged: metrics.confusion (must be {classes}x{classes})")


def read_manifest(path: Path, kind: str) -> dict[str, Any]:
    """Read a manifest of the given kind ("run" or "bundle").

    Raises:
        NotFoundError: The folder is not there.
        MissingFileError: The folder has no manifest.
        SchemaError: It is not a manifest, of another kind, or newer than this gemelo.
        UnsafePathError: It is a link that leads out of the folder.
    """
    if not path.parent.is_dir():
        raise NotFoundError(f"{path.parent}: {found_at(path.parent)}", hint=advice_on(path.parent))
    value = read_json(safe_join(path.parent, path.name))
    if not isinstance(value, dict) or isinstance(value.get("schema"), bool) or not isinstance(value.get("schema"), int):
        raise SchemaError(f"{path}: not a manifest (it has no schema number)")
    if value["schema"] > SCHEMA:
        raise SchemaError(
            f"{path}: schema {value['schema']} is newer than this gemelo understands ({SCHEMA})",
            hint="install a newer gemelo",
        )
    if value.get("kind") != kind:
        raise SchemaError(f"{path}: this is a {value.get('kind')!r}, not a {kind}")
    found: dict[str, Any] = upgraded(value)
    return found


def read_preprocessing(value: Any, path: Path) -> Preprocessing:
    """The preprocessing in a file.

    Raises:
        SchemaError: It is not one, or newer than this gemelo.
    """
    try:
        return Preprocessing.from_json(value)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as exc:
        raise SchemaError(f"{path}: the preprocessing is damaged") from exc


def verify_files(root: Path, table: Any) -> None:
    """Hold every file to its manifest.

    Args:
        root: The folder of the run or bundle.
        table: {relative POSIX path: {"bytes": int, "sha256": hex}}.

    Raises:
        SchemaError: It is no such table.
        UnsafePathError: A path climbs out of the folder.
        MissingFileError: Files are gone; names them all.
        TamperedFileError: Files changed; names them all.
    """
    rows = read(dict[str, FileRow], table, f"{root}: the manifest's list of files")
    wanted = {safe_join(root, name): row for name, row in rows.items()}
    missing = [path for path in wanted if not path.is_file()]
    if missing:
        raise MissingFileError(f"{root}: missing {_names(root, missing)}", hint="export it again, or copy it whole")
    changed = [path for path, row in wanted.items() if not _is_unchanged(path, row)]
    if changed:
        raise TamperedFileError(
            f"{root}: not the bytes that were written: {_names(root, changed)}",
            hint="the file was changed or damaged after it was verified; export it again, or copy it whole",
        )


def _is_unchanged(path: Path, row: FileRow) -> bool:
    try:
        return path.stat().st_size == row.bytes and sha256_file(path) == row.sha256
    except OSError as exc:
        raise MissingFileError(f"{path} cannot be read: {exc.strerror or exc}") from exc


def _names(root: Path, paths: list[Path]) -> str:
    names = [path.relative_to(root).as_posix() for path in paths]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
