"""The inference form of a Keras model: what is left of it once training is over.

Batch normalizations are folded into the layers before them, layers that only act while training are stripped,
and a one-unit sigmoid head becomes two columns. The formats' converters see nothing else.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import ExportError

from . import portable
from .frameworks import keras
from .nested import functional, inlined

INPUT, OUTPUT = "image", "probabilities"

# They pass their input through unchanged outside training. Not RandomCrop: it still crops or resizes then.
_TRAINING_ONLY = (
    *("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout", "GaussianDropout"),
    *("GaussianNoise", "ActivityRegularization", "AugMix", "CutMix", "MixUp", "RandAugment"),
)
_FOLDS_INTO = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)


@dataclass(frozen=True)
class Call:
    """One operation at work in the graph.

    Attributes:
        op: The layer or operation.
        args, kwargs: What it was called with; symbolic tensors stand in them.
        output: What it made. The tensors are kept, so that their ids stay theirs.
    """

    op: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    output: Any

    @property
    def inputs(self) -> list[Any]:
        """The symbolic tensors it read."""
        return _tensors((self.args, self.kwargs))

    @property
    def outputs(self) -> list[Any]:
        """The symbolic tensors it made."""
        return _tensors(self.output)


@dataclass
class _Plan:
    """What the clone does otherwise than the original; everything by layer name."""

    skip: set[str] = field(default_factory=set)
    config: dict[str, dict[str, Any]] = field(default_factory=dict)
    weights: dict[str, list[NDArray[np.float32]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def inference_form(model: Any, shape: Sequence[int], classes: int) -> tuple[Any, list[str]]:
    """Rebuild a model for inference.

    Args:
        model: A functional or sequential Keras model with one input and one output.
        shape: (height, width, channels) of its input.
        classes: Columns that the output must have; a one-unit sigmoid head is expanded to two.

    Returns:
        The model, input named `image` of shape (None, *shape), output (None, classes), and what was done to it.

    Raises:
        ExportError: The model is of a kind that cannot be rebuilt; names the layer.
    """
    graph = inlined(functional(model))
    calls = record(graph, shape)
    _check_channels(calls)
    plan = _Plan()
    _strip(calls, plan)
    _fold_all(calls, plan)
    expanded = _expand_head(calls[-1], plan) if classes == 2 else False
    clone = _clone(graph, shape, plan)
    if classes == 2 and not expanded and clone.output_shape[-1] == 1:
        clone = _append_complement(clone, plan)
    return clone, plan.notes


def _check_channels(calls: Sequence[Call]) -> None:
    for call in calls:
        if getattr(call.op, "data_format", None) == "channels_first":
            raise ExportError(f"layer {call.op.name!r} has its channels first, which runtimes lack")


def record(graph: Any, shape: Sequence[int]) -> list[Call]:
    """Walk a functional model once on a symbolic input: every call, in the order of the data."""
    calls: list[Call] = []

    def call(op: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append(Call(op, args, kwargs, op(*args, **kwargs)))
        return calls[-1].output

    keras.models.clone_model(
        graph, input_tensors=_input(graph, shape), clone_function=lambda op: op, call_function=call
    )
    return calls


def _input(graph: Any, shape: Sequence[int]) -> Any:
    tensor = keras.Input(tuple(shape), name=INPUT)
    return [tensor] if isinstance(graph.input, list) else tensor


def _tensors(structure: Any) -> list[Any]:
    return [leaf for leaf in keras.tree.flatten(structure) if isinstance(leaf, keras.KerasTensor)]


def _strip(calls: Sequence[Call], plan: _Plan) -> None:
    stripped = []
    for call in calls:
        kind = type(call.op).__name__
        if kind in _TRAINING_ONLY or (kind.startswith("Random") and kind != "RandomCrop"):
            plan.skip.add(call.op.name)
            stripped.append(f"{call.op.name} ({kind})")
    if stripped:
        plan.notes.append(f"{_count(stripped, 'training-only layer')} stripped: {', '.join(stripped)}")


def _fold_all(calls: Sequence[Call], plan: _Plan) -> None:
    producer = {id(tensor): call for call in calls for tensor in call.outputs}
    readers = Counter(id(tensor) for call in calls for tensor in call.inputs)
    times = Counter(id(call.op) for call in calls)
    norms = [call for call in calls if isinstance(call.op, keras.layers.BatchNormalization)]
    folded = 0
    for norm in norms:
        before = producer.get(id(norm.inputs[0]))
        if before is None or readers[id(norm.inputs[0])] != 1 or times[id(norm.op)] != 1 or times[id(before.op)] != 1:
            continue
        if _foldable(before.op, norm):
            _fold(before.op, norm.op, plan)
            folded += 1
    if folded:
        plan.notes.append(f"{_count(range(folded), 'batch normalization')} folded into the layers before them")
    if kept := len(norms) - folded:
        plan.notes.append(f"{_count(range(kept), 'batch normalization')} kept: nothing before them to fold into")


def _foldable(layer: Any, norm: Call) -> bool:
    rank = len(norm.inputs[0].shape)
    return (
        isinstance(layer, _FOLDS_INTO)
        and layer.activation is keras.activations.linear
        and getattr(layer, "data_format", "channels_last") == "channels_last"
        and norm.op.axis in (-1, rank - 1)
    )


def _fold(layer: Any, norm: Any, plan: _Plan) -> None:
    """One layer for gamma (Wx + b - mean) / sqrt(var + eps) + beta; worked out in float64, rounded once."""
    mean, variance = _float64(norm.moving_mean), _float64(norm.moving_variance)
    factor = 1.0 / np.sqrt(variance + norm.epsilon)
    if norm.scale:
        factor = factor * _float64(norm.gamma)
    kernel = _float64(layer.kernel)
    bias = _float64(layer.bias) if layer.use_bias else np.zeros_like(mean)
    # A depthwise kernel is (h, w, inputs, multiplier), its outputs run over the last two axes.
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    kernel = kernel * (factor.reshape(kernel.shape[-2:]) if depthwise else factor)
    bias = (bias - mean) * factor + (_float64(norm.beta) if norm.center else 0.0)
    plan.skip.add(norm.name)
    plan.config[layer.name] = {"use_bias": True}
    plan.weights[layer.name] = [kernel.astype(np.float32), bias.astype(np.float32)]


def _expand_head(last: Call, plan: _Plan) -> bool:
    """sigmoid(z) becomes sigmoid([-z, z]) = [1 - p, p]: no subtraction, so nothing is lost where p is near 1."""
    head = last.op
    if not isinstance(head, keras.layers.Dense) or head.units != 1 or head.activation is not keras.activations.sigmoid:
        return False
    weights = plan.weights.get(head.name) or [np.asarray(value, np.float32) for value in head.get_weights()]
    plan.config.setdefault(head.name, {})["units"] = 2
    plan.weights[head.name] = [np.concatenate([-value, value], axis=-1) for value in weights]
    plan.notes.append("the one-unit sigmoid head expanded to two columns, [1 - p, p]")
    return True


def _append_complement(model: Any, plan: _Plan) -> Any:
    """For a single column of p that no Dense layer with a sigmoid makes: [1 - p, p] by arithmetic."""
    p = model.output
    plan.notes.append("the single output p expanded to two columns, [1 - p, p]")
    return keras.Model(model.input, keras.ops.concatenate([1.0 - p, p], axis=-1), name=model.name)


def _clone(graph: Any, shape: Sequence[int], plan: _Plan) -> Any:
    def clone(op: Any) -> Any:
        config = {**op.get_config(), **plan.config.get(op.name, {})}
        if isinstance(op, keras.Layer):
            config["dtype"] = "float32"  # a model trained in mixed precision computes in float32 from here on
        return portable.rebuilt(op, config)

    def call(op: Any, *args: Any, **kwargs: Any) -> Any:
        if op.name in plan.skip:
            return args[0]
        if isinstance(op, keras.layers.Flatten) and op.data_format == "channels_last":
            # With a constant shape: Flatten works the batch out anew, by operators that some runtimes lack.
            return keras.ops.reshape(args[0], (-1, math.prod(args[0].shape[1:])))
        return portable.called(op, *args, **kwargs)

    model = keras.models.clone_model(
        graph, input_tensors=_input(graph, shape), clone_function=clone, call_function=call
    )
    model = keras.Model(model.inputs[0], model.outputs[0], name="gemelo")
    originals = {layer.name: layer for layer in graph.layers}
    for layer in model.layers:
        if layer.weights:
            weights = plan.weights.get(layer.name) or originals[layer.name].get_weights()
            layer.set_weights([value.reshape(own.shape) for value, own in zip(weights, layer.weights, strict=True)])
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # its mean and variance are worked out from its weights once
    return model


def _float64(variable: Any) -> NDArray[np.float64]:
    return np.asarray(keras.ops.convert_to_numpy(variable), np.float64)


def _count(things: Sequence[Any], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"
