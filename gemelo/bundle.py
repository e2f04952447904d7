"""A bundle on disk: the twins of one classifier, and all that is needed to run and to verify them.

    BUNDLE/
      manifest.json                 written last, with the sha256 of every other file
      onnx/fp32.onnx  tflite/int8.tflite  tfjs/fp32/model.json ...
      onnx/quantisation.json .png   what int8 was chosen from
      labels.txt  recorded.json  recorded.npy  goldens/*.png  parity.json  parity.html
      layers/                       the network with its layers for outputs, unless it was left out
      clients/NAME/                 files for clients of others, where they were asked for
      README.md                     the model card

It holds no time and no machine's path: the same run exported twice gives the same bytes.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

import gemelo
from gemelo.contract import Contract
from gemelo.errors import GemeloError, LabelMismatchError, MissingFileError, SchemaError, UnknownNameError
from gemelo.files import describe_files, read_json, safe_join, sha256_bytes, write_json
from gemelo.manifest import SCHEMA, need, read_manifest, verify_files
from gemelo.recorded import Recorded
from gemelo.run import read_abstain

MANIFEST = "manifest.json"
FIRST_FORMATS = ("onnx", "tflite", "tfjs")


_BY_PREFERENCE = ("onnx", "tflite", "tfjs")


@dataclass(frozen=True)
class Artefact:
    """One exported model.

    Attributes:
        format: `onnx`, `tflite`, `tfjs`, ...
        variant: `fp32`, `fp16`, `int8`, ...
        path: The file to open, relative to the bundle.
        files: {relative path: {"bytes", "sha256"}} of all its files.
        parity: How far it is from Keras, as its runtime measured it; empty before it is verified.
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
        """Of all its files together."""
        return sum(int(row["bytes"]) for row in self.files.values())

    @property
    def sha256(self) -> str:
        """Of its file; of several files, the sha256 over their sorted lines `path sha256`."""
        if len(self.files) == 1:
            return str(next(iter(self.files.values()))["sha256"])
        return sha256_bytes("".join(f"{p} {row['sha256']}\n" for p, row in sorted(self.files.items())).encode())

    def to_json(self) -> dict[str, Any]:
        """As it stands in the manifest."""
        head = {"format": self.format, "variant": self.variant, "path": self.path}
        return {**head, "bytes": self.bytes, "sha256": self.sha256, "files": self.files, "parity": self.parity}

    @classmethod
    def from_json(cls, row: Any) -> "Artefact":
        """Read what `to_json` wrote."""
        return cls(row["format"], row["variant"], row["path"], row["files"], row["parity"])

    @classmethod
    def of(cls, root: Path, format: str, variant: str, path: str) -> "Artefact":
        """Describe an artefact just written: its entry file alone, or all files beside it in a folder of its own."""
        entry = root / path
        base = entry.parent if entry.parent.name == variant else entry
        found = describe_files(base) if base.is_dir() else {"": describe_files(root)[path]}
        prefix = base.relative_to(root).as_posix()
        files = {f"{prefix}/{name}".rstrip("/"): row for name, row in found.items()}
        return cls(format, variant, path, files, {})


@dataclass(frozen=True)
class Bundle:
    """A bundle whose every file is what its manifest says.

    Attributes:
        path: Its folder.
        manifest: manifest.json, parsed and checked.
    """

    path: Path
    manifest: dict[str, Any]

    @classmethod
    def open(cls, path: str | Path) -> "Bundle":
        """Open a bundle and hold every file to its manifest.

        Raises:
            NotFoundError: There is no such folder.
            IntegrityError: A file is missing or changed, a path climbs out, the schema is newer, labels do not match.
        """
        root = Path(path)
        if root.is_dir() and not (root / MANIFEST).is_file():
            is_run = (root / "run.json").is_file()
            hint = f"this is a run: gemelo export {root} --out BUNDLE" if is_run else "gemelo export makes one"
            raise MissingFileError(f"{root}: this is no bundle (it has no {MANIFEST})", hint=hint)
        value = read_manifest(root / MANIFEST, "bundle")
        need(value, root / MANIFEST, name=str, architecture=str, parameters=int, labels=list, contract=dict)
        need(value, root / MANIFEST, artefacts=list, files=dict, metrics=dict)
        read_abstain(value.get("abstain"), root / MANIFEST)
        bundle = cls(root, value)
        verify_files(root, bundle.files)
        bundle._check_labels()
        _ = bundle.contract  # raises where it is not understood
        return bundle

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.manifest["name"])

    @property
    def labels(self) -> list[str]:
        """In index order."""
        return list(self.manifest["labels"])

    @cached_property
    def contract(self) -> Contract:
        """How a photo becomes the input."""
        return Contract.from_json(self.manifest["contract"])

    @property
    def threshold(self) -> float | None:
        """The top probability below which the answer is "not sure"; None where every answer counts."""
        abstain = self.manifest.get("abstain")
        return None if abstain is None else float(abstain["threshold"])

    def is_sure(self, probability: float) -> bool:
        """Whether a top probability, a float32, is enough for an answer."""
        return self.threshold is None or probability >= float(np.float32(self.threshold))

    @cached_property
    def artefacts(self) -> list[Artefact]:
        """Every exported model in it."""
        try:
            return [Artefact.from_json(row) for row in self.manifest["artefacts"]]
        except (KeyError, TypeError) as exc:
            raise SchemaError(f"{self.path / MANIFEST}: damaged artefact: {exc!r}") from exc

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        """Every file but the manifest: {relative path: {"bytes", "sha256"}}."""
        files = dict(self.manifest["files"])
        for artefact in self.artefacts:
            files.update(artefact.files)
            if artefact.path not in artefact.files:
                raise SchemaError(f"{self.path / MANIFEST}: {artefact.path} has no hash")
        return files

    @cached_property
    def recorded(self) -> Recorded:
        """What Keras answered."""
        return Recorded.load(self.file("recorded.json"))

    def artefact(self, format: str | None = None, variant: str | None = None) -> Artefact:
        """The artefact of that format and variant.

        Args:
            format: `onnx`, `tflite` or `tfjs`; None takes the first of them that there is.
            variant: `fp32`, ...; None takes the most exact of them: a bundle lists it first.

        Raises:
            UnknownNameError: There is none; names those there are.
        """
        for name in (format,) if format else _BY_PREFERENCE:
            for artefact in self.artefacts:
                if artefact.format == name and variant in (None, artefact.variant):
                    return artefact
        known = [artefact.name for artefact in self.artefacts]
        raise UnknownNameError("artefact", "/".join(filter(None, (format, variant))), known)

    def file(self, relative: str) -> Path:
        """The path of one of its files."""
        return safe_join(self.path, relative)

    def _check_labels(self) -> None:
        recorded = self.recorded.labels
        listed = self.file("labels.txt").read_text(encoding="utf-8").splitlines()
        if not self.labels == recorded == listed:
            raise LabelMismatchError(
                f"{self.path}: the labels of the manifest {self.labels}, of recorded.json {recorded} "
                f"and of labels.txt {listed} differ"
            )


def seal_bundle(path: Path, manifest: dict[str, Any], artefacts: list[Artefact]) -> None:
    """Write the manifest of a bundle whose other files are all in place.

    Args:
        path: The bundle's folder.
        manifest: What it says of itself, without schema, kind, version, artefacts and files.
        artefacts: Its exported models, verified.
    """
    own = {name for artefact in artefacts for name in artefact.files}
    files = describe_files(path, skip=lambda name: name == MANIFEST or name in own)
    head = {"schema": SCHEMA, "kind": "bundle", "gemelo": gemelo.__version__}
    rows = [artefact.to_json() for artefact in artefacts]
    write_json(path / MANIFEST, {**head, **manifest, "artefacts": rows, "files": files})


def artefact_names(path: Path) -> set[str]:
    """What a bundle's manifest says is in it, its hashes not looked at; nothing where it cannot be read."""
    try:
        return {f"{row['format']}/{row['variant']}" for row in read_json(path / MANIFEST)["artefacts"]}
    except (GemeloError, KeyError, TypeError):
        return set()


def is_bundle(path: Path) -> bool:
    """Whether a folder says that it is a bundle; its hashes are not looked at."""
    try:
        return bool(read_json(path / MANIFEST)["kind"] == "bundle")
    except (GemeloError, KeyError, TypeError):
        return False
