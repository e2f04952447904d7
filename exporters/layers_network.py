"""A network whose outputs are its layers', one for each row: fused activations apart, Flatten called by its name."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gemelo.errors import Message
from gemelo.store.layers import Cam, Layer, Weight

from .frameworks import keras
from .graphs.raw import GraphOperation
from .inference import INPUT, OUTPUT, Call, record
from .names import Names

NETWORK = "network"  # the Keras model's name, and so that of the scope its operators stand in
LOGITS = "logits"
_TAKEN = (INPUT, NETWORK, OUTPUT)

Half = Literal["whole", "linear", "activation"]

# Only in these is `activation` what comes last: in a recurrent layer it is at work inside.
_SPLIT = (
    *(keras.layers.Conv2D, keras.layers.Conv2DTranspose, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D),
    keras.layers.Dense,
)
_ACTIVATIONS = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "PReLU": "prelu", "ELU": "elu", "Softmax": "softmax"}


@dataclass(frozen=True)
class Exposed:
    """What is to be written.

    Attributes:
        model: Keras model from `image` to a list of outputs, in the order of the rows.
        rows: What each of them is; the last is `probabilities`.
        weights: {name as in the rows: Keras variable} of all that the model reads.
        cam: What a class activation map is made of; None where the network does not end so.
        reason: Why the network is no plain chain; None where it is one.
    """

    model: Any
    rows: tuple[Layer, ...]
    weights: Mapping[str, Any]
    cam: Cam | None
    reason: Message | None


@dataclass(frozen=True)
class _Step:
    """A call of the network, or the half of one, where it stands in the new one.

    Attributes:
        call: The network's.
        half: Which part of it.
        operation: The Keras layer or operation that computes it.
        output: What it makes.
    """

    call: Call
    half: Half
    operation: Any
    output: Any


@dataclass(frozen=True)
class _Ending:
    """Features, their means, and one dense layer over these."""

    maker: Call
    pooling: Call
    head: Call


def expose(model: Any, shape: Sequence[int]) -> Exposed | Message:
    """Find the layers of a network in inference form.

    Args:
        model: `image` to probabilities, as `exporters.inference` leaves it.
        shape: (height, width, channels) of its input.

    Returns:
        All layers of a plain chain; of another network, what class activation needs; or why there is neither.
    """
    calls = record(model, shape)
    if any(isinstance(call.op, GraphOperation) for call in calls):
        return Message("layers.graph")
    reason, ending = _fork(calls), _ending(calls)
    if reason is None:
        image = keras.Input(tuple(shape), name=INPUT)
        return _exposed(image, _rebuild(calls, image), ending, None)
    if ending is None:
        return Message(f"{reason.code}-no-map", **reason.parameters)
    made = _makers(calls)
    image = next(tensor for call in calls for tensor in call.inputs if id(tensor) not in made)
    ends = [_Step(call, _halves(call.op)[-1], call.op, call.output) for call in (ending.maker, calls[-1])]
    return _exposed(image, ends, ending, reason)


def _fork(calls: Sequence[Call]) -> Message | None:
    """Where the network is no plain chain; None where it is one."""
    makers = _makers(calls)
    readers = Counter(id(tensor) for call in calls for tensor in call.inputs)
    for tensor in (tensor for call in calls for tensor in call.inputs):
        times, maker = readers[id(tensor)], makers.get(id(tensor))
        if times > 1:
            name = INPUT if maker is None else _base(maker.op)
            return Message("layers.fork", layer=name, count=times)
    for call in calls:
        if len(call.outputs) != 1:
            return Message("layers.outputs", layer=_base(call.op), count=len(call.outputs))
    return None


def _makers(calls: Sequence[Call]) -> dict[int, Call]:
    return {id(tensor): call for call in calls for tensor in call.outputs}


def _ending(calls: Sequence[Call]) -> _Ending | None:
    """How a network ends of which class activation maps can be made; None where it ends otherwise."""
    makers = _makers(calls)
    back = [calls[-1]]
    while len(back) < 4 and (before := makers.get(id(back[-1].inputs[0]))) is not None:
        back.append(before)
    if _activation(back[0].op) is not None:
        back = back[1:]
    if len(back) < 3:
        return None
    head, pooling, maker = back[:3]
    averages = isinstance(pooling.op, keras.layers.GlobalAveragePooling2D)
    if not averages or not isinstance(head.op, keras.layers.Dense):
        return None
    if pooling.op.data_format != "channels_last" or len(pooling.output.shape) != 2:
        return None
    return _Ending(maker, pooling, head)


def _rebuild(calls: Sequence[Call], image: Any) -> list[_Step]:
    """The chain once more on `image`, fused activations in a layer of their own."""
    operations: dict[tuple[int, Half], Any] = {}  # a layer may be called more than once
    steps: list[_Step] = []
    x = image
    for call in calls:
        for half in _halves(call.op):
            key = (id(call.op), half)
            if key not in operations:
                operations[key] = _operation(call.op, half, x)
            x = _apply(operations[key], call, half, x)
            steps.append(_Step(call, half, operations[key], x))
    return steps


def _halves(op: Any) -> tuple[Half, ...]:
    fused = isinstance(op, _SPLIT) and op.activation is not keras.activations.linear
    return ("linear", "activation") if fused else ("whole",)


def _operation(op: Any, half: Half, x: Any) -> Any:
    if half == "whole":
        return op
    if half == "activation":
        return keras.layers.Activation(op.activation, name=f"{op.name}.activation")
    linear = type(op).from_config({**op.get_config(), "activation": "linear"})
    linear.build(x.shape)
    linear.set_weights(op.get_weights())
    return linear


def _apply(operation: Any, call: Call, half: Half, x: Any) -> Any:
    if half != "whole":
        return operation(x)
    args, kwargs = keras.tree.map_structure(
        lambda leaf: x if isinstance(leaf, keras.KerasTensor) else leaf, (call.args, call.kwargs)
    )
    return operation(*args, **kwargs)


def _exposed(image: Any, steps: Sequence[_Step], ending: _Ending | None, reason: Message | None) -> Exposed:
    model = keras.Model(image, [step.output for step in steps], name=NETWORK)
    weights = _weights(model)
    refs = {id(variable): Weight(name, tuple(variable.shape)) for name, variable in weights.items()}
    names = Names(_TAKEN)
    rows = [_row(step, names.unique(_wanted(step)), refs) for step in steps[:-1]]
    rows.append(_row(steps[-1], OUTPUT, refs))
    cam = None
    if ending is not None:
        features = [row for row, step in zip(rows, steps, strict=True) if step.call is ending.maker][-1]
        # A chain's dense layer was made anew, under the same name.
        kernel, bias = _kernel_and_bias(model.get_layer(ending.head.op.name), refs)
        cam = None if kernel is None else Cam(features.name, kernel, bias)
    return Exposed(model, tuple(rows), weights, cam, reason)


def _weights(model: Any) -> dict[str, Any]:
    names = Names(_TAKEN)
    return {
        names.unique(f"{layer.name}/{variable.name}"): variable
        for layer in model.layers
        for variable in layer.variables
    }


def _row(step: _Step, name: str, refs: Mapping[int, Weight]) -> Layer:
    op, half = step.call.op, step.half
    activation = _activation(op, half)
    kernel, bias = (None, None) if half == "activation" else _kernel_and_bias(step.operation, refs)
    windows = half != "activation" and set(getattr(op, "dilation_rate", ())) <= {1}
    padding = getattr(op, "padding", None)
    return Layer(
        name=name,
        type=_kind(step),
        of=op.name if isinstance(op, keras.Layer) else name,
        activation=activation,
        shape=tuple(step.output.shape[1:]),
        kernel=kernel,
        bias=bias,
        strides=_pair(op, "strides") if windows else None,
        padding=padding if half != "activation" and padding in ("valid", "same") else None,
        pool=_pair(op, "pool_size"),
        scale=_scalar(op, "scale"),
        offset=_scalar(op, "offset"),
    )


def _kernel_and_bias(operation: Any, refs: Mapping[int, Weight]) -> tuple[Weight | None, Weight | None]:
    kernel, bias = (refs.get(id(getattr(operation, key, None))) for key in ("kernel", "bias"))
    return kernel, bias


def _pair(op: Any, key: str) -> tuple[int, int] | None:
    value = getattr(op, key, None)
    return value if isinstance(value, tuple) and len(value) == 2 else None


def _scalar(op: Any, key: str) -> float | None:
    """Of a Rescaling that does the same to every channel."""
    value = getattr(op, key, None)
    return value if isinstance(op, keras.layers.Rescaling) and isinstance(value, int | float) else None


def _activation(op: Any, half: Half = "whole") -> str | None:
    """The name of the function, where that is all there is."""
    kind = type(op).__name__
    if half == "activation" or isinstance(op, keras.layers.Activation):
        function = op.activation
        return str(_activation(function) if isinstance(function, keras.Layer) else function.__name__)
    if half == "linear":
        return None
    if isinstance(op, keras.layers.ReLU) and (op.negative_slope, op.threshold, op.max_value) == (0, 0, 6):
        return "relu6"
    if kind in _ACTIVATIONS:
        return _ACTIVATIONS[kind]
    # keras.ops.relu(x) and the like, in the graph as operations.
    return None if isinstance(op, keras.Layer) or not hasattr(keras.activations, _snake(kind)) else _snake(kind)


def _kind(step: _Step) -> str:
    call, kind = step.call, type(step.call.op).__name__
    if _activation(call.op, step.half) is not None:
        return "Activation"
    if kind == "Reshape" and len(call.output.shape) == 2 and len(call.inputs[0].shape) > 2:
        return "Flatten"  # exporters.inference writes it as a Reshape
    return kind


def _wanted(step: _Step) -> str:
    op = step.call.op
    flatten = not isinstance(op, keras.Layer) and _kind(step) == "Flatten"
    base = "flatten" if flatten else _base(op)
    if step.half == "activation":
        return f"{base}_{_activation(op, step.half)}"
    return LOGITS if base == OUTPUT else base


def _base(op: Any) -> str:
    """A layer's own name; operations are numbered by a counter that never starts again."""
    return str(op.name) if isinstance(op, keras.Layer) else _snake(type(op).__name__)


def _snake(kind: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()
