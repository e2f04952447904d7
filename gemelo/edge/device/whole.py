"""A pack in a folder: the model, its labels, its preprocessing, its goldens, and a hash of every file."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import NotFoundError, SchemaError, TamperedFileError
from gemelo.preprocessing import Preprocessing
from gemelo.store.files import FileRow, read_json, read_lines, safe_join, sha256_bytes, sha256_file
from gemelo.store.manifest import read_preprocessing, verify_files
from gemelo.store.schema import Count, Sha256, Share, Threshold, read

PACK_SCHEMA = 1
EXPECTED_SCHEMA = 1
PACK_FILE = "pack.json"
LABELS_FILE = "labels.txt"
PREPROCESSING_FILE = "preprocessing.json"
EXPECTED_FILE = "goldens/expected.json"
PROGRAM_FILE = "classify.py"
_MUST_HAVE = (LABELS_FILE, PREPROCESSING_FILE, EXPECTED_FILE, PROGRAM_FILE)


@dataclass(frozen=True)
class PackManifest:
    """pack.json.

    Attributes:
        gemelo: The version that wrote it.
        model: The file that is loaded.
        accuracy: Of the artifact, on the test photos.
        threshold: The top probability below which the answer is "not sure"; None where every answer counts.
        bundle: The sha256 of the bundle's manifest.json.
        files: {relative path: size and hash} of every other file.
    """

    schema: int = field(default=PACK_SCHEMA, init=False, repr=False)
    kind: str = field(default="pack", init=False, repr=False)
    gemelo: str = ""
    name: str = field(kw_only=True)
    variant: str = field(kw_only=True)
    model: str = field(kw_only=True)
    accuracy: Share | None = None
    threshold: Threshold | None = None
    bundle: str = ""
    files: dict[str, FileRow] = field(kw_only=True)


@dataclass(frozen=True)
class ExpectedGolden:
    """A golden, and what must be answered to it."""

    path: str
    tensor_sha256: Sha256
    expected: NDArray[np.float32]
    keras: NDArray[np.float32]


@dataclass(frozen=True)
class Expected:
    """goldens/expected.json.

    Attributes:
        against: `keras` or `expected_outputs`: what `expected` is.
        tolerance: Largest difference of a probability.
        allowed_label_changes: How many goldens may change their label.
    """

    schema: int = field(default=EXPECTED_SCHEMA, init=False, repr=False)
    against: str
    tolerance: Share
    allowed_label_changes: Count
    goldens: list[ExpectedGolden]


@dataclass(frozen=True)
class Pack:
    """A pack whose every file is what pack.json says.

    Attributes:
        root: Its folder.
        manifest: pack.json, read and checked.
        labels: In index order.
        preprocessing: How a photo becomes the input.
    """

    root: Path
    manifest: PackManifest
    labels: list[str]
    preprocessing: Preprocessing

    @classmethod
    def open(cls, root: Path) -> "Pack":
        """Open a pack and hold every file to its hash.

        Raises:
            NotFoundError: There is no such folder.
            IntegrityError: A file is missing or changed, a path climbs out, or the schema is newer.
        """
        path = root / PACK_FILE
        if not root.is_dir():
            raise NotFoundError(f"{root}: there is no such folder")
        value = read_json(safe_join(root, PACK_FILE))
        manifest = checked_manifest(value, path)
        if absent := [name for name in (manifest.model, *_MUST_HAVE) if name not in manifest.files]:
            raise SchemaError(f"{path}: no hash of {', '.join(absent)}")
        verify_files(root, manifest.files)
        preprocessing = root / PREPROCESSING_FILE
        return cls(
            root, manifest, read_lines(root / LABELS_FILE), read_preprocessing(read_json(preprocessing), preprocessing)
        )

    @property
    def name(self) -> str:
        """What it was called when it was trained."""
        return self.manifest.name

    @property
    def variant(self) -> str:
        """`fp32`, `fp16`, `int8`, ..."""
        return self.manifest.variant

    @property
    def threshold(self) -> float | None:
        """The top probability below which the answer is "not sure"; None where every answer counts."""
        return self.manifest.threshold

    @property
    def id(self) -> str:
        """The sha256 of pack.json, which holds that of every other file: it tells two packs apart."""
        return sha256_file(self.root / PACK_FILE)

    def read(self, name: str) -> bytes:
        """A file's bytes, checked against its hash once more: it may have been changed since the pack was opened.

        Raises:
            TamperedFileError: It was.
        """
        try:
            data = safe_join(self.root, name).read_bytes()
        except OSError as exc:
            raise TamperedFileError(f"{self.root}: {name} cannot be read: {exc.strerror or exc}") from exc
        if sha256_bytes(data) != self.manifest.files[name].sha256:
            raise TamperedFileError(f"{self.root}: {name} was changed while it was read")
        return data

    def expected(self) -> Expected:
        """What must be answered on the goldens, and how exactly.

        Raises:
            SchemaError: It is damaged, or does not fit the files and the labels.
        """
        path = self.root / EXPECTED_FILE
        found = read(Expected, read_json(path), path)
        wrong = [
            row.path
            for row in found.goldens
            if row.path not in self.manifest.files or not len(row.expected) == len(row.keras) == len(self.labels)
        ]
        if wrong or not found.goldens:
            raise SchemaError(f"{path}: missing or damaged: {', '.join(wrong[:8]) or 'goldens'}")
        return found


def checked_manifest(value: Any, path: Path) -> PackManifest:
    """What stands in a pack.json, if it is one.

    Args:
        value: Its JSON, parsed.
        path: What to call it in a message.

    Raises:
        SchemaError: It is not, or it is newer than this program.
    """
    number = value.get("schema") if isinstance(value, dict) and value.get("kind") == "pack" else None
    if isinstance(number, bool) or not isinstance(number, int):
        raise SchemaError(f"{path}: not the manifest of a pack")
    if number > PACK_SCHEMA:
        raise SchemaError(
            f"{path}: schema {number} is newer than this program understands ({PACK_SCHEMA})",
            hint="use the classify.py that is in the newer pack",
        )
    return read(PackManifest, value, path)
