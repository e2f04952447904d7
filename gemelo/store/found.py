"""What lies at a path that should be a run or a bundle, in words for an error message."""

from pathlib import Path

from gemelo.errors import Message
from gemelo.preprocessing.file_kinds import FILE_KINDS, HEAD_BYTES, PHOTO_FORMATS, kind_of

IMPORT_FIRST = Message("hint.import-first")
UNPACK = Message("hint.unpack-first")
_MODELS = {".keras": Message("kind.keras"), ".onnx": Message("kind.onnx"), ".tflite": Message("kind.tflite")}
_MODELS_BY_KIND = {"hdf5": Message("kind.keras-hdf5"), "tflite": _MODELS[".tflite"]}
_FOLDERS = {"saved_model.pb": Message("kind.saved-model"), "model.json": Message("kind.tfjs")}


def found_at(path: Path) -> Message:
    """What is there where a folder was expected."""
    if path.is_dir():
        return Message("photo.kind", path, kind=model_in(path) or Message("kind.other-folder"))
    if not path.exists():
        return Message("file.no-folder", path)
    kind = _file_kind(path)
    return Message("file.kind-not-a-folder", path, kind=kind) if kind else Message("file.not-a-folder", path)


def advice_on(path: Path) -> Message | None:
    """What to do with a model that was trained elsewhere, or with an archive; None where neither is there."""
    if model_in(path) if path.is_dir() else _model(path):
        return IMPORT_FIRST
    return UNPACK if archive_kind(path) else None


def no_such_folder(path: Path, wanted: str, manifest: str) -> Message:
    """Why a folder is no run or bundle.

    Args:
        path: The folder, without the manifest in it.
        wanted: "run" or "bundle".
        manifest: The file that it would have.
    """
    if kind := model_in(path):
        return Message("bundle.kind-instead", path, kind=kind, wanted=wanted)
    try:
        is_empty = path.is_dir() and next(path.iterdir(), None) is None
    except OSError as exc:
        return Message("file.folder-unreadable", path, reason=exc.strerror or exc)
    if is_empty:
        return Message("file.empty-folder", path)
    return Message("bundle.none", path, wanted=wanted, manifest=manifest)


def model_in(folder: Path) -> Message | None:
    """What model a folder is, if it is one."""
    return next((kind for name, kind in _FOLDERS.items() if (folder / name).is_file()), None)


def archive_kind(path: Path) -> str | None:
    """Which kind of archive a file is, as `FILE_KINDS` calls it; None for anything else."""
    kind = kind_of(_head(path))
    is_archive = kind in FILE_KINDS and FILE_KINDS[kind].advice == "unpack"
    return kind if is_archive and _model(path) is None else None


def _model(path: Path) -> Message | None:
    head = _head(path)
    kind = kind_of(head)
    if kind == "zip":
        return _MODELS[".keras"] if _is_keras(path) else None
    return _MODELS_BY_KIND.get(kind) or (_MODELS.get(path.suffix.lower()) if head else None)


def _file_kind(path: Path) -> Message | None:
    if model := _model(path):
        return model
    kind = kind_of(_head(path))
    if kind in PHOTO_FORMATS:
        return Message("kind.photo")
    return None if kind in ("text", "not-an-image") else Message(f"kind.{kind}")


def _head(path: Path) -> bytes:
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            return b""
        with path.open("rb") as stream:
            return stream.read(HEAD_BYTES)
    except OSError:
        return b""


def _is_keras(path: Path) -> bool:
    if path.suffix.lower() == ".keras":
        return True
    import zipfile  # only on the way to an error

    try:
        with zipfile.ZipFile(path) as archive:
            return "model.weights.h5" in archive.namelist()
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile):
        return False
