"""The frozen phase: the head alone learns, on features that are worked out once.

A head that begins at random pushes its noise through the network below it and spoils what was learned there (Kumar et
al. 2022, "Fine-tuning can distort pretrained features and underperform out-of-distribution"). It sees the photos as
they are, so one forward pass is all that it costs: a third of an epoch.
"""

import math
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from gemelo import metrics
from gemelo.decisions import top1
from gemelo.progress import Step
from gemelo.store.files import storage_errors

from .photos import Photos

_BATCH = 64
_RIDGE = 0.1  # on features of unit variance; 0.03 to 1 differ by two thousandths on cats against dogs
_STEPS = 500
_FLAT = 1e-5  # a slope that is no steeper is none: probabilities are then within 1e-4 of the minimum's
_SILENT = np.float32(0.01)
_NUMBERS = 1 << 24  # that are worked on at once, 64 MB: however many photos and classes there are

Matrix = NDArray[np.float32]


class Rows(Protocol):
    """Rows of a matrix (n, columns) of which a slice is made, or read from disk, when it is asked for."""

    def __getitem__(self, part: slice, /) -> Matrix: ...


def learn_head(found: Matrix, targets: Rows, ridge: float = _RIDGE, rows: Matrix | None = None) -> list[Matrix]:
    """Kernel and bias of the head that fits frozen features best: logistic regression.

    Args:
        found: Of the training split (n, features); see `features`.
        targets: float32 (n, 1) or (n, classes).
        ridge: How much weights cost, on features of unit variance.
        rows: The weight of each photo (n,), 1 on average; None where all count alike.
    """
    mean, deviation = _scale(found)
    weights = np.ones(len(found), np.float32) if rows is None else rows
    return _Regression(found, targets, weights, mean, deviation, np.float32(ridge)).solve()


def fitness(found: Matrix, head: Sequence[Matrix], targets: Rows) -> tuple[float, float]:
    """(log-loss, accuracy) of a head on the features that it learned from.

    Args:
        found, targets: As `learn_head` had them.
        head: Kernel and bias.
    """
    sums = np.zeros(2)
    for part in _parts(found, len(head[1])):
        answers, wanted = _squashed(found[part] @ head[0] + head[1]), targets[part]
        if wanted.shape[1] == 1:
            answers, wanted = np.c_[1 - answers, answers], np.c_[1 - wanted, wanted]
        labels = top1(wanted)
        sums += len(labels) * np.array([metrics.log_loss(answers, labels), metrics.accuracy(answers, labels)])
    loss, accuracy = (sums / len(found)).tolist()
    return loss, accuracy


def features(model: keras.Model, photos: Photos, done: Step, folder: Path | None = None) -> Matrix:
    """What reaches the head of a network, float32 (n, features), in a file without a name that ends with the process.

    Args:
        model: Its last layer is the head.
        photos: Asked about.
        done: Told of every photo looked at.
        folder: Where the file is made; the system's own for temporary files unless given.

    Raises:
        StorageError: The disk is full or may not be written to.
    """
    width, folder = model.layers[-1].input.shape[-1], folder or Path(tempfile.gettempdir())
    with storage_errors(folder, "the variable GEMELO_CACHE"), tempfile.TemporaryFile(dir=folder) as stream:
        for part in each_features(model, photos, done):
            stream.write(part.tobytes())
        stream.flush()
        return np.memmap(stream, np.float32, "r", shape=(len(photos.rows), width))


def each_features(model: keras.Model, photos: Photos, done: Step) -> Iterator[Matrix]:
    """The same, some photos at a time."""
    below = keras.Model(model.input, model.layers[-1].input)
    run = tf.function(
        lambda images_u8: below(tf.cast(images_u8, tf.float32), training=False),
        input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)],
    )
    for start in range(0, len(photos.rows), _BATCH):
        rows = photos.rows[start : start + _BATCH]
        yield run(photos.source_u8[rows]).numpy()
        done(len(rows))


class _Regression:
    """Logistic regression on features as they would be with mean 0 and variance 1, without a copy of them.

    The bias is learned as the weight of one more feature, as large as the features together: then it moves as fast as
    they do (a bias of 1 was still on its way after 500 steps).
    """

    def __init__(
        self, found: Matrix, targets: Rows, rows: Matrix, mean: Matrix, deviation: Matrix, ridge: np.float32
    ) -> None:
        self.found, self.targets, self.rows = found, targets, rows
        self.mean, self.deviation = mean, deviation
        self.units = targets[:1].shape[1]
        largest = self._largest()
        self.constant = np.float32(math.sqrt(largest))
        self.ridge = np.r_[np.full(found.shape[1], ridge, np.float32), np.float32(0)][:, None]
        curved = 0.5 * largest + ridge
        self.rate = np.float32(1 / curved)
        narrow = math.sqrt(ridge / curved)
        self.momentum = np.float32((1 - narrow) / (1 + narrow))

    def solve(self) -> list[Matrix]:
        """Kernel and bias at the minimum, by Nesterov's method for strongly convex functions (2004, section 2.2)."""
        weights = ahead = np.zeros((self.found.shape[1] + 1, self.units), np.float32)
        for _ in range(_STEPS):
            slope = self._slope(ahead)
            follower = ahead - self.rate * slope
            ahead, weights = follower + self.momentum * (follower - weights), follower
            if np.abs(slope).max() <= _FLAT:
                break
        return list(self._head(weights))

    def _head(self, weights: Matrix) -> tuple[Matrix, Matrix]:
        """Kernel and bias for the features as they are."""
        kernel = weights[:-1] / self.deviation[:, None]
        return kernel, self.constant * weights[-1] - self.mean @ kernel

    def _slope(self, weights: Matrix) -> Matrix:
        kernel, bias = self._head(weights)
        slope = np.zeros((len(weights), self.units))
        for part in _parts(self.found, self.units):
            wrong = _squashed(self.found[part] @ kernel + bias)
            wrong -= self.targets[part]
            wrong *= self.rows[part, None]
            slope[:-1] += self.found[part].T @ wrong
            slope[-1] += wrong.sum(0)
        slope[:-1] = (slope[:-1] - np.outer(self.mean, slope[-1])) / self.deviation[:, None]
        slope[-1] *= self.constant
        means: Matrix = (slope / len(self.found)).astype(np.float32)
        return means + np.asarray(self.ridge * weights, np.float32)

    def _largest(self) -> float:
        """The largest eigenvalue of the features' covariance, by the power method: how curved the loss can be."""
        direction = np.ones(self.found.shape[1])
        length = 1.0
        for _ in range(20):
            direction /= np.linalg.norm(direction)
            kernel = (direction / self.deviation).astype(np.float32)
            turned = np.zeros(len(direction))
            for part in _parts(self.found, 1):
                along = (self.found[part] @ kernel - self.mean @ kernel) * self.rows[part]
                turned += self.found[part].T @ along - self.mean * along.sum()
            direction = turned / self.deviation / len(self.found)
            length = float(np.linalg.norm(direction))
        # A little more: the power method comes to it from below. The constant has the photos' mean weight.
        return 1.1 * length


def _parts(found: Matrix, units: int) -> Iterator[slice]:
    """Slices of the photos, of which features and answers together are `_NUMBERS`."""
    size = max(1, _NUMBERS // (found.shape[1] + units))
    return (slice(start, min(start + size, len(found))) for start in range(0, len(found), size))


def _scale(found: Matrix) -> tuple[Matrix, Matrix]:
    """Mean and deviation of each feature."""
    mean = sum(found[part].sum(0, np.float64) for part in _parts(found, 1)) / len(found)
    squares = sum(np.square(found[part] - mean).sum(0) for part in _parts(found, 2 * found.shape[1]))
    deviation = np.sqrt(squares / len(found)).astype(np.float32)
    # A feature that is almost always silent would drown the others where it speaks for once.
    return np.asarray(mean, np.float32), np.maximum(deviation, max(_SILENT * deviation.max(), np.float32(1e-6)))


def _squashed(logits: Matrix) -> Matrix:
    """Probabilities: a sigmoid of one unit, else a softmax; in place."""
    if logits.shape[1] == 1:
        np.negative(logits, out=logits)
        with np.errstate(over="ignore"):
            np.exp(logits, out=logits)
        logits += 1
        return np.reciprocal(logits, out=logits)
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits
