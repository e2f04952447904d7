"""A network while it learns: one step, many steps in one call, and all that a checkpoint must hold."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import cast

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from .augment import augment
from .augment.batch import Tensor
from .augment.outliers import is_even
from .balance import class_weights
from .batches import Chunk, Feed
from .defaults import Defaults
from .distillation import Ensemble, Loss, distilled, seen_at
from .distributed import Workers
from .fused import fused, resized
from .teacher_cache import Lessons

Arrays = dict[str, NDArray[np.generic]]
_Steps = tuple[Tensor, Tensor, Tensor]


class Learner:
    """Model, optimizer, and the average of the weights where one is kept.

    Args:
        model: A fresh network.
        settings: Of the training.
        feed: What it learns from.
        teacher: Asked about the same photos, where there is one.
        workers: That learn together; they must be at work (`strategy.scope()`) when this is made and used.
    """

    def __init__(
        self,
        model: keras.Model,
        settings: Defaults,
        feed: Feed,
        teacher: Ensemble | None = None,
        workers: Workers | None = None,
    ) -> None:
        model = fused(model, frozen=settings.frozen_norm, precision=settings.precision)
        self.model, self.settings, self._feed = model, settings, feed
        self._networks: dict[tuple[int, int], keras.Model] = {model.input_shape[1:3]: model}
        self._binary = model.output_shape[-1] == 1
        weights = class_weights(feed.targets.labels, feed.targets.classes) if settings.balance else None
        self._loss = _loss(self._binary, settings.label_smoothing, weights)
        self._teacher = teacher
        self._distilled = distilled(
            self._loss, weight=settings.teacher_weight, temperature=settings.teacher_temperature
        )
        self._optimizer = _optimizer(settings)
        self._optimizer.build(model.trainable_variables)
        self._learners: dict[tuple[tuple[int, int], bool], Callable[..., _Steps]] = {}
        self._workers = workers or Workers()
        self._lessons = Lessons(feed, teacher.units if teacher else 0)
        self._average = [tf.Variable(w.value) for w in model.weights] if settings.ema else []

    @property
    def step(self) -> int:
        """Steps taken so far, over all epochs."""
        return int(self._optimizer.iterations.numpy())

    @property
    def rate(self) -> float:
        """The learning rate of the last step."""
        return float(self._optimizer.learning_rate.numpy())

    def shape(self, epoch: int) -> tuple[int, int]:
        """(height, width) of the photos that an epoch sees; epochs are counted from 1."""
        height, width = self.model.input_shape[1:3]
        if epoch > round(self.settings.early_epochs * self.settings.epochs):
            return height, width
        scale = self.settings.early_size
        return round(height * scale), round(width * scale)

    def learn(self, chunk: Chunk, shape: tuple[int, int]) -> tuple[float, float]:
        """Take the steps of a chunk.

        Args:
            chunk: Its photos.
            shape: (height, width) at which they are seen.

        Returns:
            The sum of the steps' losses, and how many photos were right.
        """
        first, count = self.step, len(chunk.images_u8)
        rates = [learning_rate(self.settings, first + i, self._feed.steps) for i in range(count)]
        seeds, lessons = self._feed.seeds(first, count), self._lessons
        taught, known = lessons.recall(seeds)
        if (shape, known) not in self._learners:
            self._learners[shape, known] = self._trace(chunk, shape, known=known)
        take_steps = self._learners[shape, known]
        loss, right, answers = take_steps(chunk.images_u8, chunk.targets, seeds, tf.constant(rates, tf.float32), taught)
        if not known:
            lessons.note(seeds, answers.numpy())
        return float(loss), float(right)

    def _trace(self, chunk: Chunk, shape: tuple[int, int], *, known: bool) -> Callable[..., _Steps]:
        """One graph for chunks of any length: building it takes seconds."""
        signature = [
            tf.TensorSpec((None, *chunk.images_u8.shape[1:]), tf.uint8),
            tf.TensorSpec((None, *chunk.targets.shape[1:]), tf.float32),
            tf.TensorSpec((None,), tf.int64),
            tf.TensorSpec((None,), tf.float32),
            tf.TensorSpec((None, *self._lessons.shape), tf.float32),
        ]
        steps = partial(self._take_steps, partial(self._replica_step, shape, known))
        return cast("Callable[..., _Steps]", tf.function(steps, signature))

    def _take_steps(
        self,
        step: Callable[..., _Steps],
        images_u8: Tensor,
        targets: Tensor,
        seeds: Tensor,
        rates: Tensor,
        taught: Tensor,
    ) -> _Steps:
        losses, right, count = tf.constant(0.0), tf.constant(0.0), tf.shape(rates)[0]
        answers = tf.TensorArray(tf.float32, count)
        for i in tf.range(count):
            self._optimizer.learning_rate.assign(rates[i])
            loss, correct, answer = self._workers.run(step, seeds[i], images_u8[i], targets[i], taught[i])
            self._update_average()
            losses, right, answers = losses + loss, right + correct, answers.write(i, answer)
        return losses, right, answers.stack()

    # Nothing in it depends on a tensor's value but by operations: AutoGraph would only make it slower to build.
    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def _replica_step(
        self, shape: tuple[int, int], known: bool, seed: Tensor, images_u8: Tensor, targets: Tensor, taught: Tensor
    ) -> _Steps:
        """One step on a replica's share of a batch: (loss, how many were right, what the teacher answered)."""
        seed, images_u8, targets = self._workers.share(seed, images_u8, targets)
        # Depends on no weight that learns: TensorFlow varies the next batches, and asks the teacher about them, while
        # it learns from this one. For a teacher, photos are varied at their own size.
        size = None if self._teacher else shape
        seen, wanted = augment(self._feed.recipe, images_u8, targets, self._feed.seed, seed, size)
        if self._teacher and not known:
            taught = tf.where(is_even(wanted), wanted, self._teacher(seen))  # of an outlier, no teacher knows better
        loss, right = self._take_step(seen_at(seen, *shape), wanted, taught)
        return loss, right, taught

    def _take_step(self, images: Tensor, targets: Tensor, taught: Tensor) -> tuple[Tensor, Tensor]:
        weights = self.model.trainable_variables
        with tf.GradientTape() as tape:
            probabilities = self._network(images.shape[1], images.shape[2])(images, training=True)
            loss = self._loss(targets, probabilities)
            if self._teacher:
                loss = self._distilled(targets, taught, probabilities)
            # The optimizer sums over replicas.
            share = loss if self._workers.alone else loss / self._workers.replicas
        self._optimizer.apply(tape.gradient(share, weights), weights)
        hits = tf.equal(self._decide(probabilities), self._decide(targets))
        return loss, tf.reduce_sum(tf.cast(hits, tf.float32))

    def _network(self, height: int, width: int) -> keras.Model:
        if (height, width) not in self._networks:
            self._networks[height, width] = resized(self.model, height, width)
        return self._networks[height, width]

    def _decide(self, probabilities: Tensor) -> Tensor:
        # At exactly 0.5 the sigmoid says the first class, as argmax of [1 - p, p] does.
        if self._binary:
            return tf.cast(probabilities[:, 0] > 0.5, tf.int64)
        return tf.argmax(probabilities, axis=-1)

    def _update_average(self) -> None:
        if not self._average:
            return
        step = tf.cast(self._optimizer.iterations.value, tf.float32)
        # Young averages forget faster, or they would remember the random start.
        share = 1 - tf.minimum(self.settings.ema, step / (step + 9))
        for average, weight in zip(self._average, self.model.weights, strict=True):
            if average.dtype.is_floating:
                average.assign_sub((average - weight.value) * share)
            else:  # a counter, such as that of Normalization: there is nothing between two of its values
                average.assign(weight.value)

    def set_head(self, weights: Sequence[NDArray[np.float32]]) -> None:
        """Kernel and bias of the last layer; the average of the weights begins anew from here."""
        self.model.layers[-1].set_weights(weights)
        for average, weight in zip(self._average, self.model.weights, strict=False):
            average.assign(weight.value)

    def weights(self) -> list[NDArray[np.generic]]:
        """What this network answers with: the averaged weights where there are any."""
        source: Sequence[Tensor] = self._average or self.model.weights
        return [np.asarray(weight.numpy()) for weight in source]

    @contextmanager
    def answering(self) -> Iterator[None]:
        """The model with the weights it answers with; its own come back at the end."""
        if not self._average:
            yield
            return
        own = self.model.get_weights()
        self.model.set_weights(self.weights())
        try:
            yield
        finally:
            self.model.set_weights(own)

    def snapshot(self) -> Arrays:
        """Everything that the next step depends on."""
        groups = {
            "model": [v.numpy() for v in self.model.variables],
            "optimizer": [v.numpy() for v in self._optimizer.variables],
            "average": [v.numpy() for v in self._average],
            "lessons": self._lessons.arrays,
        }
        return {f"{name}/{i}": np.asarray(v) for name, values in groups.items() for i, v in enumerate(values)}

    def restore(self, arrays: Arrays) -> None:
        """Become what `snapshot` saw."""
        groups = {"model": self.model.variables, "optimizer": self._optimizer.variables, "average": self._average}
        for name, variables in groups.items():
            for i, variable in enumerate(variables):
                variable.assign(arrays[f"{name}/{i}"])
        for i, array in enumerate(self._lessons.arrays):
            array[:] = arrays[f"lessons/{i}"]


def learning_rate(settings: Defaults, step: int, steps: int) -> float:
    """The rate at a global step: constant, or a linear rise and then half a cosine down to nothing.

    Loshchilov and Hutter 2017, "SGDR", without restarts.

    Args:
        settings: Of the training.
        step: Global step, from 0.
        steps: In one epoch.
    """
    if settings.schedule == "constant":
        return settings.learning_rate
    rise, total = settings.warmup_epochs * steps, settings.epochs * steps
    if step < rise:
        return settings.learning_rate * (step + 1) / rise
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1.0, total - rise)))


def _loss(binary: bool, smoothing: float, class_weights: NDArray[np.float32] | None = None) -> Loss:
    kind = keras.losses.BinaryCrossentropy if binary else keras.losses.CategoricalCrossentropy
    each = kind(label_smoothing=smoothing, reduction=None)

    def loss(targets: Tensor, answered: Tensor) -> Tensor:
        losses = each(targets, answered)
        if class_weights is not None:  # a blend of photos has a blend of their weights
            both = tf.concat([1 - targets, targets], axis=1) if binary else targets
            losses *= tf.linalg.matvec(both, tf.constant(class_weights))
        # Not Keras's own mean, which is a share of it where there are several replicas.
        return tf.reduce_mean(losses)

    return loss


def _optimizer(settings: Defaults) -> keras.optimizers.Optimizer:
    if settings.optimizer == "adam":
        return keras.optimizers.Adam(settings.learning_rate)
    optimizer = keras.optimizers.AdamW(settings.learning_rate, weight_decay=settings.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
