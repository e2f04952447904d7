"""Bundles of gemelo, and their artifacts: BUNDLE or BUNDLE/onnx/fp32. The manifest says all that has to be known."""

from pathlib import Path

from gemelo.compare.beside import declared_by
from gemelo.compare.model import Model
from gemelo.compare.readers import OpenOptions, onnx, tfjs, tflite
from gemelo.errors import ModelError
from gemelo.store.bundle import Artifact, Bundle, is_bundle

SUMMARY = "a bundle, or an artifact of one such as BUNDLE/onnx/fp32"
_READERS = {"onnx": onnx, "tflite": tflite, "tfjs": tfjs}


def recognizes(path: Path) -> bool:
    """Whether it is a bundle, or an artifact of one."""
    return is_bundle(path) or _root(path) is not None


def open(path: Path, options: OpenOptions) -> Model:
    """Open an artifact, after a look at the hashes of its bundle."""
    root = path if is_bundle(path) else _root(path) or path
    bundle = Bundle.open(root)
    artifact = _artifact(bundle, path.relative_to(root).as_posix())
    if artifact.format not in _READERS:
        raise ModelError(f"{path}: nothing here reads the format {artifact.format}")
    model: Model = _READERS[artifact.format].open(root / artifact.path, options)
    model.facts.notes.append(f"{path} is its artifact {artifact.name}")
    declared = declared_by(bundle.preprocessing, bundle.labels)
    model.facts = model.facts.of_bundle(declared, artifact.variant)
    return model


def _root(path: Path) -> Path | None:
    """The bundle that a path leads into: to a format, an artifact or its file."""
    for root in list(path.parents)[:3]:
        if is_bundle(root):
            format = path.relative_to(root).parts[0]
            return root if format in _READERS else None
    return None


def _artifact(bundle: Bundle, relative: str) -> Artifact:
    """The artifact that a path inside stands for: `.`, `onnx`, `onnx/fp32`, `onnx/fp32.onnx`."""
    for artifact in bundle.artifacts:
        if relative in (artifact.name, artifact.path):
            return artifact
    format, _, variant = relative.removeprefix(".").partition("/")
    return bundle.artifact(format or None, variant or None)
