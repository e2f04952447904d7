"""What lies at a path that should be a run or a bundle, in words for an error message."""

from pathlib import Path

TRAIN_FIRST = (
    "gemelo exports what `gemelo train` made; models that were trained elsewhere cannot be imported yet: "
    "train on your photos with gemelo train PHOTOS --out RUN"
)
_UNPACK = "unpack it first, then name the folder"
_BY_START = ((b"\x89HDF\r\n\x1a\n", "a Keras model in HDF5"), (b"PK\x03\x04", "a zip"))
_MODELS = {".keras": "a Keras model", ".onnx": "an ONNX model", ".tflite": "a TFLite model"}
_FOLDERS = {"saved_model.pb": "a SavedModel", "model.json": "a TF.js model"}


def found_at(path: Path) -> str:
    """What is there where a folder was expected."""
    if path.is_dir():
        return f"this is {_folder_kind(path) or 'a folder of something else'}"
    if not path.exists():
        return "there is no such folder"
    kind = _file_kind(path)
    return f"this is {kind}, not a folder" if kind else "this is a file, not a folder"


def advice_on(path: Path) -> str | None:
    """What to do with a model that was trained elsewhere, or with a zip; None where neither is there."""
    kind = _folder_kind(path) if path.is_dir() else _file_kind(path)
    if kind is None:
        return None
    return _UNPACK if kind == "a zip" else TRAIN_FIRST


def _folder_kind(path: Path) -> str | None:
    return next((kind for name, kind in _FOLDERS.items() if (path / name).is_file()), None)


def _file_kind(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
    except OSError:
        return None
    if start.startswith(b"PK\x03\x04") and _is_keras(path):
        return _MODELS[".keras"]
    by_start = next((kind for mark, kind in _BY_START if start.startswith(mark)), None)
    return by_start or ("a TFLite model" if start[4:] == b"TFL3" else _MODELS.get(path.suffix.lower()))


def _is_keras(path: Path) -> bool:
    if path.suffix.lower() == ".keras":
        return True
    import zipfile  # only on the way to an error

    try:
        with zipfile.ZipFile(path) as archive:
            return "model.weights.h5" in archive.namelist()
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile):
        return False
