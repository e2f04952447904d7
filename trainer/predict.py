"""Asking a Keras model: probabilities of many photos, one column for each class."""

from typing import Protocol

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from gemelo.progress import Step, say_nothing

from .augment.batch import Tensor

_MOST = 256
# What a network makes of a photo in its first layers is many times the photo: fewer at a time where they are larger.
_PLACES = _MOST * 64 * 64


class Images(Protocol):
    """Photos that are taken slice by slice: uint8 (n, h, w, c), in memory or on disk."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> NDArray[np.uint8]: ...


class Answer(Protocol):
    """A model that can be asked."""

    def __call__(self, images_u8: Images, done: Step = say_nothing) -> NDArray[np.float32]:
        """Float32 probabilities (n, classes) of uint8 (n, h, w, c); `done` is called for every batch."""
        ...


def answerer(model: keras.Model) -> Answer:
    """A function from uint8 (n, h, w, c) to float32 probabilities (n, classes), by the weights of the moment."""

    def ask(images_u8: Tensor) -> Tensor:
        return model(tf.cast(images_u8, tf.float32), training=False)

    run = tf.function(ask, input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)])

    height, width = model.input_shape[1:3]
    batch = min(_MOST, max(16, _PLACES // (height * width)))

    def answer(images_u8: Images, done: Step = say_nothing) -> NDArray[np.float32]:
        parts = []
        for i in range(0, len(images_u8), batch):
            parts.append(run(images_u8[i : i + batch]).numpy())
            done(len(parts[-1]))
        return columns(np.concatenate(parts))

    return answer


def columns(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """A sigmoid's p as [1 - p, p], computed in float32; a softmax as it is."""
    if probabilities.shape[1] > 1:
        return probabilities
    return np.concatenate([np.float32(1) - probabilities, probabilities], axis=1)
