"""Small models as people save them, each built in a moment, with weights that answer photos differently."""

from pathlib import Path
from typing import Any

import numpy as np

from importers.frameworks import keras, quiet, tf

layers = keras.layers
CODE = """
import keras

@keras.saving.register_keras_serializable("mine")
class Doubled(keras.layers.Layer):
    def call(self, x):
        return x * 2.0

@keras.saving.register_keras_serializable("mine")
class Net(keras.Model):
    def __init__(self, **more):
        super().__init__(**more)
        self.conv, self.pool = keras.layers.Conv2D(4, 3), keras.layers.GlobalMaxPooling2D()
        self.dense = keras.layers.Dense(2, activation="softmax")

    def call(self, x):
        return self.dense(self.pool(self.conv(x / 255.0)))
"""


def network(
    shape: tuple[int | None, ...] = (24, 32, 3),
    units: int = 3,
    activation: str | None = "softmax",
    before: Any = (),
    dtype: str = "float32",
) -> Any:
    """A convolution and a dense layer, between what comes before and its head."""
    keras.utils.set_random_seed(3)
    image = x = keras.Input(shape, dtype=dtype)
    for layer in before:
        x = layer(x)
    x = layers.Conv2D(6, 3, activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(image, layers.Dense(units, activation=activation)(x))
    spread(model)
    return model


def spread(model: Any) -> None:
    """Weights of a size that makes the answers differ from photo to photo."""
    rng = np.random.default_rng(5)
    for weight in model.weights:
        if len(weight.shape) > 1:
            weight.assign(rng.normal(0, 0.5, weight.shape).astype("float32"))


def transfer() -> Any:
    """As Keras's guide has it: augmentation, `preprocess_input` as operations, a model inside, a logit."""
    base = network((24, 24, 3), 5, "relu")
    image = keras.Input((24, 24, 3))
    x = layers.RandomRotation(0.1)(layers.RandomFlip("horizontal")(image))
    x = keras.applications.mobilenet_v2.preprocess_input(x)
    x = layers.Dropout(0.2)(base(x, training=False))
    return keras.Model(image, layers.Dense(1)(x))


def channels_first() -> Any:
    """With a branch, a concatenation and a flattening, which depend on the order of the axes."""
    keras.utils.set_random_seed(3)
    first: dict[str, Any] = {"data_format": "channels_first"}
    image = keras.Input((3, 24, 32))
    x = layers.Conv2D(4, 3, activation="relu", padding="same", **first)(image)
    x = layers.MaxPooling2D(2, **first)(layers.BatchNormalization(axis=1)(x))
    y = layers.ReLU()(layers.DepthwiseConv2D(3, padding="same", **first)(x))
    x = layers.Concatenate(axis=1)([layers.Add()([x, y]), y])
    model = keras.Model(image, layers.Dense(2, activation="softmax")(layers.Flatten(**first)(x)))
    spread(model)
    return model


def subclassed() -> Any:
    """A model with a class of its own, and the layer that it needs."""
    namespace: dict[str, Any] = {"__name__": "net"}
    exec(compile(CODE, "net.py", "exec"), namespace)
    model = namespace["Net"]()
    model(np.zeros((1, 24, 32, 3), "float32"))
    return model


class Plain(tf.Module):  # type: ignore[misc]
    """TensorFlow without Keras; gives logits."""

    def __init__(self) -> None:
        rng = np.random.default_rng(1)
        self.kernel = tf.Variable(rng.normal(size=(3, 3, 3, 4)).astype("float32"))
        self.dense = tf.Variable(rng.normal(size=(4, 3)).astype("float32"))

    @tf.function(input_signature=[tf.TensorSpec((None, 24, 32, 3), tf.float32)])  # type: ignore[untyped-decorator]
    def __call__(self, image: Any) -> Any:
        x = tf.nn.conv2d((image - 127.5) / 127.5, self.kernel, 2, "SAME")
        return {"logits": tf.reduce_mean(x, (1, 2)) @ self.dense}


def plain(folder: Path) -> Path:
    model = Plain()
    tf.saved_model.save(model, str(folder), signatures=model.__call__)
    return folder


def saved(model: Any, path: Path) -> Path:
    """Save a Keras model: by its suffix as a file, without one as a SavedModel."""
    with quiet():
        model.save(path) if path.suffix else model.export(path, verbose=False)
    return path
