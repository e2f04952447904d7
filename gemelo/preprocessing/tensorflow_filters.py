"""tf.image.resize without antialiasing, by formula: every single step is rounded to float32, and none is fused.

Each function is for one axis of `size_in` pixels, which becomes `size_out`, and for the output pixels
that are asked for.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Places = NDArray[np.intp]

_ONE, _HALF = np.float32(1), np.float32(0.5)
_STEPS = 1024


def nearest(size_in: int, size_out: int, outputs: range) -> Places:
    """The input pixel of each output pixel."""
    return np.minimum(np.floor(_centers(size_in, size_out, outputs)).astype(np.intp), size_in - 1)


def bilinear(size_in: int, size_out: int, outputs: range) -> tuple[Places, Places, Floats]:
    """The two input pixels of each output pixel, and how far it is from the first to the second."""
    at = _centers(size_in, size_out, outputs) - _HALF
    floor = np.floor(at)
    low = np.maximum(floor, 0).astype(np.intp)
    high = np.minimum(np.ceil(at), size_in - 1).astype(np.intp)
    return low, high, at - floor


def bicubic(size_in: int, size_out: int, outputs: range) -> tuple[Places, Floats]:
    """The four input pixels of each output pixel, (size_out, 4), and their weights."""
    at = _centers(size_in, size_out, outputs) - _HALF
    floor = np.floor(at)
    step = np.rint((at - floor) * np.float32(_STEPS)).astype(np.intp)
    places = floor.astype(np.intp)[:, None] + np.arange(-1, 3)
    weights = np.stack([_FAR[step], _NEAR[step], _NEAR[_STEPS - step], _FAR[_STEPS - step]], axis=1)
    weights[(places < 0) | (places >= size_in)] = 0
    total = ((weights[:, 0] + weights[:, 1]) + weights[:, 2]) + weights[:, 3]
    return places.clip(0, size_in - 1), weights * (_ONE / total)[:, None]


def area(size_in: int, size_out: int, outputs: range) -> list[tuple[Places, Floats]]:
    """For each output pixel the input pixels below it, and the share of each."""
    scale = scale_of(size_in, size_out)
    found = []
    for i in outputs:
        start, end = np.float32(i) * scale, np.float32(i + 1) * scale
        places = np.arange(int(np.floor(start)), int(np.ceil(end)))
        before, after = places.astype(np.float32), (places + 1).astype(np.float32)
        first = np.where(after > end, scale, after - start)
        later = np.where(after > end, end - before, _ONE)
        found.append((places.clip(0, size_in - 1), np.where(before < start, first, later)))
    return found


def scale_of(size_in: int, size_out: int) -> np.float32:
    """Input pixels for each output pixel."""
    return np.float32(size_in / size_out)


def _centers(size_in: int, size_out: int, outputs: range) -> Floats:
    return (np.arange(outputs.start, outputs.stop, dtype=np.float32) + _HALF) * scale_of(size_in, size_out)


def _cubic_tables() -> tuple[Floats, Floats]:
    """Keys' cubic with a = -0.5 in steps of 1/1024: within a pixel of the center, and within two."""
    x = np.arange(_STEPS + 1) / _STEPS
    z = x + 1.0
    near = ((1.5 * x - 2.5) * x) * x + 1.0
    far = ((-0.5 * z + 2.5) * z - 4.0) * z + 2.0
    return near.astype(np.float32), far.astype(np.float32)


_NEAR, _FAR = _cubic_tables()
