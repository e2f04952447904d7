"""Models that are no Keras 3 models, as the SavedModels that a run has of them."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from exporters.frameworks import keras, tf
from gemelo.store.run import MODEL, SAVED_MODEL, Run, write_run

L = keras.layers
SHAPE = (24, 20, 3)


def save(folder: Path, call: Callable, shape=SHAPE, ends=("image", "probabilities"), owner=None) -> Path:
    """A SavedModel of a function of images."""
    module = tf.Module()
    module.owner = owner
    spec = tf.TensorSpec((None, *shape), tf.float32, name=ends[0])
    module.serve = tf.function(lambda **given: {ends[1]: call(given[ends[0]])}, autograph=False)
    signature = module.serve.get_concrete_function(**{ends[0]: spec})
    tf.saved_model.save(module, str(folder), signatures={"serving_default": signature})
    return folder


def saved_run(run: Run, root: Path, call: Callable, owner=None) -> Run:
    """A copy of a run with a SavedModel in the place of its Keras model."""
    shutil.copytree(run.path, root)
    (root / MODEL).unlink()
    save(root / SAVED_MODEL, call, run.preprocessing.shape, owner=owner)
    return write_run(root, run.manifest)


def module(folder: Path) -> Path:
    """Plain TensorFlow: a convolution, a batch norm, a pooling, a dense layer, a swish; means of the photos' colors."""
    owner, rng = tf.Module(), np.random.default_rng(1)

    def variable(*shape):
        return tf.Variable(rng.normal(0, 0.3, shape).astype(np.float32))

    owner.kernel, owner.bias, owner.dense = variable(3, 3, 3, 8), variable(8), variable(120, 3)
    owner.norm = [tf.Variable(rng.uniform(0.5, 1.5, 8).astype(np.float32)) for _ in range(4)]

    def call(image):
        x = (image - np.array([123.0, 117.0, 104.0], np.float32)) / 58.0
        x = tf.nn.conv2d(x, owner.kernel, [1, 2, 2, 1], "SAME") + owner.bias
        x = tf.nn.swish(tf.compat.v1.nn.fused_batch_norm(x, *owner.norm, is_training=False)[0])
        x = tf.nn.max_pool2d(tf.pad(x, [[0, 0], [1, 1], [0, 0], [0, 0]]), 3, 3, "SAME")
        return tf.nn.softmax(tf.reshape(x, [-1, 5 * 4 * 8])[:, :120] @ owner.dense)

    return save(folder, call, owner=owner)


class Subclassed(keras.Model):
    """A model that is Python code."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = L.Conv2D(8, 3, strides=2, activation="relu", bias_initializer="normal")
        self.norm = L.BatchNormalization(moving_mean_initializer="normal", beta_initializer="normal")
        self.drop, self.head = L.Dropout(0.5), L.Dense(3)

    def call(self, images, training=False):
        x = self.norm(self.stem(images / 255.0), training=training)
        for size in (2, 3):
            x = tf.nn.avg_pool2d(x, size, 1, "SAME") + x
        return tf.nn.softmax(self.head(self.drop(keras.ops.mean(x, axis=(1, 2)), training=training)))


def subclassed(folder: Path) -> Path:
    keras.utils.set_random_seed(1)
    model = Subclassed()
    return save(folder, lambda image: model(image, training=False), owner=model)


def _norm(axis: int = -1):
    return L.BatchNormalization(
        axis=axis, moving_mean_initializer="normal", beta_initializer="normal", gamma_initializer="he_uniform"
    )


def mobile(folder: Path) -> Path:
    """Inverted residuals, as in MobileNetV2, and its head for two classes: a logit."""
    keras.utils.set_random_seed(2)
    image = keras.Input(SHAPE)
    x = L.ReLU(6)(_norm()(L.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(L.Rescaling(1 / 127.5, -1)(image))))
    for _ in range(2):
        y = L.ReLU(6)(_norm()(L.Conv2D(24, 1, use_bias=False)(x)))
        y = L.ReLU(6)(_norm()(L.DepthwiseConv2D(3, padding="same", use_bias=False)(y)))
        x = L.Add()([x, _norm()(L.Conv2D(8, 1, use_bias=False)(y))])
    x = L.GlobalAveragePooling2D()(L.Conv2D(12, 1, activation="gelu")(x))
    model = keras.Model(image, L.Dense(1)(L.Dropout(0.2)(x)))

    def call(image):
        logit = model(image, training=False)
        return tf.sigmoid(tf.concat([-logit, logit], axis=-1))

    return save(folder, call, owner=model)


def channels_first(folder: Path) -> Path:
    """Channels before height and width in everything that asks where they are."""
    keras.utils.set_random_seed(3)
    image, where = keras.Input((3, *SHAPE[:2])), {"data_format": "channels_first"}
    x = L.ReLU()(_norm(1)(L.Conv2D(8, 3, strides=2, padding="same", **where)(L.Rescaling(1 / 255)(image))))
    y = L.DepthwiseConv2D(3, padding="same", activation="relu", **where)(x)
    x = L.Add()([x, L.Conv2D(8, 1, bias_initializer="normal", **where)(y)])
    x = L.Concatenate(axis=1)([x, L.Conv2D(4, 3, padding="same", activation="swish", **where)(x)])
    x = L.MaxPooling2D(**where)(L.ZeroPadding2D(((1, 0), (0, 1)), **where)(x))
    x = L.Flatten(**where)(L.AveragePooling2D(2, padding="same", **where)(x))
    model = keras.Model(image, L.Dense(3, activation="softmax")(L.Dense(8, activation="elu")(x)))
    return save(folder, lambda image: model(tf.transpose(image, (0, 3, 1, 2)), training=False), owner=model)


_LEGACY = f"""
import sys, tensorflow as tf, tf_keras as keras
L = keras.layers
keras.utils.set_random_seed(4)
norm = lambda: L.BatchNormalization(moving_mean_initializer="normal", beta_initializer="normal")
body = keras.Sequential([L.Conv2D(8, 3, activation="relu", input_shape={SHAPE}), norm(), L.RandomFlip(),
                         L.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False), norm(), L.ReLU(6.0)], name="body")
head = keras.Sequential([L.GlobalAveragePooling2D(), L.Dropout(0.2), L.Dense(8, activation="gelu"),
                         L.Dense(3, activation="softmax")], name="head")
model = keras.Sequential([L.Rescaling(1 / 127.5, offset=-1), body, head])
model.build((None, *{SHAPE}))
module = tf.Module()
module.model = model
module.serve = tf.function(lambda image: {{"probabilities": model(image, training=False)}}, autograph=False,
                           input_signature=[tf.TensorSpec((None, *{SHAPE}), tf.float32, name="image")])
tf.saved_model.save(module, sys.argv[1], signatures={{"serving_default": module.serve.get_concrete_function()}})
"""


def legacy(folder: Path) -> Path:
    """A Sequential of Sequentials in Keras 2, which Keras 3 cannot load."""
    made = subprocess.run([sys.executable, "-c", _LEGACY, str(folder)], check=False, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr[-2000:]
    return folder


MODELS = {maker.__name__: maker for maker in (module, subclassed, mobile, channels_first, legacy)}
LABELS = {name: ["no", "yes"] if name == "mobile" else ["a", "b", "c"] for name in MODELS}
