"""TensorFlow and Keras, imported once and without their greetings."""

import os

from gemelo.errors import MissingDependencyError

from .quiet import quiet

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

try:
    with quiet():
        import keras
        import tensorflow as tf
except ModuleNotFoundError as exc:
    raise MissingDependencyError(str(exc.name), "pip install 'gemelo[train]'") from exc

tf.get_logger().setLevel("ERROR")  # its deprecations are the converters' business

__all__ = ["keras", "tf"]
