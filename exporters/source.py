"""What every format's converter is given: the inference form of a run's model, with its labels and preprocessing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import ExportError, LabelMismatchError, Message, MissingFileError, SchemaError, StorageError
from gemelo.parity.gates import convolutions, gate_for
from gemelo.preprocessing import Preprocessing
from gemelo.store.files import open_regular
from gemelo.store.run import MANIFEST, MODEL, SAVED_MODEL, Run

from . import graphs
from .frameworks import keras, tf
from .inference import INPUT, OUTPUT, inference_form
from .quiet import converting

METADATA_SCHEMA = 1
# TensorFlow keeps the feature maps of all layers at once: 16 images of 224x224 took 2 GB.
_CHECKED_AT_ONCE = 2


@dataclass(frozen=True)
class ExportSource:
    """A model ready to be converted.

    Attributes:
        model: Keras model in inference form: `image` float32 (batch, h, w, c) 0-255 to (batch, classes). Of a run with
            a SavedModel, too: its graph is lifted to one.
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

    @property
    def weight_bytes(self) -> int:
        """Of all weights, in float32."""
        return 4 * int(self.model.count_params())

    def frozen_function(self, batch: int | None = None, *, lower_control_flow: bool = False) -> Any:
        """The model as a TensorFlow function from `image` to {`probabilities`}, its batch left open or fixed.

        Its weights are constants from the beginning: making constants of variables costs several copies of them all.
        """
        model, weights = self.model, [variable.numpy() for variable in self.model.variables]
        signature = tf.TensorSpec((batch, *self.preprocessing.shape), tf.float32, name=INPUT)

        @tf.function(input_signature=[signature], autograph=False)  # type: ignore[untyped-decorator]
        def serve(image: Any) -> dict[str, Any]:
            constants = [tf.constant(value, name=own.path) for own, value in zip(model.variables, weights, strict=True)]
            with keras.StatelessScope(list(zip(model.variables, constants, strict=True))):
                return {OUTPUT: tf.identity(model(image, training=False), name=OUTPUT)}

        return _plain(serve.get_concrete_function(), lower_control_flow)

    @classmethod
    def from_run(cls, run: Run) -> "ExportSource":
        """Load a run's model and rebuild it for inference.

        Raises:
            ExportError: The model cannot be loaded or rebuilt, or changes its answers when it is.
            IntegrityError: The model's folder or calibration.npy is not what a run has.
            LabelMismatchError: It does not have one output for each label.
        """
        calibration = _calibration(run)
        if (folder := _saved_model(run)) is None:
            return cls.from_model(_load(run.file(MODEL)), run.preprocessing, run.labels, calibration)
        frozen = graphs.of_saved_model(folder, run.preprocessing.shape)
        return cls.from_graph(frozen, run.preprocessing, run.labels, calibration)

    @classmethod
    def from_model(
        cls, original: Any, preprocessing: Preprocessing, labels: Sequence[str], calibration: NDArray[np.uint8]
    ) -> "ExportSource":
        """The same from a Keras model in memory; one that cannot be rebuilt layer by layer goes by way of its graph."""
        if (ends := _ends(original)) is not None:
            _check_ends(*ends, preprocessing, labels)
        try:
            with converting("the inference form of the model"):
                model, notes = inference_form(original, preprocessing.shape, len(labels))
            source = cls(model, preprocessing, tuple(labels), calibration, notes)
            answers = source.checked(lambda images: original(images, training=False), convolutions(model))
        except ExportError as exc:
            note = f"the network was rebuilt from its TensorFlow graph: {exc.message}"
            frozen = graphs.of_keras(original, preprocessing.shape)
            return cls.from_graph(frozen, preprocessing, labels, calibration, [note])
        _check_probabilities(answers)
        return source

    @classmethod
    def from_graph(
        cls,
        frozen: graphs.Frozen,
        preprocessing: Preprocessing,
        labels: Sequence[str],
        calibration: NDArray[np.uint8],
        notes: Sequence[str] = (),
    ) -> "ExportSource":
        """The same from a TensorFlow graph, lifted to a Keras model."""
        [image], [answer] = frozen.function.inputs, frozen.function.outputs
        _check_ends(image.shape, answer.shape, preprocessing, labels)
        with converting("a Keras model of the graph"):
            lifted, found = graphs.lifted(frozen, preprocessing.shape)
            model, done = inference_form(lifted, preprocessing.shape, len(labels))
        source = cls(model, preprocessing, tuple(labels), calibration, [*notes, *found, *done])
        _check_probabilities(source.checked(frozen.answer, frozen.convolutions))
        return source

    def checked(self, original: Callable[[Any], Any], depth: int) -> NDArray[np.float32]:
        """Hold the model to the original, on noise, and on photos where there are some.

        Args:
            original: From images (n, h, w, c) to its outputs.
            depth: How many convolutions it has, for the gate.

        Returns:
            The model's outputs.

        Raises:
            ExportError: It answers otherwise.
        """
        noise = np.random.default_rng(0).integers(0, 256, (4, *self.preprocessing.shape), dtype=np.uint8)
        images_u8 = np.concatenate([noise, self.calibration[:4]])
        starts = range(0, len(images_u8), _CHECKED_AT_ONCE)
        pairs = [self._both(original, images_u8[i : i + _CHECKED_AT_ONCE].astype(np.float32)) for i in starts]
        found, expected = (np.concatenate(side) for side in zip(*pairs, strict=True))
        tolerance = gate_for("fp32", depth).max_abs_difference or 0.0
        difference = float(np.abs(expected - found).max())
        if not difference <= tolerance:  # a NaN is no pass
            raise ExportError(
                "the inference form of the model differs from the model by "
                f"{difference:.1e} (allowed: {tolerance:.0e})",
                hint="a layer behaves otherwise outside training than gemelo knows, or its weights are not finite",
            )
        return found

    def _both(self, original: Callable[[Any], Any], images: NDArray[np.float32]) -> tuple[Any, Any]:
        """The outputs of the model and of the original."""
        found = np.asarray(self.model(images, training=False))
        if len(found) != len(images):
            raise ExportError(f"the model gives {len(found)} answers for {len(images)} images")
        return found, two_columns(np.asarray(original(images)), found.shape[-1])


def _plain(function: Any, lower_control_flow: bool) -> Any:
    """The same function without calls of others, and without tensors that a layer has made outside of it."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    calls = any(attr.type == "func" for op in function.graph.get_operations() for attr in op.op_def.attr)
    if not calls and not function.captured_inputs:
        return function
    return convert_variables_to_constants_v2(function, lower_control_flow=lower_control_flow, aggressive_inlining=True)


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


def _saved_model(run: Run) -> Path | None:
    """The run's folder of a SavedModel, every file of it covered by a hash; None where it has a Keras model.

    Raises:
        IntegrityError: It has neither, or a file that no hash covers.
    """
    folder = run.file(SAVED_MODEL)
    if run.file(MODEL).is_file():
        return None
    if not folder.is_dir():
        raise MissingFileError(f"{run.path}: there is neither {MODEL} nor {SAVED_MODEL}")
    names = [path.relative_to(run.path).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    if uncovered := [name for name in names if name not in run.manifest.files]:
        raise SchemaError(Message("bundle.no-hash", run.path / MANIFEST, files=", ".join(uncovered)))
    return folder


def _ends(model: Any) -> tuple[Any, Any] | None:
    """The shapes of a Keras model's input and output; None where they are not known before it is called.

    Raises:
        ExportError: It has several.
    """
    try:
        inputs, outputs = model.inputs, model.outputs
    except (AttributeError, ValueError):
        return None
    if not inputs or not outputs:
        return None
    if len(inputs) != 1 or len(outputs) != 1:
        raise ExportError(
            f"model {model.name!r} has {len(inputs)} inputs and {len(outputs)} outputs; one of each is needed"
        )
    return inputs[0].shape, outputs[0].shape


def _check_ends(image: Any, answer: Any, preprocessing: Preprocessing, labels: Sequence[str]) -> None:
    if (shape := tuple(image[1:])) != preprocessing.shape:
        raise LabelMismatchError(f"the model's input is {shape}, the preprocessing says {preprocessing.shape}")
    columns = answer[-1]
    if len(answer) != 2 or (columns != len(labels) and (columns, len(labels)) != (1, 2)):
        raise LabelMismatchError(
            f"the model's output has shape {tuple(answer)}, which does not match {len(labels)} labels: "
            f"{', '.join(labels[:8])}{', ...' if len(labels) > 8 else ''}"
        )


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
