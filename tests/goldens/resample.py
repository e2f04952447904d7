"""The preprocessing's steps 4 and 5 once more, slowly, in whole numbers: what prepare() is held against.

Written from Pillow's `src/libImaging/Resample.c` (a triangle filter, its weights in double precision, rounded to 22
fractional bits; across, rounded to bytes, then down), with none of Pillow's code at work.
"""

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from gemelo.preprocessing import Preprocessing

BITS = 22
Pixels = NDArray[np.uint8]


def prepared(rgb: Pixels, preprocessing: Preprocessing) -> Pixels:
    """uint8 (h, w, 3) at full size to uint8 (preprocessing.height, preprocessing.width, preprocessing.channels)."""
    fitted = {"squash": squash, "crop": crop, "pad": pad}[preprocessing.fit](
        rgb, preprocessing.width, preprocessing.height
    )
    return fitted if preprocessing.channels == 3 else luma(fitted)


def squash(rgb: Pixels, width: int, height: int) -> Pixels:
    for axis, size in ((1, width), (0, height)):
        if rgb.shape[axis] != size:
            rgb = _across(rgb, size) if axis else _across(rgb.transpose(1, 0, 2), size).transpose(1, 0, 2)
    return rgb


def crop(rgb: Pixels, width: int, height: int) -> Pixels:
    h, w = rgb.shape[:2]
    scale = min(Fraction(w, width), Fraction(h, height))
    cut_w, cut_h = (max(1, _half_up(side * scale)) for side in (width, height))
    left, top = (w - cut_w) // 2, (h - cut_h) // 2
    return squash(rgb[top : top + cut_h, left : left + cut_w], width, height)


def pad(rgb: Pixels, width: int, height: int) -> Pixels:
    h, w = rgb.shape[:2]
    scale = min(Fraction(width, w), Fraction(height, h))
    fit_w, fit_h = (max(1, _half_up(side * scale)) for side in (w, h))
    left, top = (width - fit_w) // 2, (height - fit_h) // 2
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[top : top + fit_h, left : left + fit_w] = squash(rgb, fit_w, fit_h)
    return canvas


def luma(rgb: Pixels) -> Pixels:
    red, green, blue = (rgb[:, :, i].astype(np.int64) for i in range(3))
    grey = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16
    return grey.astype(np.uint8)[:, :, None]


def weights(size_in: int, size_out: int) -> list[tuple[int, NDArray[np.int64]]]:
    """For each output pixel the first input pixel it sees, and the fixed-point weights from there on."""
    scale = size_in / size_out
    stretch = max(scale, 1.0)
    table = []
    for i in range(size_out):
        center = (i + 0.5) * scale
        first = max(int(center - stretch + 0.5), 0)
        last = min(int(center + stretch + 0.5), size_in)
        raw = [max(0.0, 1.0 - abs((x - center + 0.5) * (1.0 / stretch))) for x in range(first, last)]
        total = 0.0
        for weight in raw:  # one by one, as C adds them: the last bit counts
            total += weight
        table.append((first, np.array([int(0.5 + weight / total * (1 << BITS)) for weight in raw], np.int64)))
    return table


def _across(rgb: Pixels, width: int) -> Pixels:
    out = np.empty((rgb.shape[0], width, rgb.shape[2]), np.uint8)
    for i, (first, kernel) in enumerate(weights(rgb.shape[1], width)):
        seen = rgb[:, first : first + len(kernel)].astype(np.int64)
        total = (seen * kernel[None, :, None]).sum(axis=1) + (1 << (BITS - 1))
        out[:, i] = np.clip(total >> BITS, 0, 255)
    return out


def _half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))
