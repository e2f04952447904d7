"""Models within a model, taken apart: the same layers, called one after another in one functional model."""

from collections.abc import Callable, Sequence
from typing import Any

from gemelo.errors import ExportError

from .frameworks import keras

Caller = Callable[..., Any]


def functional(model: Any) -> Any:
    """A functional model of one input and one output, from a functional or sequential one.

    Raises:
        ExportError: It is a model of another kind; says which.
    """
    if isinstance(model, keras.Sequential):
        model = keras.Model(model.inputs, model.outputs, name=model.name)
    # Exactly Functional: a subclass may override call() with anything.
    if type(model).__name__ != "Functional":
        raise ExportError(
            f"model {model.name!r} is a subclassed model ({type(model).__name__}), which cannot be rebuilt",
            hint="build it with the functional API: keras.Model(inputs, outputs)",
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ExportError(
            f"model {model.name!r} has {len(model.inputs)} inputs and {len(model.outputs)} outputs; "
            "one of each is needed"
        )
    return model


def inlined(model: Any) -> Any:
    """The same network without models inside; itself where there are none.

    Raises:
        ExportError: A model inside cannot be taken apart.
    """
    if not any(isinstance(layer, keras.Model) for layer in model.layers):
        return model
    _rename(model)
    image = keras.Input(model.input_shape[1:], name="image")
    return keras.Model(image, _walk(model, image), name=model.name)


def _walk(model: Any, tensor: Any) -> Any:
    """The output of a model on a symbolic tensor, every layer of it called by itself."""

    def call(op: Any, *args: Any, **kwargs: Any) -> Any:
        return _walk(functional(op), args[0]) if isinstance(op, keras.Model) else op(*args, **kwargs)

    # clone_model, the public way, calls layers on an Input alone: what is inside is called on another layer's output.
    output = model._run_through_graph([tensor], operation_fn=lambda op: _caller(op, call))  # noqa: SLF001
    return keras.tree.flatten(output)[0]


def _caller(op: Any, call: Caller) -> Caller:
    def run(*args: Any, **kwargs: Any) -> Any:
        return call(op, *args, **kwargs)

    return run


def _rename(model: Any) -> None:
    """Layers of one name in two models get that of their model before theirs: in one model, names are unique."""
    taken: dict[str, Any] = {}
    for path, layer in _layers(model, ()):
        name = layer.name
        if taken.setdefault(name, layer) is not layer:
            layer.name = "_".join((*path, name))
            taken[layer.name] = layer


def _layers(model: Any, path: Sequence[str]) -> list[tuple[tuple[str, ...], Any]]:
    found = []
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found += _layers(layer, (*path, layer.name))
        else:
            found.append(((*path,), layer))
    return found
