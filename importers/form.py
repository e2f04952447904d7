"""The model as a run holds it: pixels 0-255 in RGB in, probabilities out, everything else inside.

A model that Keras 3 can rebuild layer by layer is wrapped in layers of Keras (`model.keras`): looking inside and eight
bits work best there. Every other one becomes a graph of TensorFlow (`saved_model/`).
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gemelo.errors import ModelError

from . import graph
from .declare import Scale
from .frameworks import keras, quiet, tf
from .loaded import Loaded
from .saved import frozen
from .settle import Settled

KERAS, SAVED_MODEL = "model.keras", "saved_model"
INPUT, OUTPUT = "image", "probabilities"
_BACKWARDS = (2, 1, 0)


def scaling(scale: Scale) -> tuple[Any, Any]:
    """Factor and offset of (x - mean) / std: numbers, or arrays with one for each channel."""
    mean, std = np.array(scale.mean), np.array(scale.std)
    factor, offset = 1 / std, -mean / std
    if len(scale.mean) == len(scale.std) == 1:
        return float(factor[0]), float(offset[0]) + 0.0
    both = np.broadcast_arrays(factor, offset)
    return both[0].tolist(), both[1].tolist()


def write(loaded: Loaded, settled: Settled, folder: Path) -> str:
    """Write the model into a run's folder; returns its form, `keras` or `saved-model`.

    Raises:
        ModelError: It cannot be wrapped.
    """
    try:
        with quiet():
            if loaded.model is not None:
                _save_keras(loaded.model, settled, folder / KERAS)
                return "keras"
            _save(loaded, settled, folder / SAVED_MODEL)
            return "saved-model"
    except OSError:
        raise
    except Exception as exc:  # Keras and TensorFlow raise anything
        reason = (str(exc).strip().splitlines() or [type(exc).__name__])[0][:300]
        raise ModelError(f"the model cannot be called with the preprocessing inside: {reason}") from exc


def _save_keras(model: Any, settled: Settled, path: Path) -> None:
    """Save the wrapped model. A dense layer that gives logits gets its activation itself: no layer is added for it."""
    head = graph.linear_head(model) if settled.output == "logits" else None
    if head is None:
        as_keras(model, settled).save(path)
        return
    before = head.activation
    head.activation = keras.activations.sigmoid if head.units == 1 else keras.activations.softmax
    try:
        as_keras(model, replace(settled, output="probabilities")).save(path)
    finally:
        head.activation = before


def as_keras(model: Any, settled: Settled) -> Any:
    """The model between its preprocessing and its head, as one functional model."""
    image = x = keras.Input(settled.preprocessing.shape, name=INPUT)
    if settled.bgr:
        x = keras.ops.take(x, _BACKWARDS, axis=-1)
    if not settled.scale.is_identity:
        factor, offset = scaling(settled.scale)
        x = keras.layers.Rescaling(factor, offset, name="gemelo_scale")(x)
    x = model(x)
    if settled.output == "logits":
        x = keras.layers.Activation("sigmoid" if x.shape[-1] == 1 else "softmax", name="gemelo_probabilities")(x)
    return keras.Model(image, x, name="imported")


def _save(loaded: Loaded, settled: Settled, folder: Path) -> None:
    signature = tf.TensorSpec((None, *settled.preprocessing.shape), tf.float32, name=INPUT)

    @tf.function(input_signature=[signature], autograph=False)  # type: ignore[untyped-decorator]
    def serve(image: Any) -> dict[str, Any]:
        x = tf.gather(image, _BACKWARDS, axis=-1) if settled.bgr else image
        if not settled.scale.is_identity:
            factor, offset = scaling(settled.scale)
            x = x * tf.constant(factor, tf.float32) + tf.constant(offset, tf.float32)
        return {OUTPUT: tf.identity(_probabilities(loaded.call(x), settled.output), name=OUTPUT)}

    constant = frozen(serve.get_concrete_function())

    @tf.function(input_signature=[signature], autograph=False)  # type: ignore[untyped-decorator]
    def served(image: Any) -> dict[str, Any]:
        return {OUTPUT: tf.identity(tf.nest.flatten(constant(image))[0], name=OUTPUT)}

    module = tf.Module()
    module.served, module.constant = served, constant
    tf.saved_model.save(module, str(folder), signatures={"serving_default": served})


def _probabilities(found: Any, output: str | None) -> Any:
    if output == "logits":
        # Of one logit z: [sigmoid(-z), sigmoid(z)], which loses nothing where either is near 1.
        return tf.sigmoid(tf.concat([-found, found], -1)) if found.shape[-1] == 1 else tf.nn.softmax(found)
    return tf.concat([1 - found, found], -1) if found.shape[-1] == 1 else found


def open_form(folder: Path) -> Any:
    """The model of a run that is being written, as a function of a TensorFlow tensor (n, h, w, c) 0-255."""
    if (folder / KERAS).is_file():
        model = keras.models.load_model(folder / KERAS, compile=False)
        return lambda images: model(images, training=False)
    served = tf.saved_model.load(str(folder / SAVED_MODEL)).signatures["serving_default"]
    return lambda images: served(**{INPUT: images})[OUTPUT]
