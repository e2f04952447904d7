"""The head and the tail of a cat."""

from __future__ import annotations

import numpy as np

from gemelo.synthetic import face
from gemelo.synthetic.canvas import Canvas, Clip
from gemelo.synthetic.coat import cover
from gemelo.synthetic.colors import INK, PINK, brightness, darker, lighter, mix
from gemelo.synthetic.look import Look
from gemelo.synthetic.shapes import Points, ellipse, fluffy, ribbon, smooth, symmetric

# Ears by name, right one: from the outer foot over the tip to the inner foot, in head units.
_EARS: dict[str, tuple[tuple[float, float], ...]] = {
    "pointed": ((0.98, -0.2), (0.98, -0.8), (0.88, -1.2), (0.8, -1.22), (0.48, -0.98), (0.14, -0.62)),
    "tall": ((0.96, -0.2), (1.08, -0.95), (1.0, -1.48), (0.92, -1.5), (0.5, -1.08), (0.16, -0.6)),
    "wide": ((1.0, -0.05), (1.2, -0.6), (1.2, -1.0), (1.12, -1.04), (0.66, -0.92), (0.2, -0.66)),
    "folded": ((0.96, -0.3), (1.06, -0.52), (1.02, -0.72), (0.9, -0.82), (0.5, -0.86), (0.18, -0.7)),
}
_HEAD = ((0.0, -0.82), (0.5, -0.74), (0.86, -0.4), (1.02, 0.05), (0.92, 0.42), (0.56, 0.72), (0.0, 0.84))


def head(canvas: Canvas, look: Look, rng: np.random.Generator, *, asleep: bool = False) -> None:
    """Draws a cat's head of half width 1 around the origin."""
    unit = 0.27
    for side in (-1.0, 1.0):
        _ear(canvas, look, side)
    outline = symmetric(_HEAD)
    if look.coat.fluff:
        outline = _cheeks(outline, rng)
    clip = cover(canvas, outline, look.coat, rng, scale=unit, tufts=20)
    _markings(canvas, look, clip)
    if look.blaze:
        face.blaze(canvas, look, outline)
    _features(canvas, look, asleep=asleep)


def tail(look: Look) -> tuple[tuple[float, ...], float]:
    """Half widths from root to tip, in body units, and how far it curls."""
    thick = 0.036 + 0.9 * look.coat.fluff
    return (thick, thick * 1.08, thick * 1.05, thick * 0.8), 1.0


def _ear(canvas: Canvas, look: Look, side: float) -> None:
    knots = np.array(_EARS[look.ears]) * np.array([side * (1 + 0.12 * side * look.turn[0]), 1.0])
    outer = smooth(knots, closed=False, steps=5)
    coat = look.coat
    canvas.fill(outer, coat.extremity, outline=coat.outline, width=0.075)
    center = outer.mean(axis=0)
    inner = center + (outer - center) * 0.62 + np.array([0.0, 0.04])
    if look.ears != "folded":
        canvas.fill(inner, mix(PINK, coat.extremity, 0.25))
        tuft = ribbon(center + np.array([[-0.16 * side, 0.3], [-0.04 * side, 0.0]]), (0.09, 0.02), steps=3)
        canvas.fill(tuft, lighter(coat.base, 0.35))
    else:
        canvas.stroke(smooth(knots[1:5] + np.array([0.0, 0.16]), closed=False), coat.outline, 0.06)


def _cheeks(outline: Points, rng: np.random.Generator) -> Points:
    # Tufts only at the cheeks: a furry skull looks like a lion's mane.
    furry = fluffy(outline, 0.13, rng, tufts=20)
    low = furry[:, 1] > 0.0
    rest = np.array([outline[np.argmin(np.hypot(*(outline - p).T))] for p in furry])
    return np.where(low[:, None], furry, rest)


def _markings(canvas: Canvas, look: Look, clip: Clip | None) -> None:
    coat = look.coat
    dx, dy = face.shifted(look, 0.14)
    if coat.pattern == "tabby":
        bars = [
            ribbon([(dx + x, -0.95), (dx + x * 0.8, -0.6), (dx + x * 0.7, -0.42)], (0.07, 0.07, 0.02), steps=3)
            for x in (-0.3, 0.0, 0.3)
        ]
        bars += [_cheek_bar(side, y) for side in (-1.0, 1.0) for y in (0.12, 0.36)]
        canvas.marks(clip, bars, coat.dark, 0.85)
    if coat.pattern == "points":
        canvas.marks(clip, [ellipse(dx, 0.25 + dy, 0.62, 0.66)], coat.dark, 0.8)
    if coat.pattern in ("tuxedo", "tabby", "solid", "patches", "saddle", "spots"):
        dx, dy = face.shifted(look, 0.2)
        canvas.marks(clip, [ellipse(dx, 0.52 + dy, 0.46, 0.32)], coat.light, 0.95)


def _cheek_bar(side: float, y: float) -> Points:
    return ribbon([(1.1 * side, y - 0.05), (0.86 * side, y), (0.62 * side, y + 0.04)], (0.06, 0.06, 0.01), steps=3)


def _features(canvas: Canvas, look: Look, *, asleep: bool) -> None:
    dx, dy = face.shifted(look, 0.18)
    for side in (-1.0, 1.0):
        x = side * 0.43 * (1 - 0.12 * side * look.turn[0]) + dx
        if asleep:
            face.closed_eye(canvas, x, 0.08 + dy, 0.2)
        else:
            face.eye(canvas, look, side, x, 0.02 + dy, 0.24)
    face.blush(canvas, 0.66, 0.34)
    nx, ny = dx * 1.5, 0.36 + dy * 1.4
    muzzle = look.coat.dark if look.coat.pattern == "points" else look.coat.light
    face.mouth(canvas, nx, ny + 0.06, 0.24, tongue=look.tongue)
    nose = smooth(
        [
            (nx - 0.12, ny - 0.06),
            (nx, ny - 0.09),
            (nx + 0.12, ny - 0.06),
            (nx + 0.03, ny + 0.07),
            (nx - 0.03, ny + 0.07),
        ],
        steps=4,
    )
    pink = brightness(look.coat.base) > 100
    canvas.fill(nose, darker(PINK, 0.12) if pink else INK, outline=INK, width=0.035)
    pale = brightness(look.coat.base) < 110
    face.whiskers(canvas, nx, ny + 0.16, 1.05, (236, 232, 226) if pale else darker(muzzle, 0.55))
