"""Pictures that show none of the classes, for a network to learn when to be unsure."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import tensorflow as tf

from .batch import Batch, Random, Tensor

_SHAPES = 32  # in one picture
_SIDE = 112  # pixels: pictures are drawn no larger than this, and enlarged; smaller detail teaches little
_SMALLEST, _LARGEST = 0.06, 0.5  # half a shape's length, as a share of the picture's side
_PIECE = 0.85  # a piece of a photo is smaller, or it would show what the class is known by
_SHELVES, _COLLAGES = 0.3, 0.5  # share of the pictures that show rows of one thing; that are made of pieces of photos


@dataclass(frozen=True)
class Outliers:
    """Some of the photos replaced by drawn pictures, whose target is every class alike.

    Hendrycks et al. 2019, "Deep anomaly detection with outlier exposure". The pictures are heaps of shapes, shaded and
    striped, or filled with pieces of the batch's photos in other colors: "dead leaves", which have the statistics of
    photos without their objects (Baradad et al. 2021, "Learning to see by looking at noise"). No other photos are
    needed.

    Attributes:
        share: Of each batch.
    """

    share: float
    geometric: ClassVar[bool] = False

    def __call__(self, batch: Batch, random: Random) -> Batch:
        """Replace the first photos of the batch, which is shuffled already."""
        count = tf.cast(tf.round(tf.cast(batch.size, tf.float32) * self.share), tf.int32)
        units = batch.targets.shape[-1]
        targets = tf.fill([count, units], 0.5 if units == 1 else 1 / units)
        images = tf.concat([_pictures(random, count, batch.images), batch.images[count:]], 0)
        images.set_shape(batch.images.shape)
        return replace(batch, images=images, targets=tf.concat([targets, batch.targets[count:]], 0))


def is_even(targets: Tensor) -> Tensor:
    """Which targets (n, units) favor no class, as those of outliers: bool (n, 1)."""
    if targets.shape[-1] == 1:
        return tf.equal(targets, 0.5)
    return tf.equal(tf.reduce_max(targets, -1, keepdims=True), tf.reduce_min(targets, -1, keepdims=True))


def _pictures(random: Random, count: Tensor, photos: Tensor) -> Tensor:
    """So many pictures of the size of the photos (n, h, w, c), range 0-255."""
    height, width, channels = photos.shape[1:]
    rows, columns = min(height, _SIDE), min(width, _SIDE)
    small = tf.image.resize(photos, (rows, columns))
    canvas, looks, colors, pasted = _plan(random, count)
    canvas = tf.broadcast_to(canvas[:, None, None], [count, rows, columns, 3])
    places, numbers = _places(rows, columns), tf.range(_SHAPES)

    def draw(under: Tensor, shape: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        number, look, color = shape
        pieces = tf.gather(small, (tf.range(count) * _SHAPES + number) % tf.shape(small)[0])
        return tf.ensure_shape(_over(under, places, look, color, tf.where(pasted, pieces, 127.5)), under.shape)

    drawn = tf.foldl(draw, (numbers, looks, colors), canvas)
    noise = random.uniform([count, rows, columns, 1], -1.0, 1.0)
    drawn += random.uniform([count, 1, 1, 1], 0.0, 4.0) ** 2 * noise
    drawn = tf.clip_by_value(tf.image.resize(drawn, (height, width)), 0.0, 255.0)
    return drawn if channels == 3 else tf.reduce_mean(drawn, -1, keepdims=True)


def _plan(random: Random, count: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What is drawn: colors of the canvas (n, 3), looks (shapes, n, 12), colors (shapes, n, 3), which are collages."""
    colorful = random.uniform([1, count, 1]) ** 2
    colors = 255 * _colored(random.uniform([_SHAPES + 1, count, 3]), colorful)
    looks = random.uniform([_SHAPES, count, 12])
    shelves = random.uniform([1, count, 1]) < _SHELVES
    alike = tf.concat([_rows(random, count), (looks[:1, :, 2:] * 7 + looks[..., 2:]) / 8], -1)
    looks, colors = tf.where(shelves, alike, looks), tf.where(shelves, (colors[:1] * 3 + colors) / 4, colors)
    pasted = random.uniform([count]) < _COLLAGES
    sizes = tf.where(pasted[:, None], _PIECE, 1.0) * looks[..., 2:3]
    return colors[0], tf.concat([looks[..., :2], sizes, looks[..., 3:]], -1), colors[1:], pasted[:, None, None, None]


def _over(under: Tensor, places: Tensor, look: Tensor, color: Tensor, surface: Tensor) -> Tensor:
    """One more shape over each picture.

    Args:
        under: (n, h, w, 3).
        places: (2, 1, h, w), from 0 to 1.
        look: (n, 12), from 0 to 1.
        color: (n, 3).
        surface: (n, h, w, c): what is on it, before it is colored and shaded.
    """
    across, down, size, flat, turn, corner, light, shade, stripes, bold, slant, start = (
        value[:, None, None] for value in tf.unstack(look, axis=1)
    )
    length = _SMALLEST * (_LARGEST / _SMALLEST) ** (size**2)
    x, y = _turned(places[0] - (across * 1.2 - 0.1), places[1] - (down * 1.2 - 0.1), turn * math.pi)
    x, y = x / length, y / (length * (0.35 + 0.65 * flat))
    power = tf.where(corner < 0.5, 2.0, 8.0)  # an ellipse or a box
    inside = tf.clip_by_value((1 - tf.abs(x) ** power - tf.abs(y) ** power) * 8, 0.0, 1.0)
    bright = 70 * shade * _turned(x, y, light * 2 * math.pi)[0]
    wave = tf.sin(_turned(x, y, slant * math.pi)[0] * (2 + 30 * stripes**2) + start * 2 * math.pi)
    bright += 80 * tf.maximum(bold - 0.4, 0.0) * wave
    colored = color[:, None, None] * (surface / 127.5) + bright[..., None]
    return under + inside[..., None] * (colored - under)


def _turned(x: Tensor, y: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    return x * tf.cos(angle) + y * tf.sin(angle), y * tf.cos(angle) - x * tf.sin(angle)


def _places(rows: int, columns: int) -> Tensor:
    """(2, 1, rows, columns): across and down, from 0 to 1."""
    return tf.stack(tf.meshgrid(tf.linspace(0.0, 1.0, columns), tf.linspace(0.0, 1.0, rows)))[:, None]


def _colored(colors: Tensor, amount: Tensor) -> Tensor:
    gray = tf.reduce_mean(colors, -1, keepdims=True)
    return gray + amount * (colors - gray)


def _rows(random: Random, count: Tensor) -> Tensor:
    """Places (shapes, n, 2) in rows, from 0 to 1."""
    numbers = tf.range(_SHAPES, dtype=tf.float32)[:, None]
    columns = tf.round(random.uniform([1, count], 3.0, 7.0))
    places = tf.stack([numbers % columns, numbers // columns], -1) / (columns[..., None] - 1)
    return places + random.uniform([_SHAPES, count, 2], -0.03, 0.03)
