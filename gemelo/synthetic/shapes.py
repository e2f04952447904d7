"""Outlines as arrays of points, float64 (n, 2), x to the right and y down, in whatever unit the caller draws in."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]


def points(text: str) -> Points:
    """Points as SVG writes them: "x,y x,y ..."."""
    return np.array([pair.split(",") for pair in text.split()], dtype=np.float64)


def box(x0: float, y0: float, x1: float, y1: float) -> Points:
    """The corners of a rectangle."""
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def moved(outline: Points, x: float, y: float) -> Points:
    """An outline at another place."""
    shifted: Points = outline + np.array([x, y])
    return shifted


def ellipse(x: float, y: float, rx: float, ry: float, *, angle: float = 0.0, steps: int = 26) -> Points:
    """An ellipse around (x, y), turned by `angle` degrees."""
    outline: Points = _circle(steps) * (rx, ry)
    if angle:
        c, s = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
        outline = outline @ np.array([[c, s], [-s, c]])
    return moved(outline, x, y)


@lru_cache(maxsize=64)
def _circle(steps: int) -> Points:
    t = np.linspace(0.0, 2.0 * np.pi, steps, endpoint=False)
    return np.column_stack([np.cos(t), np.sin(t)])


def smooth(knots: ArrayLike, *, closed: bool = True, steps: int = 6) -> Points:
    """A Catmull-Rom curve through `knots` (n, 2)."""
    p1 = np.asarray(knots, dtype=np.float64)
    if closed:
        p0, p2, p3 = np.roll(p1, 1, 0), np.roll(p1, -1, 0), np.roll(p1, -2, 0)
    else:
        padded = np.concatenate([p1[:1], p1, p1[-1:]])
        p0, p1, p2, p3 = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    flat = (_basis(steps) @ np.stack([p0, p1, p2, p3], axis=1)).reshape(-1, 2)
    return flat if closed else np.concatenate([flat, padded[-1:]])


@lru_cache(maxsize=64)
def _basis(steps: int) -> Points:
    """Catmull-Rom weights (steps, 4) of the four knots around a stretch of curve."""
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
    powers = np.concatenate([np.ones_like(t), t, t**2, t**3], axis=1)
    weights: Points = powers @ (0.5 * np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]))
    return weights


def symmetric(right: Points) -> Points:
    """A closed smooth outline from its right half, listed from top to bottom and mirrored in x = 0."""
    inner = right[np.abs(right[:, 0]) > 1e-9][::-1]
    return smooth(np.concatenate([right, inner * np.array([-1.0, 1.0])]), steps=5)


def ribbon(spine: ArrayLike, widths: Sequence[float], *, steps: int = 5) -> Points:
    """A band around a smooth spine, its half widths interpolated along it, its ends round."""
    line = smooth(spine, closed=False, steps=steps)
    half = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(widths)), widths)
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) * half[:, None]
    end = _cap(line[-1], normal[-1], along[-1] * half[-1])
    return np.concatenate([line + normal, end, (line - normal)[::-1], _cap(line[0], -normal[0], -along[0] * half[0])])


def _cap(center: Points, normal: Points, forward: Points) -> Points:
    t = np.linspace(0.0, np.pi, 8)[1:-1, None]
    rounded: Points = center + np.cos(t) * normal + np.sin(t) * forward
    return rounded


def fluffy(outline: Points, amount: float, rng: np.random.Generator, *, tufts: int = 30) -> Points:
    """A closed outline with fur: pointed tufts that stand out by up to `amount`."""
    base = outline[np.linspace(0, len(outline), 2 * tufts, endpoint=False).astype(int) % len(outline)]
    outward = base - outline.mean(axis=0)
    outward /= np.maximum(np.hypot(outward[:, 0], outward[:, 1]), 1e-9)[:, None]
    reach = amount * rng.uniform(0.4, 1.0, len(base))
    reach[::2] *= -0.35
    lean = np.array([0.0, 0.5 * amount])
    furry: Points = base + outward * reach[:, None] + lean * (np.arange(len(base)) % 2)[:, None]
    return furry
