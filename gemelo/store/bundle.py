"""A bundle on disk: the artifacts of one classifier, and all that is needed to run and to verify them.

    BUNDLE/
      manifest.json                 written last, with the sha256 of every other file
      onnx/fp32.onnx  tflite/int8.tflite  tfjs/fp32/model.json ...
      onnx/quantization.json .png   what int8 was chosen from
      labels.txt  reference.json  reference.npy  goldens/*.png  parity.json  parity.html
      layers/                       the network with its layers for outputs, unless it was left out
      clients/NAME/                 files for clients of others, where they were asked for
      README.md                     the model card

It holds no time and no machine's path: the same run exported twice gives the same bytes.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar

from gemelo import runtimes
from gemelo.decisions import is_sure
from gemelo.errors import (
    GemeloError,
    LabelMismatchError,
    Message,
    MissingFileError,
    SchemaError,
    UnknownNameError,
)
from gemelo.preprocessing import Preprocessing
from gemelo.store.files import FileRow, describe_files, read_json, read_lines, safe_join, sha256_bytes, write_json
from gemelo.store.found import advice_on, no_such_folder
from gemelo.store.manifest import Facts, Told, check_figures, read_manifest, verify_files
from gemelo.store.output_path import tops
from gemelo.store.reference import ReferenceOutputs, name_in
from gemelo.store.schema import OMITTED, Count, Rule, Share, read
from gemelo.store.schema1 import upgraded
from gemelo.version import __version__

MANIFEST = "manifest.json"


# Limits of a gate that can be set by hand, and the largest value of each.
LIMITS = {"difference": 1.0, "drop": 100.0, "changes": 100.0}


def _are_limits(row: dict[str, float]) -> bool:
    return all(key in LIMITS and 0 <= value <= LIMITS[key] for key, value in row.items())


Limits = Annotated[dict[str, float], Rule(f"limits of {', '.join(LIMITS)}", _are_limits)]


@dataclass(frozen=True)
class ParityRow:
    """How far an artifact is from Keras, as its row in the manifest says; empty before it is verified.

    Attributes:
        runtime: What ran it.
        images, photos: How many it was run on, goldens and photos together, and photos.
        counted: How many the gate looks at.
        max_abs_difference: Of probabilities, over all images and classes.
        top1_agreement: Share of the counted images with Keras's label.
        changes: How many of the counted images changed their label.
        decisive: How many of those where the reference's margin is over the gate's.
        allowed: How many of those are allowed; None where the gate does not look at labels.
        accuracy: On labeled photos; None without any.
        accuracy_drop: Keras's accuracy less this one's, in points of 100.
        passed: Whether the gate held.
    """

    runtime: str | None = None
    images: Count | None = None
    photos: Count | None = None
    counted: Count | None = None
    max_abs_difference: float | None = None
    top1_agreement: Share | None = None
    changes: Count | None = None
    decisive: Count | None = None
    allowed: Count | None = None
    accuracy: Share | None = None
    accuracy_drop: float | None = None
    passed: bool | None = None


@dataclass(frozen=True)
class Artifact:
    """One exported model.

    Attributes:
        format: `onnx`, `tflite`, `tfjs`, ...
        variant: `fp32`, `fp16`, `int8`, ...
        path: The file to open, relative to the bundle.
        files: {relative path: size and hash} of all its files.
        parity: Its parity as measured at export; empty before that.
    """

    DERIVED: ClassVar = ("bytes", "sha256")

    format: str
    variant: str
    path: str
    files: dict[str, FileRow]
    parity: ParityRow = field(default_factory=ParityRow)

    @property
    def name(self) -> str:
        """Format and variant, as people write them: `onnx/fp32`."""
        return f"{self.format}/{self.variant}"

    @property
    def bytes(self) -> int:
        """Size of all its files together."""
        return sum(row.bytes for row in self.files.values())

    @property
    def sha256(self) -> str:
        """Hash of its file; for several files, the sha256 of their sorted lines `path sha256`."""
        if len(self.files) == 1:
            return next(iter(self.files.values())).sha256
        return sha256_bytes("".join(f"{p} {row.sha256}\n" for p, row in sorted(self.files.items())).encode())

    @classmethod
    def of(cls, root: Path, format: str, variant: str, path: str) -> "Artifact":
        """Describe an artifact just written. If its folder has the variant's name, all files there belong to it."""
        entry = root / path
        base = entry.parent if entry.parent.name == variant else entry
        found = describe_files(base) if base.is_dir() else {"": describe_files(root)[path]}
        prefix = base.relative_to(root).as_posix()
        return cls(format, variant, path, {f"{prefix}/{name}".rstrip("/"): row for name, row in found.items()})


@dataclass(frozen=True)
class LeftOut:
    """An artifact that was asked for and is not in the bundle.

    Attributes:
        stage: `conversion`, `runtime` or `gate`.
        reason: Why.
    """

    format: str
    variant: str
    reason: str
    stage: str = "gate"


@dataclass(frozen=True)
class ClientRow:
    """The files for a client of others.

    Attributes:
        path: Their folder, relative to the bundle.
        max_abs_difference: {variant: largest difference of a probability on the goldens}.
        notes: What its users should know.
    """

    path: str
    max_abs_difference: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class BundleManifest(Facts):
    """manifest.json.

    Attributes:
        gemelo: The version that wrote it.
        notes: What an export found, for people.
        layers: The list of layers for looking inside, relative to the bundle; None where there is none.
        layers_reason: Why there is none.
        layers_told: The same by its code.
        gates: Limits that were set by hand: {`int8` or `onnx/int8`: {`difference`, `drop` or `changes`: limit}}.
        clients: Files for clients of others.
        left_out: What was asked for and is not in it.
        artifacts: The exported models; of each format the most exact first.
        files: {relative path: size and hash} of every other file but the manifest.
    """

    kind: str = field(default="bundle", init=False, repr=False)
    gemelo: str = ""
    notes: list[str] = field(default_factory=list)
    layers: str | None = None
    layers_reason: str | None = None
    layers_told: Told | None = field(default=None, metadata=OMITTED)
    gates: dict[str, Limits] = field(default_factory=dict, metadata=OMITTED)
    clients: dict[str, ClientRow] = field(default_factory=dict, metadata=OMITTED)
    left_out: list[LeftOut] = field(default_factory=list)
    artifacts: list[Artifact] = field(kw_only=True)
    files: dict[str, FileRow] = field(kw_only=True)


@dataclass(frozen=True)
class Bundle:
    """An opened bundle; every file matches its hash in the manifest.

    Attributes:
        path: Its folder.
        manifest: manifest.json, read and checked.
    """

    path: Path
    manifest: BundleManifest

    @classmethod
    def open(cls, path: str | Path) -> "Bundle":
        """Open a bundle and check every file against its manifest.

        Raises:
            NotFoundError: There is no such folder.
            IntegrityError: A file is missing or changed, a path points outside the folder, the schema is newer, or the
                labels don't match.
        """
        root = Path(path)
        if root.is_dir() and not (root / MANIFEST).is_file():
            is_run = (root / "run.json").is_file()
            hint = Message("hint.this-is-a-run", path=root) if is_run else advice_on(root) or Message("hint.makes-one")
            raise MissingFileError(no_such_folder(root, "bundle", MANIFEST), hint=hint)
        bundle = cls(root, read_bundle_manifest(read_manifest(root / MANIFEST, "bundle"), root / MANIFEST))
        verify_files(root, bundle.files)
        bundle._check_labels()
        bundle._check_goldens()
        bundle._check_shards()
        return bundle

    @property
    def name(self) -> str:
        """Name of the bundle."""
        return self.manifest.name

    @property
    def labels(self) -> list[str]:
        """The labels in index order."""
        return list(self.manifest.labels)

    @property
    def preprocessing(self) -> Preprocessing:
        """How a photo becomes the model's input."""
        return self.manifest.preprocessing

    @property
    def threshold(self) -> float | None:
        """Highest probability below which the answer is "not sure"; None if there is no threshold."""
        return None if self.manifest.abstain is None else self.manifest.abstain.threshold

    def is_sure(self, probability: float) -> bool:
        """Return whether the highest probability (float32) is at or above the threshold."""
        return bool(is_sure(probability, self.threshold))

    @property
    def artifacts(self) -> list[Artifact]:
        """All exported models in the bundle."""
        return self.manifest.artifacts

    @cached_property
    def files(self) -> dict[str, FileRow]:
        """Every file but the manifest: {relative path: size and hash}."""
        files = dict(self.manifest.files)
        for artifact in self.artifacts:
            files.update(artifact.files)
            if artifact.path not in artifact.files:
                raise SchemaError(Message("bundle.no-hash-of-artifact", self.path / MANIFEST, path=artifact.path))
        return files

    @cached_property
    def reference(self) -> ReferenceOutputs:
        """The reference outputs: Keras's probabilities for the goldens and the test photos."""
        return ReferenceOutputs.load(self.file(name_in(self.files)))

    def artifact(self, format: str | None = None, variant: str | None = None) -> Artifact:
        """Return the artifact of a format and variant.

        Args:
            format: `onnx`, ...; None takes `onnx` if the bundle has it, otherwise `tflite`, otherwise `tfjs`.
            variant: `fp32`, ...; None takes the most exact one.

        Raises:
            UnknownNameError: There is none; the message lists those there are.
        """
        for name in (format,) if format else runtimes.ordered(artifact.format for artifact in self.artifacts):
            for artifact in self.artifacts:
                if artifact.format == name and variant in (None, artifact.variant):
                    return artifact
        known = [artifact.name for artifact in self.artifacts]
        raise UnknownNameError("artifact", "/".join(filter(None, (format, variant))), known)

    def file(self, relative: str) -> Path:
        """Return the path of one of its files.

        Raises:
            UnsafePathError: The path points outside the bundle.
            SchemaError: The manifest has no hash of it.
        """
        path = safe_join(self.path, relative)
        if relative != MANIFEST and relative not in self.files:
            raise SchemaError(Message("bundle.no-hash", self.path / MANIFEST, files=relative))
        return path

    def _check_labels(self) -> None:
        reference = self.reference.labels
        listed = read_lines(self.file("labels.txt"))
        if not self.labels == reference == listed:
            lists = {"manifest": self.labels, "reference": reference, "listed": listed}
            raise LabelMismatchError(Message("bundle.labels", self.path, **lists))

    def _check_goldens(self) -> None:
        unhashed = [image.path for image in self.reference.goldens if image.path not in self.files]
        if unhashed:
            raise SchemaError(Message("bundle.no-hash", self.path / MANIFEST, files=", ".join(unhashed[:8])))

    def _check_shards(self) -> None:
        for artifact in self.artifacts:
            runtimes.check_files(artifact.format, self.file(artifact.path), artifact.path, artifact.files)


def read_bundle_manifest(value: Any, path: Path) -> BundleManifest:
    """The manifest of a bundle.

    Args:
        value: Its JSON, parsed.
        path: What to call it in a message.

    Raises:
        SchemaError: A field is missing or damaged.
    """
    manifest = read(BundleManifest, value, path)
    check_figures(manifest, path)
    return manifest


def write_bundle(path: Path, manifest: BundleManifest) -> None:
    """Write the manifest of a bundle whose other files are all in place.

    Args:
        path: The bundle's folder.
        manifest: What it says of itself; `gemelo` and `files` are filled in.
    """
    own = {name for artifact in manifest.artifacts for name in artifact.files}
    files = describe_files(path, skip=lambda name: name == MANIFEST or name in own)
    write_json(path / MANIFEST, replace(manifest, gemelo=__version__, files=files))


def artifact_names(path: Path) -> set[str]:
    """What a bundle's manifest says is in it, its hashes not looked at; nothing where it cannot be read."""
    try:
        return {f"{row['format']}/{row['variant']}" for row in upgraded(read_json(path / MANIFEST))["artifacts"]}
    except (GemeloError, KeyError, TypeError, AttributeError):
        return set()


def own_names(path: Path) -> set[str]:
    """The names at the top of a bundle's folder that its manifest has, its hashes not looked at."""
    try:
        value = upgraded(read_json(path / MANIFEST))
        return {MANIFEST} | tops([*value["files"], *(name for row in value["artifacts"] for name in row["files"])])
    except (GemeloError, KeyError, TypeError, AttributeError):
        return {MANIFEST}


def is_bundle(path: Path) -> bool:
    """Whether a folder says that it is a bundle; its hashes are not looked at."""
    try:
        return bool(read_json(path / MANIFEST)["kind"] == "bundle")
    except (GemeloError, KeyError, TypeError, AttributeError):
        return False
