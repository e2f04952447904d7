"""Ops that move pixels: each is a 3x3 matrix a photo, from places in the result to places in the photo."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import tensorflow as tf

from .batch import Batch, Random, Tensor


@dataclass(frozen=True)
class Shear:
    """Slant the photo, as `ImageDataGenerator(shear_range=...)` does.

    Attributes:
        degrees: Up to which angle, either way. The notebook's 0.2 is 0.2 *degrees*: next to nothing.
    """

    degrees: float
    geometric: ClassVar[bool] = True

    def __call__(self, batch: Batch, random: Random) -> Batch:
        """Add the slant."""
        angle = random.uniform([batch.size], -self.degrees, self.degrees) * (math.pi / 180)
        one, zero = tf.ones_like(angle), tf.zeros_like(angle)
        return batch.transformed(_matrices(one, -tf.sin(angle), zero, zero, tf.cos(angle), zero))


@dataclass(frozen=True)
class Zoom:
    """Scale width and height, each by its own factor, as `ImageDataGenerator(zoom_range=...)` does.

    Attributes:
        amount: Factors are drawn from 1 - amount to 1 + amount.
    """

    amount: float
    geometric: ClassVar[bool] = True

    def __call__(self, batch: Batch, random: Random) -> Batch:
        """Add the scaling."""
        scale = random.uniform([2, batch.size], 1 - self.amount, 1 + self.amount)
        zero = tf.zeros_like(scale[0])
        return batch.transformed(_matrices(scale[0], zero, zero, zero, scale[1], zero))


@dataclass(frozen=True)
class HorizontalFlip:
    """Mirror every other photo, left to right."""

    geometric: ClassVar[bool] = True

    def __call__(self, batch: Batch, random: Random) -> Batch:
        """Add the mirroring."""
        sign = tf.where(random.uniform([batch.size]) < 0.5, -1.0, 1.0)
        one, zero = tf.ones_like(sign), tf.zeros_like(sign)
        return batch.transformed(_matrices(sign, zero, zero, zero, one, zero))


@dataclass(frozen=True)
class Rotation:
    """Turn the photo about its center.

    Attributes:
        degrees: Up to which angle, either way.
    """

    degrees: float
    geometric: ClassVar[bool] = True

    def __call__(self, batch: Batch, random: Random) -> Batch:
        """Add the turn."""
        angle = random.uniform([batch.size], -self.degrees, self.degrees) * (math.pi / 180)
        cos, sin, zero = tf.cos(angle), tf.sin(angle), tf.zeros_like(angle)
        # Corners look beyond the photo, far enough for a stretched edge to be seen.
        return replace(batch.transformed(_matrices(cos, -sin, zero, sin, cos, zero)), edges="REFLECT")


@dataclass(frozen=True)
class RandomResizedCrop:
    """A rectangle of the photo, scaled to fill the input (Szegedy et al. 2015, "Going deeper with convolutions").

    Attributes:
        smallest: The smallest share of the photo's area that is taken.
        ratio: Width to height up to this, or its inverse.
    """

    smallest: float
    ratio: float = 4 / 3
    geometric: ClassVar[bool] = True

    def __call__(self, batch: Batch, random: Random) -> Batch:
        """Add the crop."""
        area = random.uniform([batch.size], self.smallest, 1.0)
        ratio = tf.exp(random.uniform([batch.size], -math.log(self.ratio), math.log(self.ratio)))
        width, height = tf.minimum(tf.sqrt(area * ratio), 1.0), tf.minimum(tf.sqrt(area / ratio), 1.0)
        place = random.uniform([2, batch.size], -0.5, 0.5)
        x, y = place[0] * (1 - width) * batch.width, place[1] * (1 - height) * batch.height
        zero = tf.zeros_like(area)
        return batch.transformed(_matrices(width, zero, x, zero, height, y))


def _matrices(a: Tensor, b: Tensor, c: Tensor, d: Tensor, e: Tensor, f: Tensor) -> Tensor:
    """(n, 3, 3) of rows [a b c], [d e f], [0 0 1]."""
    zero, one = tf.zeros_like(a), tf.ones_like(a)
    return tf.reshape(tf.stack([a, b, c, d, e, f, zero, zero, one], axis=1), [-1, 3, 3])
