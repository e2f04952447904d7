"""Batches for training: drawn from the mapped cache a few steps ahead, varied in the graph.

No tf.data: its iterators call back into Python for a mapped file, and one that is dropped before its end (an
interrupted training, a loss that is no number) waits for that call while it holds the interpreter's lock, for ever.
"""

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from .augment import Op
from .photos import Photos


@dataclass(frozen=True)
class Chunk:
    """The photos of a few steps.

    Attributes:
        images_u8: uint8 (steps, size, h, w, c).
        targets: float32 (steps, size, 1) or (steps, size, classes).
    """

    images_u8: NDArray[np.uint8]
    targets: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Targets:
    """What the loss wants of each photo: made when it is asked for, as photos times classes would fill the memory.

    Attributes:
        labels: Index of each photo's class (n,).
        units: Of the head: one for a sigmoid, the classes for a softmax.
    """

    labels: NDArray[np.int64]
    units: int

    @property
    def classes(self) -> int:
        """How many there are."""
        return max(2, self.units)

    def __getitem__(self, rows: NDArray[np.int64] | slice) -> NDArray[np.float32]:
        """float32 (..., 1), or one-hot (..., units)."""
        labels = self.labels[rows][..., None]
        return (labels if self.units == 1 else labels == np.arange(self.units)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Feed:
    """The training photos, in an order that depends on the seed and the epoch alone.

    Attributes:
        photos: The training split.
        targets: Of each photo.
        batch: Photos in one step.
        recipe: Augmentation.
        seed: Of order and augmentation.
        views: How many epochs differ: later ones repeat them, order and augmentation; None where all do.
        worker: Which of the processes this is, that train together on a share of the photos each.
        workers: How many there are.
        least: Steps that the worker with most photos takes: none may take fewer.
    """

    photos: Photos
    targets: Targets
    batch: int
    recipe: Sequence[Op]
    seed: int
    views: int | None = None
    worker: int = 0
    workers: int = 1
    least: int = 0

    @cached_property
    def size(self) -> int:
        """Photos in one step: never more than there are."""
        return min(self.batch, len(self.photos.rows))

    @property
    def together(self) -> int:
        """Photos in one step, of all workers."""
        return self.size * self.workers

    @cached_property
    def steps(self) -> int:
        """Steps in one epoch: every photo is seen at least once."""
        return max(self.least, -(-len(self.photos.rows) // self.size))

    def seeds(self, first: int, count: int) -> NDArray[np.int64]:
        """What the augmentation of so many steps depends on.

        Args:
            first: Global step, from 0.
            count: Steps; all in one epoch.
        """
        epoch, position = divmod(first, self.steps)
        return np.arange(count) + position + self._view(epoch + 1) * self.steps

    def _view(self, epoch: int) -> int:
        return (epoch - 1) % self.views if self.views else epoch - 1

    def chunks(self, epoch: int, length: int) -> Generator[Chunk]:
        """The photos of an epoch, so many steps at a time; the next ones are read while these are learned from.

        Args:
            epoch: Counted from 1.
            length: Steps in one chunk; the last may be shorter.
        """
        starts = range(0, self.steps, length)
        with ThreadPoolExecutor(1) as reader:
            ahead = reader.submit(self._draw, epoch, 0, length)
            for start in starts:
                chunk = ahead.result()
                if start + length < self.steps:
                    ahead = reader.submit(self._draw, epoch, start + length, length)
                yield chunk

    def _draw(self, epoch: int, start: int, length: int) -> Chunk:
        seed = (self.seed, self._view(epoch), *([self.worker] if self.worker else []))
        order = _order(seed, len(self.photos.rows), self.steps * self.size)
        rows = order.reshape(self.steps, self.size)[start : start + length]
        return Chunk(self.photos.source_u8[self.photos.rows[rows]], self.targets[rows])


@lru_cache(maxsize=4)
def _order(seed: tuple[int, ...], photos: int, length: int) -> NDArray[np.int64]:
    """All photos shuffled; the first of them again where the last batch is not full."""
    return np.resize(np.random.default_rng(seed).permutation(photos), length)
