"""cv2.resize of bytes, by formula: whole numbers where OpenCV has them, else float32 or double step by step.

Each function is for one axis of `size_in` pixels, which becomes `size_out`, and for the output pixels
that are asked for.
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int32]
Places = NDArray[np.intp]

_ONE, _UNITS = np.float32(1), np.float32(2048)


def nearest(size_in: int, size_out: int, outputs: range) -> Places:
    """The input pixel of each output pixel."""
    at: Places = np.floor(np.arange(outputs.start, outputs.stop) * _step(size_in, size_out)).astype(np.intp)
    return at.clip(0, size_in - 1)


def is_halved(size_in: int, size_out: int) -> bool:
    """Whether two input pixels make one. If so on both axes, INTER_LINEAR is INTER_AREA."""
    return size_in == 2 * size_out


def is_enlarged(size_in: int, size_out: int) -> bool:
    """Whether an output pixel is smaller than an input pixel. If so on either axis, INTER_AREA is bilinear."""
    return _step(size_in, size_out) < 1


def cell(size_in: int, size_out: int) -> int:
    """How many input pixels make one; 0 where that is not a whole number to the last bits, as OpenCV has it."""
    step = _step(size_in, size_out)
    return round(step) if abs(step - round(step)) < 2.0**-52 else 0


def bilinear(size_in: int, size_out: int, outputs: range, *, of_area: bool) -> tuple[Places, Floats]:
    """The pixel at or before each output pixel, -1 where there is none, and how far it is to the next one.

    Args:
        size_in: Input pixels.
        size_out: Output pixels.
        outputs: Which of them are asked for.
        of_area: Whether INTER_AREA asks, which enlarges in its own way.
    """
    i = np.arange(outputs.start, outputs.stop)
    step = _step(size_in, size_out)
    if not of_area:
        at = ((i + 0.5) * step - 0.5).astype(np.float32)
        low = np.floor(at)
        return low.astype(np.intp), at - low
    low = np.floor(i * step)
    rest = (i + 1 - (low + 1) * (size_out / size_in)).astype(np.float32)
    return low.astype(np.intp), np.where(rest <= 0, np.float32(0), rest - np.floor(rest))


def unit_weights(rest: Floats) -> tuple[Integers, Integers]:
    """The weights of the two pixels in 1/2048."""
    return np.rint((_ONE - rest) * _UNITS).astype(np.int32), np.rint(rest * _UNITS).astype(np.int32)


def area(size_in: int, size_out: int, outputs: range) -> list[tuple[Places, Floats]]:
    """For each output pixel the input pixels below it, and the share of each."""
    step, found = _step(size_in, size_out), []
    for i in outputs:
        start = i * step
        end = start + step
        size = min(step, size_in - start)
        last = min(math.floor(end), size_in - 1)
        first = min(math.ceil(start), last)
        shares = [1 / size] * (last - first)
        if first - start > 1e-3:
            shares.insert(0, (first - start) / size)
            first -= 1
        if end - last > 1e-3:
            shares.append(min(end - last, 1, size) / size)
        found.append((np.arange(first, first + len(shares)), np.array(shares, np.float32)))
    return found


def cells(size: int, outputs: range) -> list[tuple[Places, NDArray[np.int64]]]:
    """For each output pixel the input pixels of its cell, each of which counts once."""
    return [(np.arange(i * size, (i + 1) * size), np.ones(size, np.int64)) for i in outputs]


def _step(size_in: int, size_out: int) -> float:
    return 1 / (size_out / size_in)
