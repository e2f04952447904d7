"""A model with its channels first as one with its channels last: the same weights, the same answers.

Most runtimes compute channels last only. Each layer is rebuilt so, and takes its inputs transposed. The result is kept
in both orders, and the next layer takes the one that it wants: of a usual network no transposition is left.
"""

from typing import Any

from .frameworks import keras
from .graph import functional

_ELEMENTWISE = (
    *("Activation", "ReLU", "LeakyReLU", "ELU", "Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout"),
    *("Rescaling", "Add", "Multiply", "Average", "Maximum", "Identity"),
)
_ON_AXIS = ("BatchNormalization", "Concatenate", "LayerNormalization", "Softmax")


def rebuilt(model: Any) -> Any:
    """The model with its channels last, input (batch, h, w, c); its weights are shared with the original's by value."""
    _, channels, height, width = model.inputs[0].shape
    image = keras.Input((height, width, channels), dtype=model.inputs[0].dtype)
    first = keras.layers.Permute((3, 1, 2))(image)
    counterparts = {id(first): image}
    output = _walk(model, first, counterparts, [])
    return keras.Model(image, output, name=model.name)


def _walk(model: Any, tensor: Any, counterparts: dict[int, Any], kept: list[Any]) -> Any:
    def caller(op: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if isinstance(op, keras.Model):
                return _walk(op, args[0], counterparts, kept)
            return _called(op, args, kwargs, counterparts, kept)

        return call

    output = functional(model)._run_through_graph([tensor], operation_fn=caller)  # noqa: SLF001
    return keras.tree.flatten(output)[0]


def _called(op: Any, args: Any, kwargs: Any, counterparts: dict[int, Any], kept: list[Any]) -> Any:
    config = _last(op, args)
    if config is None:
        return op(*args, **kwargs)
    layer = type(op).from_config(config)
    output = layer(keras.tree.map_structure(lambda each: _counterpart(each, counterparts), args[0]), **kwargs)
    layer.set_weights(op.get_weights())
    if len(output.shape) != 4:
        return output
    first = keras.layers.Permute((3, 1, 2))(output)
    counterparts[id(first)] = output
    kept.append(first)  # so that its id stays its own
    return first


def _counterpart(tensor: Any, counterparts: dict[int, Any]) -> Any:
    if len(tensor.shape) != 4:
        return tensor
    return counterparts[id(tensor)] if id(tensor) in counterparts else keras.layers.Permute((2, 3, 1))(tensor)


def _last(op: Any, args: Any) -> dict[str, Any] | None:
    """A layer's configuration with its channels last; None where it is called as it is."""
    if not isinstance(op, keras.Layer) or len(keras.tree.flatten(args)[0].shape) != 4:
        return None
    config: dict[str, Any] = op.get_config()
    if config.get("data_format") == "channels_first":
        return {**config, "data_format": "channels_last"}
    if type(op).__name__ in _ON_AXIS and config.get("axis") in (1, [1]):
        return {**config, "axis": -1}
    return config if type(op).__name__ in _ELEMENTWISE else None
