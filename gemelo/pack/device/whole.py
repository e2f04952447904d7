"""A pack in a folder: the model, its labels, its contract, its goldens, and a hash of every file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemelo.contract import Contract
from gemelo.errors import NotFoundError, SchemaError, TamperedFileError
from gemelo.files import read_json, safe_join, sha256_bytes, sha256_file
from gemelo.manifest import need, verify_files

PACK_SCHEMA = 1
PACK_FILE = "pack.json"
LABELS_FILE = "labels.txt"
CONTRACT_FILE = "contract.json"
EXPECTED_FILE = "goldens/expected.json"
PROGRAM_FILE = "classify.py"
_MUST_HAVE = (LABELS_FILE, CONTRACT_FILE, EXPECTED_FILE, PROGRAM_FILE)


@dataclass(frozen=True)
class Pack:
    """A pack whose every file is what pack.json says.

    Attributes:
        root: Its folder.
        manifest: pack.json, parsed and checked.
        labels: In index order.
        contract: How a photo becomes the input.
    """

    root: Path
    manifest: dict[str, Any]
    labels: list[str]
    contract: Contract

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
        value = checked_manifest(read_json(path), path)
        if absent := [name for name in (value["model"], *_MUST_HAVE) if name not in value["files"]]:
            raise SchemaError(f"{path}: no hash of {', '.join(absent)}")
        verify_files(root, value["files"])
        labels = (root / LABELS_FILE).read_text(encoding="utf-8").splitlines()
        return cls(root, value, labels, Contract.from_json(read_json(root / CONTRACT_FILE)))

    @property
    def name(self) -> str:
        """What it was called when it was trained."""
        return str(self.manifest["name"])

    @property
    def variant(self) -> str:
        """`fp32`, `fp16`, `int8`, ..."""
        return str(self.manifest["variant"])

    @property
    def threshold(self) -> float | None:
        """The top probability below which the answer is "not sure"; None where every answer counts."""
        least = self.manifest.get("threshold")
        return None if least is None else float(least)

    @property
    def id(self) -> str:
        """The sha256 of pack.json, which holds that of every other file: it tells two packs apart."""
        return sha256_file(self.root / PACK_FILE)

    def read(self, name: str) -> bytes:
        """A file's bytes, held to its hash once more: it may have been changed since the pack was opened.

        Raises:
            TamperedFileError: It was.
        """
        data = safe_join(self.root, name).read_bytes()
        if sha256_bytes(data) != self.manifest["files"][name]["sha256"]:
            raise TamperedFileError(f"{self.root}: {name} was changed while it was read")
        return data

    def expected(self) -> dict[str, Any]:
        """What must be answered on the goldens, and how exactly."""
        value: dict[str, Any] = read_json(self.root / EXPECTED_FILE)
        return value


def checked_manifest(value: Any, path: Path) -> dict[str, Any]:
    """What stands in a pack.json, if it is one.

    Args:
        value: Its JSON, parsed.
        path: What to call it in a message.

    Raises:
        SchemaError: It is not, or it is newer than this program.
    """
    if not isinstance(value, dict) or not isinstance(value.get("schema"), int) or value.get("kind") != "pack":
        raise SchemaError(f"{path}: not the manifest of a pack")
    if value["schema"] > PACK_SCHEMA:
        raise SchemaError(
            f"{path}: schema {value['schema']} is newer than this program understands ({PACK_SCHEMA})",
            hint="use the classify.py that is in the newer pack",
        )
    need(value, path, name=str, variant=str, model=str, files=dict)
    least = value.get("threshold")
    if least is not None and (isinstance(least, bool) or not isinstance(least, int | float) or not 0 <= least < 1):
        raise SchemaError(f"{path}: damaged: threshold (must be a probability below 1)")
    return value
