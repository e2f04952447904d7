"""ImageNet weights of `keras.applications`: fetched by Keras itself, once, where there is a network."""

from collections.abc import Iterator

import keras
import numpy as np
from numpy.typing import NDArray

from gemelo.errors import WeightsError

from ..architectures._keras import PREFIX, wants_bgr

PACKAGE = "keras"
_SHAPE = (224, 224, 3)  # that of ImageNet; a backbone's weights do not depend on it


def load(model: keras.Model) -> None:
    """Put the weights into a fresh network, its head left as it is.

    Raises:
        WeightsError: They cannot be fetched, or do not fit.
    """
    name = model.name
    try:
        source = getattr(keras.applications, name)(include_top=False, weights="imagenet", input_shape=_SHAPE)
    except Exception as exc:  # Keras raises a bare Exception where it cannot fetch
        raise WeightsError(
            f"{PREFIX}{name}: Keras cannot get the ImageNet weights: {exc}",
            hint="it keeps them in ~/.keras once they were fetched; --from-scratch trains without",
        ) from exc
    fill(model, source)


def fill(model: keras.Model, source: keras.Model) -> None:
    """Copy the weights of one backbone into another, layer by layer.

    Raises:
        WeightsError: They are not the same network.
    """
    own, theirs = list(_weighted(model)), list(_weighted(source))
    shapes = [[[weight.shape for weight in layer.weights] for layer in layers] for layers in (own, theirs)]
    if shapes[0] != shapes[1]:
        raise WeightsError(f"{PREFIX}{model.name}: Keras's weights are those of another network")
    for layer, other in zip(own, theirs, strict=True):
        layer.set_weights(other.get_weights())
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    first = next(layer for layer in own if isinstance(layer, keras.layers.Conv2D))
    kernel, *bias = first.get_weights()
    kernel = kernel * _late_scale(model, source)[:, None]
    first.set_weights([kernel[:, :, ::-1] if wants_bgr(model.name) else kernel, *bias])


def _weighted(model: keras.Model) -> Iterator[keras.Layer]:
    return (layer for layer in model.layers if layer.weights and layer.name != "probabilities")


def _late_scale(model: keras.Model, source: keras.Model) -> NDArray[np.float32]:
    """What the source scales its input by beyond what the network itself does, for each color.

    EfficientNet has one layer of `Rescaling` more with weights than without; where the scaling is ours, it has none.
    """
    found = [
        np.prod([np.broadcast_to(np.asarray(layer.scale, np.float32), 3) for layer in layers], axis=0)
        for layers in (
            [layer for layer in m.layers if isinstance(layer, keras.layers.Rescaling)] for m in (model, source)
        )
        if layers
    ]
    return np.asarray(found[1] / found[0] if len(found) == 2 else np.ones(3), np.float32)
