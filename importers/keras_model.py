"""A Keras 3 model as `Loaded`: its input, its output, and what its layers say of the preprocessing."""

from collections.abc import Mapping
from typing import Any

from gemelo.errors import ModelError
from gemelo.parity.gates import convolutions

from . import channels_last, ends, graph, saved
from .answers import answerer
from .declare import IDENTITY, Declared
from .frameworks import quiet, tf
from .loaded import Loaded

_FITS = {(False, False): "squash", (True, False): "keras-crop", (False, True): "keras-pad"}


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
    shape, dtype = _input(name, model, config)
    height, width, channels, layout = ends.check_input(name, shape)
    if not graph.is_plain(model):
        return saved.described(name, kind, _frozen(model, shape, dtype), "Keras", version)
    outputs = _outputs(name, model)
    notes = []
    if layout == "NCHW":
        model = channels_last.rebuilt(model)
        notes.append("the model was rebuilt with its channels last: they were first")

    def call(images: Any) -> Any:
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
        inside=_inside(name, model, dtype, config, outputs),
        answer=answerer(call),
        call=call,
        model=model,
        parameters=model.count_params(),
        convolutions=convolutions(model),
        notes=notes,
    )


def _frozen(model: Any, shape: tuple[int | None, ...], dtype: str) -> Any:
    """A model of another kind, subclassed or with programs in it, as a graph."""
    signature = tf.TensorSpec((None, *shape[1:]), dtype, name="image")
    with quiet():
        serve = tf.function(lambda image: model(image, training=False), input_signature=[signature], autograph=False)
        return saved.frozen(serve.get_concrete_function())


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


def _outputs(name: str, model: Any) -> int:
    """How many columns a plain model's output has.

    Raises:
        ModelError: It has several outputs, or one that is no row of numbers.
    """
    return ends.check_output(
        name, [tuple(output.shape) for output in model.outputs], list(getattr(model, "output_names", []))
    )


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
