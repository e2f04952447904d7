"""Keras models and SavedModels, opened by the importers: they need TensorFlow."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from gemelo import installed
from gemelo.compare.beside import labels_beside
from gemelo.compare.model import Answers, Facts, Images, Input, Tensor
from gemelo.compare.readers import OpenOptions, head
from gemelo.errors import MissingDependencyError, RuntimeFailure, UsageError

SUMMARY = "a .keras or .h5 file of Keras, a SavedModel folder"
_PACKAGES = ("tensorflow", "keras", "h5py", "tf_keras")


def recognizes(path: Path) -> bool:
    """Whether it is a file of Keras or a SavedModel folder."""
    if path.is_dir():
        return (path / "saved_model.pb").is_file()
    return (path.suffix.lower() in (".keras", ".h5", ".hdf5") and path.is_file()) or head(path).startswith(b"\x89HDF")


def open(path: Path, options: OpenOptions) -> "KerasModel":
    """Load a model; TensorFlow takes seconds."""
    try:
        opening, programs = installed.load("importers.opening"), installed.load("importers.programs")
        opening.check(path)
        stack = ExitStack()
        loaded = stack.enter_context(opening.opened(path, programs.Trust(options.trust)))
    except ModuleNotFoundError as exc:
        missing = str(exc.name).partition(".")[0]
        if missing not in _PACKAGES:
            raise
        raise MissingDependencyError(missing, installed.INSTALL_TRAIN) from exc
    return KerasModel(path, loaded, stack)


class KerasModel:
    """A loaded model: a `gemelo.compare.model.Model`. The importers see to its layout and its type."""

    def __init__(self, path: Path, loaded: Any, stack: ExitStack) -> None:
        self._path, self._loaded, self._stack = path, loaded, stack
        self.input = Input("input", loaded.height, loaded.width, loaded.channels, "NHWC", "float32")
        self.facts = Facts(
            format="SavedModel" if loaded.kind == "saved-model" else "Keras",
            runtime=loaded.framework,
            precision="fp32",
            declared=loaded.inside,
            labels=loaded.inside.labels or labels_beside(path),
            notes=list(loaded.notes),
        )

    def answer(self, images: Images) -> Answers:
        """Answer images (n, h, w, c)."""
        return np.asarray(self._asked(self._loaded.answer, images), np.float32)

    def plain(self) -> None:
        """TensorFlow has no optimizations that could be switched off for one model."""
        return

    def tensors(self, images: Images) -> list[Tensor]:
        """The outputs of all layers."""
        model = self._loaded.model
        if model is None:
            raise UsageError(
                f"{self._path}: the layers of this model cannot be looked at one by one",
                hint="Keras models that are functional or sequential show theirs",
            )
        keras = installed.load("importers.frameworks").keras
        places = _places(model)
        inside = keras.Model(model.inputs, [output for _, _, _, output in places])
        values = self._asked(lambda batch: [np.asarray(v) for v in keras.tree.flatten(inside([batch]))], images)
        return [
            Tensor(name, kind, inputs, np.asarray(value, np.float32))
            for (name, kind, inputs, _), value in zip(places, values, strict=True)
            if len(value) == len(images)
        ]

    def close(self) -> None:
        """Remove what was unpacked."""
        self._stack.close()

    def _asked(self, answer: Any, images: Images) -> Any:
        try:
            return answer(images)
        except Exception as exc:  # TensorFlow raises anything
            reason = (str(exc).strip().splitlines() or [type(exc).__name__])[0][:300]
            raise RuntimeFailure(f"{self._path}: {self._loaded.framework}: {reason}") from exc


def _places(model: Any) -> list[tuple[str, str, tuple[str, ...], Any]]:
    """Each layer with its kind, the layers before it and its output."""
    makers: dict[int, str] = {}
    found = []
    for operation in model.operations:
        output = operation.output
        if isinstance(output, list | tuple | dict):
            continue
        makers[id(output)] = operation.name
        kind = type(operation).__name__
        taken = operation.input
        inputs = tuple(
            makers[id(each)] for each in (taken if isinstance(taken, list) else [taken]) if id(each) in makers
        )
        if kind != "InputLayer":
            found.append((operation.name, kind, inputs, output))
    return found
