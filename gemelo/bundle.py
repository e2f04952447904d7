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

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from gemelo import runtimes, schema
from gemelo.decisions import is_sure
from gemelo.errors import (
    GemeloError,
    LabelMismatchError,
    MissingFileError,
    SchemaError,
    UnknownNameError,
)
from gemelo.files import describe_files, read_json, read_lines, safe_join, sha256_bytes, write_json
from gemelo.found import advice_on, no_such_folder
from gemelo.manifest import SCHEMA, Facts, FileRow, check_figures, read_manifest, read_preprocessing, verify_files
from gemelo.output_path import tops
from gemelo.preprocessing import Preprocessing
from gemelo.reference import ReferenceOutputs, name_in
from gemelo.schema import Count, Share
from gemelo.schema1 import upgraded
from gemelo.version import __version__

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Artifact:
    """One exported model.

    Attributes:
        format: `onnx`, `tflite`, `tfjs`, ...
        variant: `fp32`, `fp16`, `int8`, ...
        path: The file to open, relative to the bundle.
        files: {relative path: {"bytes", "sha256"}} of all its files.
        parity: Its parity as measured at export; empty before that.
    """

    format: str
    variant: str
    path: str
    files: dict[str, dict[str, Any]]
    parity: dict[str, Any]

    @property
    def name(self) -> str:
        """Format and variant, as people write them: `onnx/fp32`."""
        return f"{self.format}/{self.variant}"

    @property
    def bytes(self) -> int:
        """Size of all its files together."""
        return sum(int(row["bytes"]) for row in self.files.values())

    @property
    def sha256(self) -> str:
        """Hash of its file; for several files, the sha256 of their sorted lines `path sha256`."""
        if len(self.files) == 1:
            return str(next(iter(self.files.values()))["sha256"])
        return sha256_bytes("".join(f"{p} {row['sha256']}\n" for p, row in sorted(self.files.items())).encode())

    def to_json(self) -> dict[str, Any]:
        """Return the artifact's entry in the manifest."""
        head = {"format": self.format, "variant": self.variant, "path": self.path}
        return {**head, "bytes": self.bytes, "sha256": self.sha256, "files": self.files, "parity": self.parity}

    @classmethod
    def of(cls, root: Path, format: str, variant: str, path: str) -> "Artifact":
        """Describe an artifact just written: its entry file alone, or all files beside it in a folder of its own."""
        entry = root / path
        base = entry.parent if entry.parent.name == variant else entry
        found = describe_files(base) if base.is_dir() else {"": describe_files(root)[path]}
        prefix = base.relative_to(root).as_posix()
        files = {f"{prefix}/{name}".rstrip("/"): row for name, row in found.items()}
        return cls(format, variant, path, files, {})


@dataclass(frozen=True)
class ParityRow:
    """How far an artifact is from Keras, as its row in the manifest says; empty before it is verified."""

    runtime: str | None = None
    images: Count | None = None
    max_abs_difference: float | None = None
    top1_agreement: Share | None = None
    accuracy: Share | None = None
    accuracy_drop: float | None = None
    photos: Count | None = None
    counted: Count | None = None
    changes: Count | None = None
    decisive: Count | None = None
    allowed: Count | None = None
    passed: bool | None = None


@dataclass(frozen=True)
class ArtifactRow:
    """An artifact's row in the manifest."""

    format: str
    variant: str
    path: str
    files: dict[str, FileRow]
    parity: ParityRow


@dataclass(frozen=True)
class LeftOut:
    """An artifact that failed its gate, and why."""

    format: str
    variant: str
    reason: str


@dataclass(frozen=True)
class BundleManifest(Facts):
    """manifest.json."""

    artifacts: list[ArtifactRow] = field(kw_only=True)
    files: dict[str, FileRow] = field(kw_only=True)
    layers: str | None = None
    layers_reason: str | None = None
    clients: dict[str, dict] = field(default_factory=dict)  # type: ignore[type-arg]
    notes: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


@dataclass(frozen=True)
class Bundle:
    """An opened bundle; every file matches its hash in the manifest.

    Attributes:
        path: Its folder.
        manifest: The content of manifest.json.
    """

    path: Path
    manifest: dict[str, Any]

    @classmethod
    def open(cls, path: str | Path) -> "Bundle":
        """Open a bundle and check every file against its manifest.

        Raises:
            NotFoundError: There is no such folder.
            IntegrityError: A file is missing or changed, a path climbs out, the schema is newer, labels do not match.
        """
        root = Path(path)
        if root.is_dir() and not (root / MANIFEST).is_file():
            is_run = (root / "run.json").is_file()
            hint = f"this is a run: gemelo export {root} --out BUNDLE" if is_run else "gemelo export makes one"
            hint = hint if is_run else advice_on(root) or hint
            raise MissingFileError(f"{root}: {no_such_folder(root, 'bundle', MANIFEST)}", hint=hint)
        value = read_manifest(root / MANIFEST, "bundle")
        bundle = cls(root, value)
        _ = bundle.facts  # raises where a field is wrong
        verify_files(root, bundle.files)
        bundle._check_labels()
        bundle._check_goldens()
        bundle._check_shards()
        _ = bundle.preprocessing  # raises where it is not understood
        return bundle

    @cached_property
    def facts(self) -> BundleManifest:
        """The manifest, read and checked.

        Raises:
            SchemaError: A field is missing or damaged.
        """
        facts = schema.read(BundleManifest, self.manifest, self.path / MANIFEST)
        check_figures(facts, self.path / MANIFEST)
        return facts

    @property
    def name(self) -> str:
        """Name of the bundle."""
        return self.facts.name

    @property
    def labels(self) -> list[str]:
        """The labels in index order."""
        return list(self.facts.labels)

    @cached_property
    def preprocessing(self) -> Preprocessing:
        """How a photo becomes the model's input."""
        return read_preprocessing(self.facts.preprocessing, self.path / MANIFEST)

    @property
    def threshold(self) -> float | None:
        """Top probability below which the answer is "not sure"; None if every answer counts."""
        return None if self.facts.abstain is None else self.facts.abstain.threshold

    def is_sure(self, probability: float) -> bool:
        """Return whether a top probability (float32) is high enough for an answer."""
        return bool(is_sure(probability, self.threshold))

    @cached_property
    def artifacts(self) -> list[Artifact]:
        """All exported models in the bundle."""
        fields = ("format", "variant", "path", "files", "parity")
        return [Artifact(**{name: row[name] for name in fields}) for row in self.manifest["artifacts"]]

    @cached_property
    def files(self) -> dict[str, dict[str, Any]]:
        """Every file but the manifest: {relative path: {"bytes", "sha256"}}."""
        files = dict(self.manifest["files"])
        for artifact in self.artifacts:
            files.update(artifact.files)
            if artifact.path not in artifact.files:
                raise SchemaError(f"{self.path / MANIFEST}: {artifact.path} has no hash")
        return files

    @cached_property
    def reference(self) -> ReferenceOutputs:
        """Keras's answers."""
        return ReferenceOutputs.load(self.file(name_in(self.files)))

    def artifact(self, format: str | None = None, variant: str | None = None) -> Artifact:
        """Return the artifact of a format and variant.

        Args:
            format: `onnx`, ...; None takes the one whose runtime starts fastest.
            variant: `fp32`, ...; None takes the most exact, which a bundle lists first.

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
            UnsafePathError: The path leaves the bundle.
            SchemaError: The manifest has no hash of it.
        """
        path = safe_join(self.path, relative)
        if relative != MANIFEST and relative not in self.files:
            raise SchemaError(f"{self.path / MANIFEST}: no hash of {relative}")
        return path

    def _check_labels(self) -> None:
        reference = self.reference.labels
        listed = read_lines(self.file("labels.txt"))
        if not self.labels == reference == listed:
            raise LabelMismatchError(
                f"{self.path}: the labels of the manifest {self.labels}, of reference.json {reference} "
                f"and of labels.txt {listed} differ"
            )

    def _check_goldens(self) -> None:
        unhashed = [image.path for image in self.reference.goldens if image.path not in self.files]
        if unhashed:
            raise SchemaError(f"{self.path / MANIFEST}: no hash of {', '.join(unhashed[:8])}")

    def _check_shards(self) -> None:
        for artifact in self.artifacts:
            runtimes.check_files(artifact.format, self.file(artifact.path), artifact.path, artifact.files)


def write_bundle(path: Path, manifest: dict[str, Any], artifacts: list[Artifact]) -> None:
    """Write the manifest of a bundle whose other files are all in place.

    Args:
        path: The bundle's folder.
        manifest: What it says of itself, without schema, kind, version, artifacts and files.
        artifacts: Its exported models, verified.
    """
    own = {name for artifact in artifacts for name in artifact.files}
    files = describe_files(path, skip=lambda name: name == MANIFEST or name in own)
    head = {"schema": SCHEMA, "kind": "bundle", "gemelo": __version__}
    rows = [artifact.to_json() for artifact in artifacts]
    write_json(path / MANIFEST, {**head, **manifest, "artifacts": rows, "files": files})


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
