"""Where a pack goes: what may be replaced there, and the zip that it becomes."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from gemelo.edge.device.whole import PACK_FILE
from gemelo.errors import GemeloError, UsageError
from gemelo.store.files import read_json, safe_join, storage_errors
from gemelo.store.output_path import check_place, tops

# The oldest time that a zip can tell: the same pack is the same bytes, whenever it is made.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def is_pack(path: Path) -> bool:
    """Whether a folder, or a zip, says that it is a pack; its hashes are not looked at."""
    try:
        if path.is_dir():
            return _says_pack(read_json(safe_join(path, PACK_FILE)))
        with zipfile.ZipFile(path) as archive:
            return _says_pack(json.loads(archive.read(PACK_FILE)))
    except (GemeloError, KeyError, ValueError, OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return False


def check_target(out: Path, bundle: Path) -> None:
    """Refuse a place where a pack would destroy something.

    Raises:
        UsageError: Something that is no pack is there, or the place is in the bundle, or holds what is needed.
    """
    with storage_errors(out):
        if out.suffix.lower() == ".zip" and out.is_dir():
            hint = "choose another --out"
            raise UsageError(f"{out}: a folder is there, and this is the name of a zip", hint=hint)
    check_place(out, "pack", bundle, [], is_pack, _own_names)


def zipped(root: Path) -> bytes:
    """A folder as a zip, pack.json last, with no times in it."""
    stream = io.BytesIO()
    paths = sorted((p for p in root.rglob("*") if p.is_file()), key=lambda p: (p.name == PACK_FILE, p.as_posix()))
    with zipfile.ZipFile(stream, "w") as archive:
        for path in paths:
            row = zipfile.ZipInfo(path.relative_to(root).as_posix(), _NO_TIME)
            row.create_system = 3  # Unix, wherever it is made
            row.external_attr = 0o100644 << 16
            row.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(row, path.read_bytes(), compresslevel=9)
    return stream.getvalue()


def _own_names(path: Path) -> set[str]:
    if not path.is_dir():
        return set()
    files = read_json(safe_join(path, PACK_FILE)).get("files")
    return {PACK_FILE} | tops(files if isinstance(files, dict) else ())


def _says_pack(value: Any) -> bool:
    return isinstance(value, dict) and value.get("kind") == "pack"
