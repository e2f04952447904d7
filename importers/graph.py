"""Reading a Keras model layer by layer: what it does to its input first, and what it ends in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import programs
from .frameworks import keras

# They don't change the range of an image's values.
_PASSES = (
    *("InputLayer", "Identity", "Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "ZeroPadding2D"),
    *("Pad", "Resizing", "CenterCrop", "Cast", "Permute", "Transpose", "Squeeze", "ExpandDims", "GetItem", "Flip"),
    *("Take", "Stack", "Concatenate", "Split", "ActivityRegularization"),
)
_SCALES = ("Rescaling", "Normalization", "TrueDivide", "Divide", "Multiply", "Subtract", "Add", "Lambda")


@dataclass(frozen=True)
class Call:
    """A layer or operation at work.

    Attributes:
        op: The layer or operation.
        inputs, outputs: Symbolic tensors.
    """

    op: Any
    inputs: list[Any]
    outputs: list[Any]

    @property
    def kind(self) -> str:
        """The name of its class."""
        return type(self.op).__name__


@dataclass(frozen=True)
class Beginning:
    """What a model does to its input before the first layer with weights.

    Attributes:
        scales: Whether it scales pixels.
        resizing: A layer that resizes the input, if there is one before anything else.
    """

    scales: bool
    resizing: Any = None


def is_plain(model: Any) -> bool:
    """Whether a model is functional or sequential, it and all models inside it, and holds no programs."""
    return _is_built_of_layers(model) and not programs.uses_own(keras.saving.serialize_keras_object(model))


def _is_built_of_layers(model: Any) -> bool:
    if type(model).__name__ not in ("Functional", "Sequential") or not type(model).__module__.startswith("keras."):
        return False
    inside = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    return all(_is_built_of_layers(layer) for layer in inside)


def calls(model: Any) -> list[Call]:
    """Every layer of a plain model at work, models inside taken apart, in the order of the data."""
    found: list[Call] = []
    _walk(model, keras.KerasTensor(model.inputs[0].shape, model.inputs[0].dtype), found)
    return found


def _walk(model: Any, tensor: Any, found: list[Call]) -> Any:
    graph = functional(model)

    def caller(op: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if isinstance(op, keras.Model):
                return _walk(op, args[0], found)
            output = op.symbolic_call(*args, **kwargs) if not isinstance(op, keras.Layer) else op(*args, **kwargs)
            found.append(Call(op, _tensors((args, kwargs)), _tensors(output)))
            return output

        return call

    # clone_model, the public way, calls layers on an Input alone: what is inside is called on another layer's output.
    output = graph._run_through_graph([tensor], operation_fn=caller)  # noqa: SLF001
    return keras.tree.flatten(output)[0]


def functional(model: Any) -> Any:
    """A sequential model as a functional one; others as they are."""
    if isinstance(model, keras.Sequential):
        return keras.Model(model.inputs, model.outputs, name=model.name)
    return model


def beginning(found: list[Call]) -> Beginning:
    """Follow the input from layer to layer as long as it is an image."""
    first = next((call for call in found if call.inputs), None)
    if first is None:
        return Beginning(scales=False)
    images = {id(first.inputs[0])}
    resizing = None
    for call in found:
        if not any(id(tensor) in images for tensor in call.inputs):
            continue
        if call.kind in _SCALES and _is_image(call, images):
            return Beginning(scales=True, resizing=resizing)
        if call.kind in _PASSES or call.kind.startswith("Random"):
            images |= {id(tensor) for tensor in call.outputs}
        if call.kind == "Resizing" and resizing is None:
            resizing = call.op
    return Beginning(scales=False, resizing=resizing)


def _is_image(call: Call, images: set[int]) -> bool:
    """Whether all that goes in is an image, not a branch of the network."""
    return all(id(tensor) in images for tensor in call.inputs)


def layers(model: Any) -> Iterator[Any]:
    """All layers, those of models inside too."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from layers(layer)
        else:
            yield layer


def ending(found: list[Call]) -> str | None:
    """The activation that a model ends in: `softmax`, `sigmoid`, `linear`, ...; None where that cannot be said."""
    for call in reversed(found):
        if call.kind in ("Dropout", "Identity", "Cast", "Flatten", "Reshape", "Squeeze"):
            continue
        if call.kind in ("Softmax", "Sigmoid", "LogSoftmax", "ReLU", "Relu", "Tanh"):
            return {"logsoftmax": "log_softmax"}.get(call.kind.lower(), call.kind.lower())
        activation = getattr(call.op, "activation", None)
        return getattr(activation, "__name__", None)
    return None


def linear_head(model: Any) -> Any:
    """The dense layer without activation that a plain model ends in; None where it ends otherwise."""
    found = calls(model)
    last = found[-1].op
    is_linear = type(last) is keras.layers.Dense and last.activation is keras.activations.linear
    return last if is_linear and sum(call.op is last for call in found) == 1 else None


def _tensors(structure: Any) -> list[Any]:
    return [leaf for leaf in keras.tree.flatten(structure) if isinstance(leaf, keras.KerasTensor)]
