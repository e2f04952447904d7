"""Kernels as 8-bit levels and a scale for each output channel: a quarter of the bytes, computed with in float32.

A training may leave its kernels on such a grid (`gemelo train --weight-bits 8`). Then this loses nothing: what is read
back is the kernel, but for the last digit of a float32.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVELS = 127  # on either side of zero
# Of a weight: a handful of roundings to float32 on the way to a kernel (temperature, batch norm) and on the way back.
_ROUNDING = 2.0**-20

Kernel = NDArray[np.float32]
Levels = NDArray[np.int8]


def split(kernel: Kernel, channels: Sequence[int], least: Kernel | None = None) -> tuple[Levels, Kernel]:
    """The levels of a kernel, and how much one is worth in each channel.

    Args:
        kernel: Of any shape.
        channels: The axes along which the scale differs.
        least: What one must be worth at least, in the scale's shape.

    Returns:
        int8 -127 to 127, of the kernel's shape; float32 of as many axes, 1 where the scale does not differ. Their
        product is the rounded kernel.
    """
    scale = _scale(kernel, channels)
    if least is not None:
        scale = np.maximum(scale, least)
    return np.round(kernel / scale).astype(np.int8), scale


def rounded(kernel: Kernel, channels: Sequence[int]) -> Kernel:
    """A kernel put on the nearest of 255 levels: symmetric, the largest weight of a channel on the last one.

    TFLite's own scheme for kernels (Jacob et al. 2018, "Quantization and training of neural networks for efficient
    integer-arithmetic-only inference").

    Args:
        kernel, channels: As `split` has them.
    """
    scale = _scale(kernel, channels)
    return np.asarray(np.round(kernel / scale) * scale, np.float32)


def as_int32(values: NDArray[Any]) -> NDArray[np.int32]:
    """Rounded to whole numbers of 32 bits; what lies beyond becomes the last one."""
    limits = np.iinfo(np.int32)
    return np.clip(np.round(values.astype(np.float64)), limits.min, limits.max).astype(np.int32)


def _scale(kernel: Kernel, channels: Sequence[int]) -> Kernel:
    others = tuple(axis for axis in range(kernel.ndim) if axis not in {each % kernel.ndim for each in channels})
    scale = (np.abs(kernel).max(axis=others, keepdims=True, initial=0) / np.float32(LEVELS)).astype(np.float32)
    scale[scale < np.finfo(np.float32).tiny] = 1  # nothing but zeros, or less than float32 tells apart
    return np.asarray(scale, np.float32)


def split_exactly(kernel: Kernel) -> tuple[Levels, Kernel] | None:
    """The same, of a kernel that lies on such a grid already, along its first axis or its last; None of any other.

    Where it would be no smaller so, None too.
    """
    for axis in (0, kernel.ndim - 1):
        levels, scale = split(kernel, [axis])
        near = np.abs(levels * scale - kernel) <= _ROUNDING * LEVELS * scale
        if near.all() and levels.size + 4 * scale.size < 4 * kernel.size:
            return levels, scale
    return None
