"""Asking a Keras model: probabilities of many photos, one column for each class."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer.augment.batch import Tensor

Answer = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
_BATCH = 256


def answerer(model: keras.Model) -> Answer:
    """A function from uint8 (n, h, w, c) to float32 probabilities (n, classes), by the weights of the moment."""

    def ask(images_u8: Tensor) -> Tensor:
        return model(tf.cast(images_u8, tf.float32), training=False)

    run = tf.function(ask, input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)])

    def answer(images_u8: NDArray[np.uint8]) -> NDArray[np.float32]:
        parts = [run(images_u8[i : i + _BATCH]).numpy() for i in range(0, len(images_u8), _BATCH)]
        return columns(np.concatenate(parts))

    return answer


def columns(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """A sigmoid's p as [1 - p, p], computed in float32; a softmax as it is."""
    if probabilities.shape[1] > 1:
        return probabilities
    return np.concatenate([np.float32(1) - probabilities, probabilities], axis=1)
