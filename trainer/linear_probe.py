"""The frozen phase: the head alone learns, on features that are worked out once.

A head that begins at random pushes its noise through the network below it and spoils what was learned there (Kumar et
al. 2022, "Fine-tuning can distort pretrained features and underperform out-of-distribution"). It sees the photos as
they are, so one forward pass is all that it costs: a third of an epoch.
"""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from gemelo.progress import Step

from . import metrics
from .augment.batch import Tensor
from .photos import Photos

_BATCH = 64
_RIDGE = 0.1  # on features of unit variance; 0.03 to 1 differ by two thousandths on cats against dogs
_STEPS = 500
_SILENT = np.float32(0.01)

Matrix = NDArray[np.float32]


def learn_head(found: Matrix, targets: Matrix, ridge: float = _RIDGE, rows: Matrix | None = None) -> list[Matrix]:
    """Kernel and bias of the head that fits frozen features best: logistic regression.

    Args:
        found: Of the training split (n, features); see `features`.
        targets: float32 (n, 1) or (n, classes).
        ridge: How much weights cost, on features of unit variance.
        rows: The weight of each photo (n,), 1 on average; None where all count alike.
    """
    mean, deviation = found.mean(0), found.std(0)
    # A feature that is almost always silent would drown the others where it speaks for once.
    deviation = np.maximum(deviation, max(_SILENT * deviation.max(), 1e-6))
    weights = _fit(
        (found - mean) / deviation, targets, ridge, np.ones(len(found), np.float32) if rows is None else rows
    )
    kernel = weights[:-1] / deviation[:, None]
    return [kernel, weights[-1] - mean @ kernel]


def fitness(found: Matrix, head: Sequence[Matrix], targets: Matrix) -> tuple[float, float]:
    """(log-loss, accuracy) of a head on the features that it learned from.

    Args:
        found, targets: As `learn_head` had them.
        head: Kernel and bias.
    """
    logits = found @ head[0] + head[1]
    if targets.shape[1] == 1:
        logits, targets = np.c_[np.zeros_like(logits), logits], np.c_[1 - targets, targets]
    answers = np.asarray(tf.nn.softmax(logits))
    labels = targets.argmax(1)
    return metrics.log_loss(answers, labels), metrics.accuracy(answers, labels)


def features(model: keras.Model, photos: Photos, done: Step) -> Matrix:
    """What reaches the head of a network, float32 (n, features).

    Args:
        model: Its last layer is the head.
        photos: Asked about.
        done: Told of every photo looked at.
    """
    below = keras.Model(model.input, model.layers[-1].input)
    run = tf.function(
        lambda images_u8: below(tf.cast(images_u8, tf.float32), training=False),
        input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)],
    )
    parts = []
    for start in range(0, len(photos.rows), _BATCH):
        rows = photos.rows[start : start + _BATCH]
        parts.append(run(photos.source_u8[rows]).numpy())
        done(len(rows))
    return np.concatenate(parts)


def _fit(found: Matrix, targets: Matrix, ridge: float, rows: Matrix) -> Matrix:
    """Weights (features + 1, units), bias last, by Nesterov's method (1983) with the step that the features allow."""
    inputs = tf.constant(np.c_[found, np.ones(len(found), np.float32)])
    held = tf.constant(np.r_[np.full(found.shape[1], ridge, np.float32), np.float32(0)][:, None])
    return np.asarray(_descend(inputs, tf.constant(targets), held, tf.constant(rows[:, None])).numpy())


@tf.function  # type: ignore[untyped-decorator]
def _descend(inputs: Tensor, targets: Tensor, ridge: Tensor, rows: Tensor) -> Tensor:
    count, units = tf.cast(tf.shape(inputs)[0], tf.float32), tf.shape(targets)[1]
    weights = tf.zeros((tf.shape(inputs)[1], units))
    ahead, rate = weights, 1 / (0.5 * _largest(inputs * tf.sqrt(rows)) / count + tf.reduce_max(ridge))
    for step in tf.range(_STEPS):
        answers = inputs @ ahead
        answers = tf.sigmoid(answers) if targets.shape[1] == 1 else tf.nn.softmax(answers)
        slope = tf.matmul(inputs, rows * (answers - targets), transpose_a=True) / count + ridge * ahead
        follower = ahead - rate * slope
        momentum = tf.cast(step, tf.float32) / tf.cast(step + 3, tf.float32)
        ahead, weights = follower + momentum * (follower - weights), follower
    return weights


def _largest(inputs: Tensor) -> Tensor:
    """The largest eigenvalue of inputs' inputs, by the power method: how curved the loss can be."""
    direction = tf.ones((tf.shape(inputs)[1], 1))
    for _ in range(20):
        direction = tf.math.l2_normalize(tf.matmul(inputs, inputs @ direction, transpose_a=True))
    # A little more: the power method comes to it from below.
    return 1.1 * tf.reduce_sum(tf.square(inputs @ direction))
