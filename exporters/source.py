"""What every format's converter is given: the inference form of a run's model, with its labels and preprocessing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import ExportError, LabelMismatchError, MissingFileError, SchemaError, StorageError
from gemelo.parity.gates import convolutions, gate_for
from gemelo.preprocessing import Preprocessing
from gemelo.store.files import open_regular
from gemelo.store.run import Run

from .frameworks import keras, tf
from .inference import INPUT, inference_form
from .quiet import converting

OUTPUT = "probabilities"
METADATA_SCHEMA = 1


@dataclass(frozen=True)
class ExportSource:
    """A model ready to be converted.

    Attributes:
        model: Keras model in inference form: `image` float32 (batch, h, w, c) 0-255 to (batch, classes).
        preprocessing: How a photo becomes its input.
        labels: In the order of the output's columns.
        calibration: uint8 (n, h, w, c): training images, for static quantization.
        notes: What was folded, stripped and expanded, as sentences.
    """

    model: Any
    preprocessing: Preprocessing
    labels: tuple[str, ...]
    calibration: NDArray[np.uint8]
    notes: list[str] = field(default_factory=list)

    @property
    def metadata(self) -> dict[str, Any]:
        """What is put into each artifact, so that the file alone says what it is."""
        return {"schema": METADATA_SCHEMA, "labels": list(self.labels), "preprocessing": self.preprocessing.to_json()}

    def concrete_function(self, batch: int | None = None) -> Any:
        """The model as a TensorFlow function from `image` to {`probabilities`}, its batch left open or fixed."""
        model = self.model
        signature = tf.TensorSpec((batch, *self.preprocessing.shape), tf.float32, name=INPUT)

        @tf.function(input_signature=[signature], autograph=False)  # type: ignore[untyped-decorator]
        def serve(image: Any) -> dict[str, Any]:
            return {OUTPUT: tf.identity(model(image, training=False), name=OUTPUT)}

        return serve.get_concrete_function()

    @classmethod
    def from_run(cls, run: Run) -> "ExportSource":
        """Load a run's model and rebuild it for inference.

        Raises:
            ExportError: The model cannot be loaded or rebuilt, or changes its answers when it is.
            IntegrityError: calibration.npy holds no images of the run's size.
            LabelMismatchError: It does not have one output for each label.
        """
        calibration = _calibration(run)
        return cls.from_model(_load(run.file("model.keras")), run.preprocessing, run.labels, calibration)

    @classmethod
    def from_model(
        cls, original: Any, preprocessing: Preprocessing, labels: Sequence[str], calibration: NDArray[np.uint8]
    ) -> "ExportSource":
        """The same from a Keras model in memory."""
        _check_ends(original, preprocessing, labels)
        with converting("the inference form of the model"):
            model, notes = inference_form(original, preprocessing.shape, len(labels))
        _check_unchanged(original, model, preprocessing, calibration)
        return cls(model, preprocessing, tuple(labels), calibration, notes)


def _calibration(run: Run) -> NDArray[np.uint8]:
    """Training images, uint8 (n, h, w, c)."""
    path = run.file("calibration.npy")
    try:
        with open_regular(path) as stream:
            found = np.load(stream, allow_pickle=False)
    except OSError as exc:
        raise MissingFileError(f"{path} cannot be read: {exc.strerror or exc}") from exc
    except Exception as exc:  # ValueError, tokenize.TokenError, EOFError, ...: NumPy reads its header as Python
        raise SchemaError(f"{path}: not an array") from exc
    if not isinstance(found, np.ndarray) or found.dtype != np.uint8 or found.shape[1:] != run.preprocessing.shape:
        raise SchemaError(f"{path}: not images of {run.preprocessing.width}x{run.preprocessing.height} in uint8")
    return found


def _load(path: Path) -> Any:
    try:
        with converting(f"a model of {path}"):
            return keras.models.load_model(path, compile=False)
    except StorageError:
        raise
    except ExportError as exc:
        raise ExportError(
            f"{path}: Keras cannot load the model: {exc.__cause__}",
            hint="custom and Lambda layers cannot be exported; train with layers that Keras ships",
        ) from exc


def _check_ends(model: Any, preprocessing: Preprocessing, labels: Sequence[str]) -> None:
    if (shape := tuple(model.input_shape[1:])) != preprocessing.shape:
        raise LabelMismatchError(f"the model's input is {shape}, the preprocessing says {preprocessing.shape}")
    columns = model.output_shape[-1]
    if len(model.output_shape) != 2 or (columns != len(labels) and (columns, len(labels)) != (1, 2)):
        raise LabelMismatchError(
            f"the model's output has shape {model.output_shape}, which does not match {len(labels)} labels: "
            f"{', '.join(labels[:8])}{', ...' if len(labels) > 8 else ''}"
        )


def _check_unchanged(original: Any, model: Any, preprocessing: Preprocessing, calibration: NDArray[np.uint8]) -> None:
    """The rebuilt model must answer as the original: on noise, and on photos where there are some."""
    noise = np.random.default_rng(0).integers(0, 256, (8, *preprocessing.shape), dtype=np.uint8)
    images = np.concatenate([noise, calibration[:8]]).astype(np.float32)
    expected = two_columns(np.asarray(original(images, training=False)), model.output_shape[-1])
    found = np.asarray(model(images, training=False))
    tolerance = gate_for("fp32", convolutions(model)).max_abs_difference or 0.0
    difference = float(np.abs(expected - found).max())
    if not difference <= tolerance:  # a NaN is no pass
        raise ExportError(
            f"the inference form of the model differs from the model by {difference:.1e} (allowed: {tolerance:.0e})",
            hint="a layer behaves otherwise outside training than gemelo knows, or its weights are not finite",
        )
    _check_probabilities(found)


def _check_probabilities(found: NDArray[np.float32], slack: float = 1e-3) -> None:
    """Rows that sum to 1 are not enough: those of [1 - p, p] do, whatever p is."""
    hint = "end the network in a softmax, or in one sigmoid unit for two classes"
    low, high = float(found.min()), float(found.max())
    if low < -slack or high > 1 + slack:
        raise ExportError(
            f"the model's outputs reach from {low:.3g} to {high:.3g}: these are not probabilities", hint=hint
        )
    if not np.allclose(found.sum(axis=-1), 1.0, atol=slack):
        raise ExportError("the model's output does not sum to 1: these are not probabilities", hint=hint)


def two_columns(probabilities: NDArray[np.float32], classes: int) -> NDArray[np.float32]:
    """[p] as [1 - p, p] where two classes are wanted of one column; anything else as it is."""
    if probabilities.shape[-1] == 1 and classes == 2:
        return np.concatenate([np.float32(1) - probabilities, probabilities], axis=-1)
    return probabilities
