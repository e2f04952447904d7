"""The head and the tail of a dog."""

from __future__ import annotations

import numpy as np

from gemelo.synthetic import face
from gemelo.synthetic.canvas import Canvas, Clip
from gemelo.synthetic.coat import cover
from gemelo.synthetic.colors import INK, PINK, WHITE, brightness, darker, lighter, mix
from gemelo.synthetic.look import Look
from gemelo.synthetic.shapes import Points, ellipse, fluffy, smooth, symmetric

# Ears by name, right one, in head units. Hanging ears lie over the head, standing ones behind it.
_EARS: dict[str, tuple[tuple[float, float], ...]] = {
    "floppy": (
        (0.5, -0.84),
        (0.92, -0.78),
        (1.22, -0.3),
        (1.22, 0.22),
        (1.02, 0.36),
        (0.84, 0.1),
        (0.72, -0.4),
    ),
    "long": ((0.56, -0.8), (0.98, -0.7), (1.28, -0.1), (1.34, 0.62), (1.1, 0.86), (0.86, 0.58), (0.74, -0.3)),
    "button": (
        (0.34, -0.86),
        (0.7, -1.08),
        (1.06, -0.94),
        (1.2, -0.58),
        (1.1, -0.36),
        (0.86, -0.5),
        (0.6, -0.66),
    ),
    "pricked": ((0.92, -0.26), (1.0, -0.86), (0.9, -1.32), (0.8, -1.34), (0.46, -1.04), (0.24, -0.64)),
    "bat": ((0.9, -0.3), (1.16, -0.8), (1.1, -1.26), (0.88, -1.38), (0.62, -1.14), (0.36, -0.66)),
}
_STANDING = ("pricked", "bat")
_HEAD = (
    (0.0, -0.86),
    (0.5, -0.8),
    (0.84, -0.46),
    (0.92, 0.0),
    (0.84, 0.4),
    (0.6, 0.76),
    (0.3, 0.95),
    (0.0, 1.0),
)


def head(canvas: Canvas, look: Look, rng: np.random.Generator, *, asleep: bool = False) -> None:
    """Draws a dog's head of half width 1 around the origin."""
    unit = 0.27
    standing = look.ears in _STANDING
    if standing:
        _ears(canvas, look, rng)
    outline = symmetric(_HEAD)
    clip = cover(canvas, outline, look.coat, rng, scale=unit, tufts=20)
    _markings(canvas, look, clip)
    if look.blaze:
        face.blaze(canvas, look, outline)
    if not standing:
        _ears(canvas, look, rng)
    _features(canvas, look, asleep=asleep)


def tail(look: Look) -> tuple[tuple[float, ...], float]:
    """Half widths from root to tip, in body units, and how far it curls."""
    thick = 0.04 + 1.2 * look.coat.fluff
    return (thick, thick * 1.15, thick * 0.95, thick * 0.45), 0.72


def _ears(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    coat = look.coat
    color = coat.dark if coat.pattern in ("points", "saddle", "patches", "spots") else darker(coat.base, 0.36)
    for side in (-1.0, 1.0):
        knots = np.array(_EARS[look.ears]) * np.array([side * (1 + 0.1 * side * look.turn[0]), 1.0])
        outer = smooth(knots, steps=5)
        if coat.fluff and look.ears in ("floppy", "long"):
            outer = fluffy(outer, 0.1, rng, tufts=14)
        canvas.fill(outer, color, outline=coat.outline, width=0.075)
        if look.ears in _STANDING:
            center = outer.mean(axis=0)
            canvas.fill(center + (outer - center) * 0.6 + np.array([0.0, 0.05]), mix(PINK, color, 0.35))


def _markings(canvas: Canvas, look: Look, clip: Clip | None) -> None:
    coat = look.coat
    dx, dy = face.shifted(look, 0.15)
    if coat.pattern in ("saddle", "tuxedo") and brightness(coat.base) < 120:
        brows = [ellipse(side * 0.36 + dx, -0.36 + dy, 0.13, 0.09) for side in (-1.0, 1.0)]
        canvas.marks(clip, brows, (206, 142, 84))
    if coat.pattern in ("patches", "spots"):
        side = 1.0 if look.turn[0] > 0 else -1.0
        canvas.marks(clip, [ellipse(side * 0.48 + dx, -0.06 + dy, 0.46, 0.5, angle=side * 20)], coat.dark)
    if coat.pattern == "points":
        canvas.marks(clip, [ellipse(dx, 0.3 + dy, 0.7, 0.75)], coat.dark, 0.75)


def _features(canvas: Canvas, look: Look, *, asleep: bool) -> None:
    dx, dy = face.shifted(look, 0.16)
    for side in (-1.0, 1.0):
        x = side * 0.4 * (1 - 0.1 * side * look.turn[0]) + dx
        if asleep:
            face.closed_eye(canvas, x, -0.04 + dy, 0.18)
        else:
            face.eye(canvas, look, side, x, -0.08 + dy, 0.18)
            brow = smooth(
                [(x - 0.14 * side, -0.4 + dy), (x + 0.04 * side, -0.46 + dy), (x + 0.18 * side, -0.38 + dy)],
                closed=False,
            )
            canvas.stroke(brow, look.coat.outline, 0.05)
    face.blush(canvas, 0.6, 0.3)
    _muzzle(canvas, look)


def _muzzle(canvas: Canvas, look: Look) -> None:
    coat, size = look.coat, look.muzzle
    dx, dy = face.shifted(look, 0.26)
    spot = canvas.place(dx, 0.44 + dy, size)
    color = lighter(coat.dark, 0.1) if coat.pattern == "points" else coat.light
    snout: Points = smooth(
        [
            (0, -0.34),
            (0.3, -0.22),
            (0.5, 0.12),
            (0.4, 0.4),
            (0, 0.5),
            (-0.4, 0.4),
            (-0.5, 0.12),
            (-0.3, -0.22),
        ]
    )
    clip = spot.clip(snout)
    spot.fill(snout, color, outline=darker(color, 0.3), width=0.04)
    spot.outside(clip, snout + np.array([coat.shade[0] * 0.5, -0.1]), darker(color, 0.4), 0.3)
    face.mouth(spot, 0.0, -0.04, 0.36, tongue=look.tongue, open_wide=look.tongue and look.mood in ("happy", "wide"))
    freckles = [(-0.3, 0.14), (-0.22, 0.24), (0.3, 0.14), (0.22, 0.24)]
    for x, y in freckles:
        spot.fill(ellipse(x, y, 0.022, 0.022, steps=8), darker(color, 0.45))
    nose = smooth([(-0.2, -0.26), (0, -0.32), (0.2, -0.26), (0.17, -0.08), (0, 0.02), (-0.17, -0.08)], steps=5)
    spot.fill(nose, INK if brightness(coat.base) < 215 else (74, 52, 56))
    spot.fill(ellipse(-0.05, -0.23, 0.075, 0.035, steps=10), mix(INK, WHITE, 0.6))
