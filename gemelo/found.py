"""What lies at a path that should be a run or a bundle, in words for an error message."""

from pathlib import Path

from gemelo.file_kinds import FILE_KINDS, HEAD_BYTES, PHOTO_FORMATS, kind_of

TRAIN_FIRST = (
    "gemelo exports what `gemelo train` made; models that were trained elsewhere cannot be imported yet: "
    "train on your photos with gemelo train PHOTOS --out RUN"
)
UNPACK = "unpack it first, then name the folder"
_MODELS = {".keras": "a Keras model", ".onnx": "an ONNX model", ".tflite": "a TFLite model"}
_MODELS_BY_KIND = {"hdf5": "a Keras model in HDF5", "tflite": _MODELS[".tflite"]}
_FOLDERS = {"saved_model.pb": "a SavedModel", "model.json": "a TF.js model"}


def found_at(path: Path) -> str:
    """What is there where a folder was expected."""
    if path.is_dir():
        return f"this is {model_in(path) or 'a folder of something else'}"
    if not path.exists():
        return "there is no such folder"
    kind = _file_kind(path)
    return f"this is {kind}, not a folder" if kind else "this is a file, not a folder"


def advice_on(path: Path) -> str | None:
    """What to do with a model that was trained elsewhere, or with an archive; None where neither is there."""
    if model_in(path) if path.is_dir() else _model(path):
        return TRAIN_FIRST
    return UNPACK if archive_kind(path) else None


def no_such_folder(path: Path, wanted: str, manifest: str) -> str:
    """Why a folder is no run or bundle.

    Args:
        path: The folder, without the manifest in it.
        wanted: "run" or "bundle".
        manifest: The file that it would have.
    """
    if kind := model_in(path):
        return f"this is {kind}, not a {wanted}"
    try:
        is_empty = path.is_dir() and next(path.iterdir(), None) is None
    except OSError as exc:
        return f"the folder cannot be read: {exc.strerror or exc}"
    return "the folder is empty" if is_empty else f"this is no {wanted} (it has no {manifest})"


def model_in(folder: Path) -> str | None:
    """What model a folder is, if it is one."""
    return next((kind for name, kind in _FOLDERS.items() if (folder / name).is_file()), None)


def archive_kind(path: Path) -> str | None:
    """Which kind of archive a file is, as `FILE_KINDS` calls it; None for anything else."""
    kind = kind_of(_head(path))
    is_archive = kind in FILE_KINDS and FILE_KINDS[kind].advice == "unpack"
    return kind if is_archive and _model(path) is None else None


def _model(path: Path) -> str | None:
    head = _head(path)
    kind = kind_of(head)
    if kind == "zip":
        return _MODELS[".keras"] if _is_keras(path) else None
    return _MODELS_BY_KIND.get(kind) or (_MODELS.get(path.suffix.lower()) if head else None)


def _file_kind(path: Path) -> str | None:
    if model := _model(path):
        return model
    kind = kind_of(_head(path))
    if kind in PHOTO_FORMATS:
        return "a photo"
    return None if kind in ("text", "not-an-image") else FILE_KINDS[kind].said


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
