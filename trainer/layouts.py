"""Layouts that are common and are not folders of classes: recognized, and answered with what to do."""

import shlex
from pathlib import Path

from gemelo.errors import DatasetError, NotFoundError
from gemelo.preprocessing.photo_files import find, is_ignored
from gemelo.store.found import UNPACK, archive_kind, found_at

from . import labels
from .dataset import printable, problems

_TABLES = (".csv", ".tsv")
_TAR = "mkdir {folder} && tar -xf {file} -C {folder}"
_UNPACKERS = {
    "zip": "unzip {file} -d {folder}",
    **dict.fromkeys(("tar", "gzip", "bzip2", "xz", "zstandard"), _TAR),
}
_NAMED = 4


def no_folder(path: Path) -> NotFoundError:
    """The error for a path that is no folder: it names an archive as such."""
    if not path.exists():
        return NotFoundError(f"{path}: there is no such folder")
    kind = archive_kind(path)
    hint = UNPACK if kind else "give a folder of photos"
    if kind in _UNPACKERS:
        folder = path.name.split(".")[0] or "photos"
        hint = f"unpack it first: {_UNPACKERS[kind].format(file=shlex.quote(str(path)), folder=shlex.quote(folder))}"
    return NotFoundError(found_at(path), hint=hint)


def explained(root: Path, folder: Path, what: str) -> DatasetError | None:
    """The error for a folder whose labels are somewhere else than in the names of folders; None where they are nowhere.

    Args:
        root: The data set's folder.
        folder: The folder in it that should hold one folder for each class.
        what: What is wrong with it.
    """
    found = _table(root) or _inside(folder) or _names(root)
    if found is None:
        return None
    text, options = found
    return problems(root, [f"{what}; {text}"], f"try: gemelo train {shlex.join(map(str, options))}")


def _table(root: Path) -> tuple[str, list[object]] | None:
    tables = [path for path in sorted(root.iterdir()) if path.suffix.lower() in _TABLES and path.is_file()]
    for table in tables:
        try:
            if labels.read(root, str(table)).label:
                return f"{table.name} looks like a table of labels", [root, "--labels", table]
        except DatasetError:
            continue
    return None


def _inside(folder: Path) -> tuple[str, list[object]] | None:
    """One folder too many."""
    deeper = [path for path in sorted(folder.iterdir()) if path.is_dir() and not is_ignored(path.name)]
    if len(deeper) != 1:
        return None
    names = sorted(path.name for path in deeper[0].iterdir() if path.is_dir() and not is_ignored(path.name))
    if len(names) < 2:
        return None
    said = ", ".join(map(repr, map(printable, names[:_NAMED]))) + (", ..." if len(names) > _NAMED else "")
    return f"{printable(deeper[0].name)!r} seems to be one folder too many, with the classes in it: {said}", [deeper[0]]


def _names(root: Path) -> tuple[str, list[object]] | None:
    """Labels in the names of photos, as in cat.0.jpg."""
    counts = labels.in_names(find(root).photos)
    counts.pop("", None)
    if len(counts) < 2 or min(counts.values()) < 2:
        return None
    said = ", ".join(f"{printable(name)} ({count})" for name, count in counts.most_common(_NAMED))
    more = ", ..." if len(counts) > _NAMED else ""
    return f"their names look like labels: {said}{more}", [root, "--labels", labels.NAMES]
