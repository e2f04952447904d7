"""A run on disk: what training or importing leaves, and the only seam between them and `exporters`.

RUN/
  run.json             the manifest, written last: an unfinished run has none
  model.keras          input "image" float32 (n, h, w, c) 0-255, scaling inside
  saved_model/         in its place, of a model that is no Keras 3 model: a SavedModel whose signature `serving_default`
                       takes "image", float32 (n, h, w, c) 0-255, and gives "probabilities", float32 (n, classes)
  reference.json, reference.npy   what Keras answered, on the goldens and on the test split
  goldens/*.png
  calibration.npy      uint8 (<= 256, h, w, c): training photos for int8
  report.html
  dataset.json         counts, unreadable photos, duplicates, small classes; not of an imported run, as the next
  history.csv, history.json
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from gemelo.errors import GemeloError, LabelMismatchError, Message, MissingFileError, SchemaError, UnfinishedRunError
from gemelo.preprocessing import Preprocessing
from gemelo.store import schema1
from gemelo.store.files import FileRow, describe_files, read_json, safe_join, write_json
from gemelo.store.found import advice_on, no_such_folder
from gemelo.store.manifest import DatasetFacts, Facts, TrainingFacts, check_figures, read_manifest, verify_files
from gemelo.store.reference import REFERENCE, ReferenceOutputs
from gemelo.store.schema import Count, read

MANIFEST, HISTORY = "run.json", "history.json"
MODEL, SAVED_MODEL = "model.keras", "saved_model"
CHECKPOINTS = "checkpoints"
# In it: what a training was asked for, and under this name the command that began it.
OPTIONS, COMMAND = "options.json", "command"


@dataclass(frozen=True)
class Epoch:
    """A row of history.json.

    Attributes:
        epoch: Counted from 1; 0 is the head alone, where nothing else learns.
        loss, accuracy: On the augmented training photos, over the epoch.
        val_loss, val_accuracy: On the validation photos, after it.
        learning_rate: At its end.
        seconds: With validation; not in the CSV, as it is never the same twice.
    """

    epoch: Count
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    seconds: float


@dataclass(frozen=True)
class RunManifest(Facts):
    """run.json.

    Attributes:
        dataset: The photos.
        training: Every option that training was given, and the seed; empty where the model was imported.
        versions: Of Python and the packages that made it.
        files: {relative path: size and hash} of every other file; filled in when it is written.
    """

    kind: str = field(default="run", init=False, repr=False)
    convolutions: Count = field(kw_only=True)
    dataset: DatasetFacts = field(kw_only=True)
    training: TrainingFacts = field(kw_only=True)
    versions: dict[str, str] = field(kw_only=True)
    files: dict[str, FileRow] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A finished run; every file matches its hash in the manifest."""

    path: Path
    manifest: RunManifest

    @classmethod
    def open(cls, path: str | Path) -> "Run":
        """Open a run and check every file against its manifest.

        Raises:
            NotFoundError: There is no such folder.
            UnfinishedRunError: The training was interrupted.
            IntegrityError: A file is missing or changed, the schema is newer, or the labels don't match.
        """
        root = Path(path)
        if not (root / MANIFEST).is_file() and (root / CHECKPOINTS).is_dir():
            raise UnfinishedRunError(
                f"{root}: training was interrupted before its end",
                hint=f"finish it with: {_command(root)} --resume",
            )
        if root.is_dir() and not (root / MANIFEST).is_file():
            hint = advice_on(root) or "gemelo train makes one"
            raise MissingFileError(no_such_folder(root, "run", MANIFEST), hint=hint)
        manifest = read_run_manifest(read_manifest(root / MANIFEST, "run"), root / MANIFEST)
        verify_files(root, manifest.files)
        if (name := _reference_name(root)) not in manifest.files:
            raise SchemaError(Message("bundle.no-hash", root / MANIFEST, files=name))
        run = cls(root, manifest)
        if run.reference.labels != manifest.labels:
            raise LabelMismatchError(f"{root}: reference.json and run.json name different labels")
        return run

    @property
    def preprocessing(self) -> Preprocessing:
        """How a photo becomes the model's input."""
        return self.manifest.preprocessing

    @property
    def labels(self) -> list[str]:
        """The labels in index order."""
        return self.manifest.labels

    @cached_property
    def reference(self) -> ReferenceOutputs:
        """The reference outputs: Keras's probabilities for the goldens and the test photos."""
        return ReferenceOutputs.load(self.file(_reference_name(self.path)))

    def history(self) -> list[Epoch]:
        """The metrics of each epoch.

        Raises:
            SchemaError: history.json is damaged.
        """
        path = self.file(HISTORY)
        return read(list[Epoch], read_json(path), path)

    def file(self, relative: str) -> Path:
        """Return the path of one of its files."""
        return safe_join(self.path, relative)


def _reference_name(root: Path) -> str:
    older = (root / schema1.REFERENCE).is_file() and not (root / REFERENCE).is_file()
    return schema1.REFERENCE if older else REFERENCE


def _command(root: Path) -> str:
    """What began the training of an unfinished run, as far as it can be read."""
    try:
        begun = read_json(root / CHECKPOINTS / OPTIONS)
    except GemeloError:
        begun = {}
    found = begun.get(COMMAND) if isinstance(begun, dict) else None
    return (
        found if isinstance(found, str) and found else f"gemelo train DATA --out {root} ..., its other options as then,"
    )


def read_run_manifest(value: Any, path: Path) -> RunManifest:
    """The manifest of a run.

    Args:
        value: Its JSON, parsed.
        path: What to call it in a message.

    Raises:
        SchemaError: A field is missing or damaged.
    """
    manifest = read(RunManifest, value, path)
    check_figures(manifest, path)
    return manifest


def write_run(path: Path, manifest: RunManifest) -> Run:
    """Write the manifest of a run whose other files are all in place.

    Raises:
        StorageError: The disk is full or may not be written to.
    """
    files = describe_files(path, skip=lambda name: name == MANIFEST or name.startswith(f"{CHECKPOINTS}/"))
    write_json(path / MANIFEST, replace(manifest, files=files))
    return Run.open(path)
