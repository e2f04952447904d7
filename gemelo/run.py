"""A run on disk: what training leaves, and the only seam between `trainer` and `exporters`.

RUN/
  run.json             the manifest, written last: an unfinished run has none
  model.keras          input "image" float32 (n, h, w, c) 0-255, scaling inside
  reference.json, reference.npy   what Keras answered, on the goldens and on the test split
  goldens/*.png
  calibration.npy      uint8 (<= 256, h, w, c): training photos for int8
  dataset.json         counts, unreadable photos, duplicates, small classes
  history.csv, history.json, report.html
"""

from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from gemelo import schema, schema1
from gemelo.errors import GemeloError, LabelMismatchError, MissingFileError, SchemaError, UnfinishedRunError
from gemelo.files import describe_files, read_json, safe_join, write_json
from gemelo.found import advice_on, no_such_folder
from gemelo.manifest import (
    SCHEMA,
    DatasetFacts,
    Facts,
    TrainingFacts,
    check_figures,
    read_manifest,
    read_preprocessing,
    verify_files,
)
from gemelo.preprocessing import Preprocessing
from gemelo.reference import REFERENCE, ReferenceOutputs
from gemelo.schema import Count

MANIFEST = "run.json"
CHECKPOINTS = "checkpoints"
# In it: what a training was asked for, and under this name the command that began it.
OPTIONS, COMMAND = "options.json", "command"


@dataclass(frozen=True)
class RunManifest:
    """What a run says of itself.

    Attributes:
        name: The folder's name.
        architecture: Its name in `trainer/architectures`.
        parameters: All of the network's numbers, batch norm's statistics included.
        convolutions: How many convolution layers: the parity gate of deep networks is wider.
        preprocessing: How a photo becomes the input.
        labels: In index order.
        dataset: {"root": absolute path, "train": photos, "test": photos, ...}.
        training: Every option that training was given, and the seed.
        metrics: {"accuracy", "loss", "ece", "confusion", "per_class", ...} on the test split.
        versions: Of Python and the packages that made it.
        abstain: {"threshold", "answered", "accuracy"}: below this top probability the answer is "not sure"; the share
            of the test photos that are still answered, and how many of those rightly (None where there are none).
            None where no threshold was chosen.
    """

    name: str
    architecture: str
    parameters: int
    convolutions: int
    preprocessing: Preprocessing
    labels: list[str]
    dataset: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    abstain: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """As it stands in run.json."""
        return {"schema": SCHEMA, "kind": "run", **asdict(self), "preprocessing": self.preprocessing.to_json()}

    @classmethod
    def from_json(cls, value: dict[str, Any], path: Path) -> "RunManifest":
        """Read what `to_json` wrote.

        Raises:
            SchemaError: A field is missing or damaged.
        """
        check_figures(schema.read(RunFacts, value, path), path)
        # Runs that were made before thresholds were have none.
        fields = {name: value[name] for name in cls.__dataclass_fields__ if name != "abstain"}
        fields["abstain"] = value.get("abstain")
        return cls(**{**fields, "preprocessing": read_preprocessing(value["preprocessing"], path)})

    @cached_property
    def facts(self) -> Facts:
        """The same, typed."""
        return schema.read(Facts, self.to_json(), self.name)


@dataclass(frozen=True)
class RunFacts(Facts):
    """run.json."""

    convolutions: Count = field(kw_only=True)
    dataset: DatasetFacts = field(kw_only=True)
    training: TrainingFacts = field(kw_only=True)
    versions: dict[str, str] = field(kw_only=True)


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
            UnfinishedRunError: Training was interrupted.
            IntegrityError: A file is missing or changed, the schema is newer, labels do not match.
        """
        root = Path(path)
        if not (root / MANIFEST).is_file() and (root / CHECKPOINTS).is_dir():
            raise UnfinishedRunError(
                f"{root}: training was interrupted before its end",
                hint=f"finish it with: {_command(root)} --resume",
            )
        if root.is_dir() and not (root / MANIFEST).is_file():
            hint = advice_on(root) or "gemelo train makes one"
            raise MissingFileError(f"{root}: {no_such_folder(root, 'run', MANIFEST)}", hint=hint)
        value = read_manifest(root / MANIFEST, "run")
        manifest = RunManifest.from_json(value, root / MANIFEST)
        verify_files(root, value.get("files"))
        if (name := _reference_name(root)) not in value["files"]:
            raise SchemaError(f"{root / MANIFEST}: no hash of {name}")
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
        """Keras's answers."""
        return ReferenceOutputs.load(self.file(_reference_name(self.path)))

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


def write_run(path: Path, manifest: RunManifest) -> Run:
    """Write the manifest of a run whose other files are all in place.

    Raises:
        StorageError: The disk is full or may not be written to.
    """
    files = describe_files(path, skip=lambda name: name == MANIFEST or name.startswith(f"{CHECKPOINTS}/"))
    write_json(path / MANIFEST, {**manifest.to_json(), "files": files})
    return Run.open(path)
