"""Pillow's filters by formula (`src/libImaging/Resample.c` and `Geometry.c`), for one axis.

Pillow itself resizes wherever it can. The formulas are for photos with borders that nobody makes room for, and
`web_demo/src/photo/pillow.ts` has the same, as one sine of its own: those of browsers differ in the last bit.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Weights are whole numbers of 1/2**22.
BITS = 22


def nearest(size_in: int, size_out: int, outputs: range, low: float, high: float) -> NDArray[np.intp]:
    """The input pixel of each output pixel that is asked for; `low` and `high` bound what is sampled."""
    step = float(np.float32(np.float32(high) - np.float32(low))) / size_out
    steps = np.full(outputs.stop, step)
    steps[0] = float(np.float32(low)) + step * 0.5
    places = np.add.accumulate(steps).astype(np.intp)  # a running sum, as in Pillow
    return np.minimum(places, size_in - 1)[outputs.start :]


def weights(filter: str, size_in: int, size_out: int, outputs: range) -> Iterator[tuple[int, NDArray[np.int32]]]:
    """For each output pixel that is asked for, the first input pixel it sees, and the weights from there on."""
    support, kernel = _KERNELS[filter]
    scale = size_in / size_out
    stretch = max(scale, 1.0)
    reach = support * stretch
    for i in outputs:
        center = (i + 0.5) * scale
        first = max(int(center - reach + 0.5), 0)
        end = min(int(center + reach + 0.5), size_in)
        found = kernel((np.arange(first, end, dtype=np.float64) - center + 0.5) * (1.0 / stretch))
        total = np.add.accumulate(found)[-1]  # one by one, as in C: the last bit counts
        found = found / total if total != 0 else found
        yield first, np.trunc(found * (1 << BITS) + np.copysign(0.5, found)).astype(np.int32)


def _box(x: Floats) -> Floats:
    return np.where((x > -0.5) & (x <= 0.5), 1.0, 0.0)


def _bilinear(x: Floats) -> Floats:
    return np.maximum(0.0, 1.0 - np.abs(x))


def _hamming(x: Floats) -> Floats:
    sine, cosine = _turn(x)
    window = float(np.float32(0.54)) + float(np.float32(0.46)) * cosine
    return np.where(np.abs(x) < 1, _over(sine, x) * window, 0.0)


def _bicubic(x: Floats) -> Floats:
    x = np.abs(x)
    near = ((1.5 * x) - 2.5) * x * x + 1.0
    far = (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _lanczos(x: Floats) -> Floats:
    third = x / 3.0
    return np.where((x >= -3) & (x < 3), _over(_turn(x)[0], x) * _over(_turn(third)[0], third), 0.0)


def _over(sine: Floats, x: Floats) -> Floats:
    """sin(pi x) / (pi x)."""
    return np.where(x == 0, 1.0, sine / np.where(x == 0, 1.0, x * np.pi))


def _turn(x: Floats) -> tuple[Floats, Floats]:
    """Sine and cosine of pi x, by their series within an eighth of a turn."""
    quarter = np.floor(2.0 * x + 0.5)
    angle = (x - quarter / 2.0) * np.pi
    square = angle * angle
    sine, cosine = _series(angle, square, 3, 15), _series(np.ones_like(x), square, 2, 14)
    turned = np.mod(quarter, 4)
    swapped = (turned == 1) | (turned == 3)
    sines, cosines = np.where(swapped, cosine, sine), np.where(swapped, sine, cosine)
    return np.where(turned >= 2, -sines, sines), np.where((turned == 1) | (turned == 2), -cosines, cosines)


def _series(first: Floats, square: Floats, start: int, end: int) -> Floats:
    total, term = first, first
    for k in range(start, end + 1, 2):
        term = term * square / -((k - 1.0) * k)
        total = total + term
    return total


_KERNELS: dict[str, tuple[float, Callable[[Floats], Floats]]] = {
    "pillow-box": (0.5, _box),
    "pillow-bilinear": (1.0, _bilinear),
    "pillow-hamming": (1.0, _hamming),
    "pillow-bicubic": (2.0, _bicubic),
    "pillow-lanczos": (3.0, _lanczos),
}
