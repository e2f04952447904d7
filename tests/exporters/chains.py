"""Networks that are chains and networks that are none, for their layers to be looked at."""

from functools import cache

import numpy as np

from exporters.frameworks import keras
from exporters.source import ExportSource
from gemelo.preprocessing import Preprocessing
from tests.exporters import networks

L = keras.layers
LABELS = ["a", "b", "c"]
PREPROCESSING = Preprocessing(20, 16, 3)


def chain(*stack):
    """Layers one after the other, and a softmax."""
    image = x = keras.Input(PREPROCESSING.shape, name="image")
    for layer in stack:
        x = layer(x)
    return keras.Model(image, L.Dense(3, activation="softmax", name="probabilities")(x))


def averaged():
    return chain(
        L.Rescaling(1 / 128, -1),
        L.Conv2D(4, 3, strides=(2, 1), padding="same", use_bias=False),
        L.BatchNormalization(),
        L.ReLU(6),
        L.DepthwiseConv2D(3, depth_multiplier=2, activation="swish"),
        L.GlobalAveragePooling2D(),
        L.Dropout(0.5),
    )


def awkward():
    """Names that TensorFlow does not take, or that are somebody else's, and windows with holes."""
    return chain(
        L.Rescaling([1 / 255, 1 / 128, 1 / 64], name="Image"),
        L.Conv2D(4, 3, name="top>1", activation="relu"),
        L.Conv2D(4, 3, name="network", activation=L.LeakyReLU(0.3)),
        L.Conv2D(4, 3, dilation_rate=2, name="network_LEAKY_relu"),
        L.LayerNormalization(name="conv_1"),
        L.MaxPooling2D((2, 3), strides=1, padding="same"),
        L.Flatten(),
        L.Dense(5, name="logits", activation="elu"),
    )


def shared():
    """One layer called twice is still a chain."""
    twice = L.Conv2D(3, 3, padding="same", activation="relu", name="twice")
    return chain(L.Rescaling(1 / 255), twice, twice, L.Flatten())


def separate():
    """Operations instead of layers, and the softmax on its own."""
    image = keras.Input(PREPROCESSING.shape, name="image")
    x = keras.ops.relu(L.Conv2D(4, 3)(image / 255.0 - 0.5))
    x = L.Dense(3, name="dense")(L.GlobalAveragePooling2D()(x))
    return keras.Model(image, keras.ops.softmax(x))


def forked():
    """Residual, so no chain, with features that a fused activation makes."""
    image = keras.Input(PREPROCESSING.shape, name="image")
    x = L.Conv2D(4, 3, padding="same", activation="relu", name="stem")(L.Rescaling(1 / 255)(image))
    x = L.Add()([x, L.Conv2D(4, 3, padding="same")(x)])
    x = L.GlobalAveragePooling2D()(L.Conv2D(6, 3, activation="relu", name="top")(x))
    return keras.Model(image, L.Dense(3, activation="softmax")(x))


def recurrent():
    return chain(L.Reshape((16, 60)), L.GRU(2))


NETWORKS = {f.__name__: f for f in (averaged, awkward, shared, separate, forked, recurrent)}


@cache
def source_of(name: str) -> ExportSource:
    if name in networks.LABELS:
        return networks.source(name)
    keras.utils.clear_session()
    keras.utils.set_random_seed(3)
    noise = np.random.default_rng(3).integers(0, 256, (8, *PREPROCESSING.shape), dtype=np.uint8)
    return ExportSource.from_model(NETWORKS[name](), PREPROCESSING, LABELS, noise)
