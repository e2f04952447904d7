"""Asking a model in batches, compiled once for each size."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .frameworks import tf
from .loaded import Answer

_BATCH = 32


def answerer(call: Any) -> Answer:
    """A function from float32 (n, h, w, c) to float32 (n, outputs), by one of TensorFlow's tensors."""
    run = tf.function(call, autograph=False, reduce_retracing=True)

    def answer(images: NDArray[np.float32]) -> NDArray[np.float32]:
        parts = [run(tf.constant(images[i : i + _BATCH])).numpy() for i in range(0, len(images), _BATCH)]
        return np.concatenate(parts).astype(np.float32)

    return answer
