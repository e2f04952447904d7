"""TensorFlow and Keras, imported once and without their greetings."""

import contextlib
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator

from gemelo.errors import MissingDependencyError
from gemelo.installed import INSTALL_TRAIN

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what TensorFlow writes to file descriptors 1 and 2 to nowhere, and drop Python's warnings."""
    with tempfile.TemporaryFile() as log, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sys.stdout.flush()
        sys.stderr.flush()
        kept = [os.dup(1), os.dup(2)]
        try:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for own, descriptor in enumerate(kept, 1):
                os.dup2(descriptor, own)
                os.close(descriptor)


try:
    with quiet():
        import keras
        import tensorflow as tf
except ModuleNotFoundError as exc:
    raise MissingDependencyError(str(exc.name), INSTALL_TRAIN) from exc

tf.get_logger().setLevel("ERROR")

__all__ = ["keras", "quiet", "tf"]
