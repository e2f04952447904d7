"""Batches for training: drawn from the mapped cache, varied in the graph, ready before they are wanted."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer.augment import Op, augment
from trainer.augment.batch import Tensor
from trainer.photos import Photos

_AHEAD = 8  # batches


@dataclass(frozen=True, eq=False)
class Feed:
    """The training photos, in an order that depends on the seed and the epoch alone.

    Attributes:
        photos: The training split.
        targets: float32 (n, 1) or (n, classes).
        batch: Photos in one step.
        recipe: Augmentation.
        seed: Of order and augmentation.
    """

    photos: Photos
    targets: NDArray[np.float32]
    batch: int
    recipe: Sequence[Op]
    seed: int

    @cached_property
    def size(self) -> int:
        """Photos in one step: never more than there are."""
        return min(self.batch, len(self.photos.rows))

    @cached_property
    def steps(self) -> int:
        """Steps in one epoch: every photo is seen at least once."""
        return -(-len(self.photos.rows) // self.size)

    def batches(self, first_step: int, last_step: int, shape: tuple[int, int]) -> tf.data.Dataset:
        """Images float32 (size, *shape, c) and targets of the global steps from first to last, without the last."""
        steps, own = tf.data.Dataset.range(first_step, last_step), self.photos.source_u8.shape[1:3]
        load = partial(self._load, None if shape == own else shape)
        options = tf.data.Options()
        # Two batches at a time, each on one core: sharing the small ops of one batch costs more than it saves.
        options.threading.max_intra_op_parallelism = 1
        batches = steps.map(load, num_parallel_calls=2, deterministic=True).prefetch(_AHEAD)
        return batches.with_options(options)

    def _load(self, shape: tuple[int, int] | None, step: Tensor) -> tuple[Tensor, Tensor]:
        images_u8, targets = tf.numpy_function(self._draw, [step], (tf.uint8, tf.float32), stateful=False)
        images_u8.set_shape((self.size, *self.photos.source_u8.shape[1:]))
        targets.set_shape((self.size, self.targets.shape[1]))
        return augment(self.recipe, images_u8, targets, self.seed, step, shape)

    def _draw(self, step: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        epoch, position = divmod(int(step), self.steps)
        rows = _order(self.seed, epoch, len(self.photos.rows), self.steps * self.size)
        rows = rows[position * self.size : (position + 1) * self.size]
        return self.photos.source_u8[self.photos.rows[rows]], self.targets[rows]


@lru_cache(maxsize=4)
def _order(seed: int, epoch: int, photos: int, length: int) -> NDArray[np.int64]:
    """All photos shuffled; the first of them again where the last batch is not full."""
    return np.resize(np.random.default_rng([seed, epoch]).permutation(photos), length)
