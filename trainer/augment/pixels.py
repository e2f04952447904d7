"""Ops that change colors, cover parts, or mix photos; they see photos already warped."""

from dataclasses import dataclass, replace
from typing import ClassVar

import tensorflow as tf

from .batch import Batch, Random, Tensor

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


@dataclass(frozen=True)
class Color:
    """Brightness, contrast and saturation, each by its own factor.

    Attributes:
        amount: Factors are drawn from 1 - amount to 1 + amount.
    """

    amount: float
    geometric: ClassVar[bool] = False

    def __call__(self, batch: Batch, random: Random) -> Batch:
        """Change the colors."""
        brightness, contrast, saturation = tf.unstack(
            random.uniform([3, batch.size, 1, 1, 1], 1 - self.amount, 1 + self.amount)
        )
        images = batch.images
        grey = tf.reduce_sum(images * _LUMA, -1, keepdims=True) if images.shape[-1] == 3 else images
        mean = tf.reduce_mean(grey, [1, 2], keepdims=True)
        colored = grey + saturation * (images - grey) if images.shape[-1] == 3 else images
        images = brightness * (mean + contrast * (colored - mean))
        return replace(batch, images=tf.clip_by_value(images, 0.0, 255.0))


@dataclass(frozen=True)
class Mixup:
    """Each photo blended with another of the batch, targets too (Zhang et al. 2018, "mixup").

    Attributes:
        alpha: Of the Beta distribution that the blend is drawn from, one for the batch.
        share: Of the batches that are blended.
    """

    alpha: float
    share: float = 1.0
    geometric: ClassVar[bool] = False

    def __call__(self, batch: Batch, random: Random) -> Batch:
        """Blend the batch with itself, back to front."""
        blend = random.beta(self.alpha)
        blend = tf.where(random.uniform([]) < self.share, tf.maximum(blend, 1 - blend), 1.0)
        # Batches are shuffled already: the partner may be the one from the other end.
        return replace(batch, images=_blend(batch.images, blend), targets=_blend(batch.targets, blend))


@dataclass(frozen=True)
class CutMix:
    """A rectangle of each photo taken from another of the batch, targets by its area (Yun et al. 2019, "CutMix").

    Attributes:
        alpha: Of the Beta distribution that the rectangle's area is drawn from, one for the batch.
        share: Of the batches that are mixed.
    """

    alpha: float
    share: float = 1.0
    geometric: ClassVar[bool] = False

    def __call__(self, batch: Batch, random: Random) -> Batch:
        """Paste the batch into itself, back to front."""
        side = tf.sqrt(1 - random.beta(self.alpha))
        side = tf.where(random.uniform([]) < self.share, side, 0.0)
        columns = _near(random, 1, batch.width, side * batch.width / 2)
        rows = _near(random, 1, batch.height, side * batch.height / 2)
        pasted = rows[:, :, None, None] & columns[:, None, :, None]
        # At the borders some of the rectangle is lost: what was pasted counts.
        own = 1 - tf.reduce_mean(tf.cast(pasted, tf.float32))
        images = tf.where(pasted, tf.reverse(batch.images, [0]), batch.images)
        return replace(batch, images=images, targets=_blend(batch.targets, own))


@dataclass(frozen=True)
class Cutout:
    """A grey square over some of the photos (DeVries and Taylor 2017, "Cutout").

    Attributes:
        side: Of the square, as a share of the photo's width.
        share: Of the photos that get one.
    """

    side: float
    share: float = 0.5
    geometric: ClassVar[bool] = False

    def __call__(self, batch: Batch, random: Random) -> Batch:
        """Cover the squares."""
        half = self.side * batch.width / 2
        chosen = random.uniform([batch.size, 1]) < self.share
        columns = _near(random, batch.size, batch.width, half) & chosen
        rows = _near(random, batch.size, batch.height, half)
        covered = rows[:, :, None, None] & columns[:, None, :, None]
        return replace(batch, images=tf.where(covered, 127.5, batch.images))


def _blend(values: Tensor, own: Tensor) -> Tensor:
    return own * values + (1 - own) * tf.reverse(values, [0])


def _near(random: Random, size: Tensor, length: int, half: Tensor) -> Tensor:
    """Bool (n, length): which pixels lie within `half` of a center drawn for each photo."""
    center = random.uniform([size, 1], 0.0, float(length))
    return tf.abs(tf.range(length, dtype=tf.float32)[None] + 0.5 - center) < half
