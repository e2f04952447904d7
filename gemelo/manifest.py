"""What the manifests of runs and bundles have in common: schema, kind, and a hash for every file."""

from pathlib import Path
from typing import Any

from gemelo.errors import MissingFileError, NotFoundError, SchemaError, TamperedFileError
from gemelo.files import read_json, safe_join, sha256_file

SCHEMA = 1

type_names = {str: "text", int: "a number", list: "a list", dict: "an object"}


def read_manifest(path: Path, kind: str) -> dict[str, Any]:
    """Read a manifest of the given kind ("run" or "bundle").

    Raises:
        NotFoundError: The folder is not there.
        MissingFileError: The folder has no manifest.
        SchemaError: It is not a manifest, of another kind, or newer than this gemelo.
    """
    if not path.parent.is_dir():
        raise NotFoundError(
            f"{path.parent}: {'this is not a folder' if path.parent.exists() else 'there is no such folder'}"
        )
    value = read_json(path)
    if not isinstance(value, dict) or not isinstance(value.get("schema"), int):
        raise SchemaError(f"{path}: not a manifest (it has no schema number)")
    if value["schema"] > SCHEMA:
        raise SchemaError(
            f"{path}: schema {value['schema']} is newer than this gemelo understands ({SCHEMA})",
            hint="update gemelo: pip install --upgrade gemelo",
        )
    if value.get("kind") != kind:
        raise SchemaError(f"{path}: this is a {value.get('kind')!r}, not a {kind}")
    return value


def need(value: dict[str, Any], path: Path, **fields: type) -> None:
    """Check that a manifest has the fields it must have, all of them before the first complaint.

    Raises:
        SchemaError: Names every missing or ill-typed field.
    """
    wrong = [
        f"{name} (must be {type_names[kind]})" for name, kind in fields.items() if not isinstance(value.get(name), kind)
    ]
    if wrong:
        raise SchemaError(f"{path}: missing or damaged: {', '.join(wrong)}")


def verify_files(root: Path, table: Any) -> None:
    """Hold every file to its manifest.

    Args:
        root: The folder of the run or bundle.
        table: {relative POSIX path: {"bytes": int, "sha256": hex}}.

    Raises:
        UnsafePathError: A path climbs out of the folder.
        MissingFileError: Files are gone; names them all.
        TamperedFileError: Files changed; names them all.
    """
    try:
        wanted = {safe_join(root, name): (row["bytes"], row["sha256"]) for name, row in table.items()}
    except (AttributeError, KeyError, TypeError) as exc:
        raise SchemaError(f"{root}: the manifest's list of files is damaged") from exc
    missing = [path for path in wanted if not path.is_file()]
    if missing:
        raise MissingFileError(f"{root}: missing {_names(root, missing)}", hint="export it again, or copy it whole")
    changed = [p for p, (size, digest) in wanted.items() if p.stat().st_size != size or sha256_file(p) != digest]
    if changed:
        raise TamperedFileError(
            f"{root}: not the bytes that were sealed: {_names(root, changed)}",
            hint="the file was changed or damaged after it was verified; export it again, or copy it whole",
        )


def _names(root: Path, paths: list[Path]) -> str:
    names = [path.relative_to(root).as_posix() for path in paths]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
