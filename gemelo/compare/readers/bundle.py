"""Bundles of gemelo, and their artifacts: BUNDLE or BUNDLE/onnx/fp32. The manifest says all that has to be known."""

from pathlib import Path

from gemelo.compare.beside import declared_by
from gemelo.compare.model import Model
from gemelo.compare.readers import OpenOptions, onnx, tfjs, tflite
from gemelo.errors import ModelError
from gemelo.store.bundle import Bundle, is_bundle

SUMMARY = "a bundle, or an artifact of one such as BUNDLE/onnx/fp32"
_READERS = {"onnx": onnx, "tflite": tflite, "tfjs": tfjs}


def recognizes(path: Path) -> bool:
    """Whether it is a bundle, or leads to an artifact of one."""
    return is_bundle(path) or _place(path) is not None


def open(path: Path, options: OpenOptions) -> Model:
    """Open an artifact, after a look at the hashes of its bundle."""
    root, format, variant = _place(path) or (path, None, None)
    bundle = Bundle.open(root)
    artifact = bundle.artifact(format, variant)
    if artifact.format not in _READERS:
        raise ModelError(f"{path}: nothing here reads the format {artifact.format}")
    model: Model = _READERS[artifact.format].open(root / artifact.path, options)
    model.facts.notes.append(f"{path} is its artifact {artifact.name}")
    declared = declared_by(bundle.preprocessing, bundle.labels)
    model.facts = model.facts.of_bundle(declared, artifact.variant)
    return model


def _place(path: Path) -> tuple[Path, str, str | None] | None:
    """The bundle, format and variant that a path stands for; None where it is something else."""
    if path.is_file() or (path.is_dir() and (path / "model.json").is_file() and not is_bundle(path.parent.parent)):
        return None
    if is_bundle(path.parent) and path.name in _READERS:
        return path.parent, path.name, None
    if is_bundle(path.parent.parent) and path.parent.name in _READERS:
        return path.parent.parent, path.parent.name, path.name
    return None
