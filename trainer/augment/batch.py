"""What a recipe works on: a batch of photos, a transform not yet carried out, and targets.

Geometric ops only multiply the transform; the photos are warped once, when all geometry is known: one
interpolation, however many ops. All numbers are drawn statelessly from (seed, step), so that a resumed
training sees what an uninterrupted one would have seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, TypeAlias

import tensorflow as tf

Tensor: TypeAlias = Any  # TensorFlow ships no types

# Draws of one step: far more than any recipe makes.
_DRAWS = 1 << 12


class Random:
    """Random numbers that depend on nothing but the seed, the step and how many were drawn before.

    Args:
        seed: Of the training.
        step: Global step, counted over all epochs: an int64 scalar.
    """

    def __init__(self, seed: int, step: Tensor) -> None:
        self._seed, self._step, self._draws = seed, tf.cast(step, tf.int64), 0

    def uniform(self, shape: Sequence[Any], low: float = 0.0, high: float = 1.0) -> Tensor:
        """float32 numbers in [low, high)."""
        return tf.random.stateless_uniform(shape, self._next(), low, high)

    def beta(self, alpha: float) -> Tensor:
        """One float32 number from Beta(alpha, alpha)."""
        gammas = tf.random.stateless_gamma([2], self._next(), alpha)
        return gammas[0] / tf.maximum(gammas[0] + gammas[1], 1e-20)

    def _next(self) -> Tensor:
        self._draws += 1
        return tf.stack([tf.constant(self._seed * _DRAWS + self._draws, tf.int64), self._step])


@dataclass(frozen=True)
class Batch:
    """Photos on their way through a recipe.

    Attributes:
        images: float32 (n, h, w, c), range 0-255.
        targets: float32 (n, 1) or (n, classes).
        transform: float32 (n, 3, 3), from places (x, y, 1) in the result to places in the photo, both in the photo's
            pixels from the center; None when nothing is pending.
        shape: (height, width) of the result, where it is not the photo's.
        edges: What lies outside the photo: `NEAREST` (as in Keras's generator) or `REFLECT`.
    """

    images: Tensor
    targets: Tensor
    transform: Tensor | None = None
    shape: tuple[int, int] | None = None
    edges: str = "NEAREST"

    @property
    def size(self) -> Tensor:
        """Photos in the batch."""
        return tf.shape(self.images)[0]

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.images.shape[2])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.images.shape[1])

    def transformed(self, matrices: Tensor) -> "Batch":
        """One more transform (n, 3, 3), applied in the photo before those that are pending."""
        pending = matrices if self.transform is None else tf.matmul(self.transform, matrices)
        return replace(self, transform=pending)

    def warped(self) -> "Batch":
        """The pending transform and change of size carried out, in one bilinear interpolation."""
        if self.transform is None and self.shape is None:
            return self
        height, width = self.shape or (self.height, self.width)
        images = tf.raw_ops.ImageProjectiveTransformV3(
            images=self.images,
            transforms=self._from_corner(height, width),
            output_shape=[height, width],
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode=self.edges,
        )
        images.set_shape((self.images.shape[0], height, width, self.images.shape[3]))
        return replace(self, images=images, transform=None, shape=None)

    def _from_corner(self, height: int, width: int) -> Tensor:
        """The transform as TensorFlow wants it: (n, 8), in pixels from the corners of result and photo."""
        across, down = self.width / width, self.height / height
        enter = [[across, 0, -across * (width - 1) / 2], [0, down, -down * (height - 1) / 2], [0, 0, 1]]
        leave = [[1, 0, (self.width - 1) / 2], [0, 1, (self.height - 1) / 2], [0, 0, 1]]
        matrix = tf.constant([leave], tf.float32)
        if self.transform is not None:
            matrix = tf.matmul(matrix, self.transform)
        return tf.reshape(tf.matmul(matrix, tf.constant([enter], tf.float32)), [-1, 9])[:, :8]


class Op(Protocol):
    """One variation. `geometric` ops only add to the transform; the others see warped photos."""

    geometric: ClassVar[bool]

    def __call__(self, batch: Batch, random: Random) -> Batch:
        """The batch, varied."""
        ...


def augment(
    recipe: Sequence[Op],
    images_u8: Tensor,
    targets: Tensor,
    seed: int,
    step: Tensor,
    shape: tuple[int, int] | None = None,
) -> tuple[Tensor, Tensor]:
    """Apply a recipe to a batch, in the graph.

    Args:
        recipe: Ops in their order.
        images_u8: uint8 (n, h, w, c).
        targets: float32 (n, 1) or (n, classes).
        seed: Of the training.
        step: Global step.
        shape: (height, width) of the result, where it is not the photo's.

    Returns:
        float32 images, range 0-255, and targets.
    """
    random, own = Random(seed, step), tuple(images_u8.shape[1:3])
    batch = Batch(tf.cast(images_u8, tf.float32), targets, shape=None if shape == own else shape)
    for op in recipe:
        batch = op(batch if op.geometric else batch.warped(), random)
    batch = batch.warped()
    return batch.images, batch.targets
