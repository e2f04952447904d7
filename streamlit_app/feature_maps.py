"""What layers answer, as pictures: blue below zero, orange above, as on the static page."""

import io
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gemelo.preprocessing import Images, Preprocessing

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

BELOW, ZERO, ABOVE = (np.array(rgb, np.float32) for rgb in ((31, 111, 196), (255, 255, 255), (217, 106, 0)))
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
MOST_MAPS = 64
_GREY = 128
_BATCH = 32


def colored(values: Floats, limit: float) -> Pixels:
    """Numbers (h, w) as RGB (h, w, 3); `limit` and beyond have the full color."""
    share = np.clip(values / limit, -1, 1)[..., np.newaxis] if limit > 0 else np.zeros((*values.shape, 1), np.float32)
    ends = np.where(share < 0, BELOW, ABOVE)
    return np.round(ZERO + (ends - ZERO) * np.abs(share)).astype(np.uint8)


def montage(features: Floats, limit: float) -> Pixels:
    """The first 64 maps of (h, w, channels) as one RGBA picture, wider than high."""
    maps_u8 = [colored(features[:, :, i], limit) for i in range(min(features.shape[2], MOST_MAPS))]
    tiles = np.stack([np.dstack([one, np.full(one.shape[:2], 255, np.uint8)]) for one in maps_u8])
    return tiled(tiles, gap=max(1, features.shape[1] // 16))


def tiled(tiles: Pixels, gap: int) -> Pixels:
    """RGBA tiles (count, h, w, 4) as one picture some twice as wide as high, with nothing between them."""
    count, height, width, _ = tiles.shape
    across = min(range(1, count + 1), key=lambda one: _unfit(one, count, width / height))
    down = -(-count // across)
    whole = np.zeros((down * (height + gap) - gap, across * (width + gap) - gap, 4), np.uint8)
    for i, tile in enumerate(tiles):
        top, left = (i // across) * (height + gap), (i % across) * (width + gap)
        whole[top : top + height, left : left + width] = tile
    return whole


def _unfit(across: int, count: int, aspect: float) -> float:
    """How far from twice as wide as high, and how much of it would be empty."""
    down = -(-count // across)
    return abs(math.log(across * aspect / down / 2)) + 4 * (across * down - count) / count


def enlarged(pixels: Pixels, least: int) -> Pixels:
    """Every pixel as a square, so that the longer side has at least so many: browsers would blur them."""
    times = max(1, -(-least // max(pixels.shape[:2])))
    return pixels.repeat(times, axis=0).repeat(times, axis=1)


def png(pixels: Pixels) -> bytes:
    """Pixels as a PNG file."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def activation(features: Floats, kernel: Floats, label: int) -> Floats:
    """Class activation (Zhou et al. 2016): maps (h, w, c) times the label's weights of (c, labels), summed."""
    return np.asarray(features @ kernel[:, label], np.float32)


@dataclass(frozen=True)
class Box:
    """A square of the input, in pixels."""

    top: int
    left: int
    side: int


def boxes(preprocessing: Preprocessing) -> list[Box]:
    """Squares of an eighth of the shorter side, half of that apart; the last in a row ends with the photo."""
    side = max(1, int(min(preprocessing.width, preprocessing.height) / 8 + 0.5))
    step = max(1, side // 2)

    def starts(length: int) -> list[int]:
        regular = list(range(0, length - side + 1, step))
        return regular if regular[-1] == length - side else [*regular, length - side]

    return [Box(top, left, side) for top in starts(preprocessing.height) for left in starts(preprocessing.width)]


def occlusion(image: Images, preprocessing: Preprocessing, answer: Callable[[Images], Floats]) -> Floats:
    """Occlusion (Zeiler and Fergus 2014): what each label loses when a pixel is covered by a grey square.

    Args:
        image: uint8 (h, w, c).
        preprocessing: Of the model.
        answer: uint8 (n, h, w, c) to probabilities (n, labels).

    Returns:
        float32 (h, w, labels): the mean over the squares that cover the pixel, without their steps.
    """
    places = boxes(preprocessing)
    whole = answer(image[np.newaxis])[0]
    drops = np.zeros((*image.shape[:2], len(whole)), np.float32)
    counts = np.zeros((*image.shape[:2], 1), np.float32)
    for start in range(0, len(places), _BATCH):
        batch = places[start : start + _BATCH]
        for box, row in zip(batch, answer(np.stack([_cover(image, box) for box in batch])), strict=True):
            rows, columns = slice(box.top, box.top + box.side), slice(box.left, box.left + box.side)
            drops[rows, columns] += whole - row
            counts[rows, columns] += 1
    means = np.asarray(drops / np.maximum(counts, 1), np.float32)
    return np.stack([smooth(means[:, :, i], places[0].side) for i in range(len(whole))], axis=2)


def smooth(values: Floats, size: int) -> Floats:
    """The mean of the `size` x `size` values around each of (h, w), as far as there are so many."""
    before = (size - 1) // 2
    for axis in (0, 1):
        length = values.shape[axis]
        first = np.maximum(np.arange(length) - before, 0)
        last = np.minimum(np.arange(length) - before + size, length)
        sums = np.concatenate([np.zeros_like(values.take([0], axis)), values.cumsum(axis, dtype=np.float64)], axis)
        spread = (last - first).reshape((-1, 1) if axis == 0 else (1, -1))
        values = np.asarray((sums.take(last, axis) - sums.take(first, axis)) / spread, np.float32)
    return values


def _cover(image: Images, box: Box) -> Images:
    covered = image.copy()
    covered[box.top : box.top + box.side, box.left : box.left + box.side] = _GREY
    return covered


def overlay(image: Images, heat: Floats, opacity: float, least: int = 448) -> Pixels:
    """A heat map (h', w') over a photo (h, w, c), the photo in grey where the map has color."""
    height, width = image.shape[:2]
    times = max(1, -(-least // max(height, width)))
    shape = (width * times, height * times)
    photo = Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).convert("RGB")
    large = np.asarray(photo.resize(shape, Image.Resampling.BILINEAR), np.float32)
    grey = large @ _LUMA
    faded = large + (grey[..., np.newaxis] - large) * min(1.0, 2 * opacity)
    values = np.asarray(Image.fromarray(heat).resize(shape, Image.Resampling.BILINEAR), np.float32)
    limit = float(np.abs(heat).max())
    share = opacity * np.clip(np.abs(values) / max(limit, 1e-30), 0, 1)[..., np.newaxis]
    ends = np.where(values[..., np.newaxis] < 0, BELOW, ABOVE)
    return np.asarray(np.round(faded + (ends - faded) * share), np.uint8)
