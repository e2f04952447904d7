"""Give an 8-bit network its image as it is: one step of its first tensor is one level of the photo.

A network begins with its scaling: `x / 127.5 - 1`, or a mean and a deviation for each channel. A converter to 8 bits
quantizes what comes out of each of these operators; where a step of that is wider than a level of the photo, levels are
lost (TFLite's lost a third). Here the scaling goes into the first convolution. What is left before it is the photo less
a whole number, and with it 256 steps hold 256 levels.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..frameworks import keras
from ..inference import INPUT, Call, record
from ..nested import inlined
from ..source import ExportSource

_CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
_PADDING = (keras.layers.ZeroPadding2D,)
_TOLERANCE = 1e-5  # of what the scaling makes, on its whole range


@dataclass(frozen=True)
class _Scaling:
    """What stands before the first convolution: channel c of it is `factors[c] * image[..., sources[c]] + offsets[c]`.

    Attributes:
        factors, offsets: float64 (channels,).
        sources: (channels,), the image's channels that they are made of.
    """

    factors: NDArray[np.float64]
    offsets: NDArray[np.float64]
    sources: NDArray[np.int64]

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        """Of images (n, h, w, channels)."""
        return images[..., self.sources].astype(np.float64) * self.factors + self.offsets


def exact_input(source: ExportSource) -> ExportSource:
    """The same source, its scaling in its first convolution; as it is where it does not begin so.

    At the borders of a padded convolution the answers differ by what half a level of the photo makes there, if the
    scaling's middle is no whole number: padding is the middle.
    """
    calls = record(source.model, source.preprocessing.shape)
    found = _beginning(calls)
    if found is None:
        return source
    scaled, padding, convolution = found
    scaling = _scaling(calls[0].inputs[0], scaled, source.preprocessing.shape)
    turned = scaling is not None and (np.diff(scaling.sources) < 0).any()
    if scaling is None or (turned and isinstance(convolution.op, keras.layers.DepthwiseConv2D)):
        return source
    return replace(source, model=_rebuilt(source, calls, padding, convolution, scaling))


def _beginning(calls: list[Call]) -> tuple[Any, list[Call], Call] | None:
    """The tensor that the first convolution's padding reads, that padding, and that convolution, of a plain chain."""
    readers = Counter(id(tensor) for call in calls for tensor in call.inputs)
    times = Counter(id(call.op) for call in calls)
    reading = {id(call.inputs[0]): call for call in calls if len(call.inputs) == 1}
    tensor, padding = calls[0].inputs[0], list[Call]()
    scaled = tensor
    while readers[id(tensor)] == 1 and (call := reading.get(id(tensor))) is not None:
        if isinstance(call.op, _CONVOLUTIONS):
            usable = call.op.use_bias and times[id(call.op)] == 1 and scaled is not calls[0].inputs[0]
            return (scaled, padding, call) if usable else None
        tensor = call.output
        padding = [*padding, call] if isinstance(call.op, _PADDING) else []
        scaled = scaled if padding else tensor
    return None


def _scaling(image: Any, scaled: Any, shape: tuple[int, int, int]) -> _Scaling | None:
    """The scaling that makes `scaled` of `image`, if each of its channels is one of the image's, times and plus."""
    if tuple(scaled.shape[1:3]) != shape[:2] or scaled.shape[-1] != shape[2]:
        return None
    run = keras.Model(image, scaled)
    channels = np.arange(shape[2])
    probes = np.concatenate([np.zeros((1, 1, 1, shape[2])), 255 * np.eye(shape[2])[:, None, None]]).astype(np.float32)
    black, *bright = np.asarray(run(np.broadcast_to(probes, (len(probes), *shape))), np.float64)[:, 0, 0]
    rises = (np.array(bright) - black) / 255  # rows are the image's channels
    sources = np.abs(rises).argmax(axis=0)
    found = _Scaling(rises[sources, channels], black, sources)
    noise = np.random.default_rng(0).integers(0, 256, (2, *shape)).astype(np.float32)
    made, wide = np.asarray(run(noise)), 255 * np.abs(found.factors).max()
    near = np.abs(found(noise) - made).max() <= _TOLERANCE * wide
    return found if near and sorted(sources) == list(channels) and (found.factors != 0).all() else None


def _rebuilt(source: ExportSource, calls: list[Call], padding: list[Call], first: Call, scaling: _Scaling) -> Any:
    middle = np.round(-scaling.offsets / scaling.factors).clip(0, 255)
    levels = np.zeros(len(middle), np.float32)
    levels[scaling.sources] = middle
    image = keras.Input(source.preprocessing.shape, name=INPUT)
    x = keras.ops.subtract(image, levels if np.ptp(levels) else levels[:1])
    for call in padding:
        x = type(call.op).from_config(call.op.get_config())(x)
    convolution = type(first.op).from_config(first.op.get_config())
    x = convolution(x)
    convolution.set_weights(_weights(first.op, scaling, scaling.offsets + scaling.factors * middle))
    return inlined(keras.Model(image, keras.Model(first.output, calls[-1].output)(x), name=source.model.name))


def _weights(layer: Any, scaling: _Scaling, rest: NDArray[np.float64]) -> list[NDArray[np.float32]]:
    """Kernel and bias for the image less its middle; `rest` (channels,) is what the scaling makes of the middle."""
    kernel, bias = (np.asarray(value, np.float64) for value in layer.get_weights())
    moved = kernel.sum(axis=(0, 1)) * rest[:, None]  # (channels, outputs or multiplier)
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    bias = bias + (moved.reshape(-1) if depthwise else moved.sum(axis=0))
    turned = np.zeros_like(kernel)
    turned[:, :, scaling.sources] = kernel * scaling.factors[:, None]
    return [turned.astype(np.float32), bias.astype(np.float32)]
