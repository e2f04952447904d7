"""A Keras 3 model as `Loaded`: its input, its output, and what its layers say of the preprocessing."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import ModelError
from gemelo.parity.gates import convolutions

from . import channels_last, ends, graph
from .declare import IDENTITY, Declared
from .frameworks import keras, tf
from .loaded import Loaded

_FITS = {(False, False): "squash", (True, False): "keras-crop", (False, True): "keras-pad"}
_PROBE = 224  # pixels a side, where a model takes any size


def loaded(name: str, kind: str, model: Any, config: Mapping[str, Any], version: str | None) -> Loaded:
    """Describe a Keras 3 model.

    Args:
        name: How to call it in messages.
        kind: Its source.
        model: It.
        config: Its configuration, as the file has it.
        version: Of the Keras that saved it.

    Raises:
        ModelError: It is no classifier of photos.
    """
    notes: list[str] = []
    plain = graph.is_plain(model)
    shape, dtype = _input(name, model, config)
    height, width, channels, layout = ends.check_input(name, shape)
    if plain and layout == "NCHW":
        model = channels_last.rebuilt(model)
        notes.append("the model was rebuilt with its channels last: they were first")
    outputs = _outputs(name, model, shape, dtype)
    transpose = layout == "NCHW" and not plain

    def call(images: Any) -> Any:
        images = tf.transpose(images, (0, 3, 1, 2)) if transpose else images
        return tf.cast(model(tf.cast(images, dtype), training=False), tf.float32)

    return Loaded(
        kind=kind,
        framework="Keras",
        version=version,
        height=height,
        width=width,
        channels=channels,
        layout=layout,
        dtype=dtype,
        outputs=outputs,
        inside=_inside(name, model, dtype, config, outputs) if plain else _unseen(dtype),
        answer=answerer(call),
        call=call,
        model=model if plain else None,
        parameters=model.count_params(),
        convolutions=convolutions(model) if plain else 0,
        notes=notes,
    )


def answerer(call: Any) -> Any:
    """A function from float32 (n, h, w, c) to float32 (n, outputs), in batches; compiled once for each size."""
    run = tf.function(call, autograph=False, reduce_retracing=True)

    def answer(images: NDArray[np.float32]) -> NDArray[np.float32]:
        parts = [run(tf.constant(images[i : i + 32])).numpy() for i in range(0, len(images), 32)]
        return np.concatenate(parts).reshape(len(images), -1).astype(np.float32)

    return answer


def _input(name: str, model: Any, config: Mapping[str, Any]) -> tuple[tuple[int | None, ...], str]:
    """The shape and the dtype of a model's input."""
    inputs = getattr(model, "inputs", None)
    if inputs is None:  # subclassed
        shape = (config.get("build_config") or {}).get("input_shape")
        if not isinstance(shape, list | tuple) or not all(isinstance(side, int | None) for side in shape):
            raise ModelError(
                f"{name}: a subclassed model whose input has no shape",
                hint="call it once on a photo before you save it, or save it with model.export('folder')",
            )
        return (None, *shape[1:]), "float32"
    if len(inputs) != 1:
        raise ModelError(f"{name}: the model has {len(inputs)} inputs; a classifier of photos has one")
    return tuple(inputs[0].shape), str(inputs[0].dtype)


def _outputs(name: str, model: Any, shape: tuple[int | None, ...], dtype: str) -> int:
    """How many columns a model's output has.

    Raises:
        ModelError: It has several outputs, or one that is no row of numbers.
    """
    if getattr(model, "inputs", None) is not None:
        found = model.outputs
        shapes = [tuple(output.shape) for output in found]
        names = list(getattr(model, "output_names", []))
    else:
        probe = keras.KerasTensor((1, *(side or _PROBE for side in shape[1:])), dtype)
        found = keras.tree.flatten(model.compute_output_spec(probe))
        shapes, names = [tuple(output.shape) for output in found], []
    return ends.check_output(name, shapes, names)


def _unseen(dtype: str) -> Declared:
    return Declared(scale=IDENTITY if dtype == "uint8" else None)


def _inside(name: str, model: Any, dtype: str, config: Mapping[str, Any], outputs: int) -> Declared:
    """What the layers say."""
    calls = graph.calls(model)
    begin = graph.beginning(calls)
    output = ends.meaning(name, graph.ending(calls), outputs, ends.losses(config))
    declared = Declared(scale=IDENTITY if begin.scales or dtype == "uint8" else None, output=output)
    if begin.resizing is None or model.inputs[0].shape[1] is not None:
        return declared
    resizing = begin.resizing
    fit = _FITS.get((resizing.crop_to_aspect_ratio, resizing.pad_to_aspect_ratio), "squash")
    size = Declared(height=resizing.height, width=resizing.width, fit=fit, filter=f"tf-{resizing.interpolation}")
    return size.over(declared)
