"""Eyes, nose, mouth and whiskers: what both animals' faces are made of."""

from __future__ import annotations

import numpy as np

from gemelo.synthetic.canvas import Canvas
from gemelo.synthetic.colors import INK, PINK, WHITE, Color, darker, lighter
from gemelo.synthetic.look import Look
from gemelo.synthetic.shapes import Points, ellipse, smooth

LINE = 0.055


def shifted(look: Look, depth: float) -> tuple[float, float]:
    """How far a feature `depth` in front of the head moves when the head turns."""
    return look.turn[0] * depth, look.turn[1] * depth * 0.7


def eye(canvas: Canvas, look: Look, side: float, x: float, y: float, radius: float) -> None:
    """One eye, open or shut by the look's mood. `side` is -1 for the left, 1 for the right one."""
    spot = canvas.place(x, y, radius)
    mood = look.mood
    if mood == "happy" or (mood == "wink" and side > 0):
        arc = smooth([(-1.0, 0.35), (-0.55, -0.35), (0.0, -0.6), (0.55, -0.35), (1.0, 0.35)], closed=False)
        spot.stroke(arc, INK, 0.3)
        return
    _open_eye(spot, look, wide=1.18 if mood == "wide" else 1.0)
    if mood == "sleepy":
        lid = np.array([[-1.35, -1.4], [1.35, -1.4], [1.3, 0.0], [-1.3, 0.0]])
        spot.marks(spot.clip(ellipse(0, 0, 1.18, 1.18)), [lid], lighter(look.coat.base, 0.12))
        spot.stroke(np.array([[-1.15, 0.0], [1.15, 0.0]]), INK, 0.26)


def _open_eye(spot: Canvas, look: Look, *, wide: float) -> None:
    cat = look.species == "cat"
    spot.fill(ellipse(0, 0, 1.2 * wide, (1.08 if cat else 1.2) * wide), INK)
    spot.fill(ellipse(0, 0, 1.0 * wide, (0.88 if cat else 0.98) * wide), look.eyes)
    spot.glaze(ellipse(0, 0.45 * wide, 0.7 * wide, 0.42 * wide), lighter(look.eyes, 0.5), 0.7)
    gaze_x, gaze_y = look.turn[0] * 0.22, look.turn[1] * 0.15
    pupil = (0.5 if wide > 1 else 0.34) if cat else 0.66
    spot.fill(ellipse(gaze_x, gaze_y, pupil * wide, (0.8 if cat else 0.68) * wide), INK)
    spot.fill(ellipse(gaze_x - 0.32, gaze_y - 0.38, 0.3, 0.3, steps=14), WHITE)
    spot.fill(ellipse(gaze_x + 0.32, gaze_y + 0.32, 0.14, 0.14, steps=10), WHITE)


def closed_eye(canvas: Canvas, x: float, y: float, radius: float) -> None:
    """An eye asleep: a curve that hangs down."""
    arc = smooth([(-1.0, -0.15), (-0.5, 0.35), (0.0, 0.5), (0.5, 0.35), (1.0, -0.15)], closed=False)
    canvas.place(x, y, radius).stroke(arc, INK, 0.28)


def mouth(canvas: Canvas, x: float, y: float, width: float, *, tongue: bool, open_wide: bool = False) -> None:
    """The mouth below a nose at (x, y): a stem and two curves, with a tongue or an open jaw."""
    spot = canvas.place(x, y, width)
    if open_wide:
        jaw = smooth([(-0.62, 0.55), (0.0, 0.68), (0.62, 0.55), (0.42, 1.25), (0.0, 1.5), (-0.42, 1.25)])
        spot.fill(jaw, (110, 44, 56), outline=INK, width=0.12)
        spot.marks(spot.clip(jaw), [ellipse(0, 1.35, 0.42, 0.5)], (232, 112, 124))
    elif tongue:
        lick = smooth([(-0.3, 0.6), (0.3, 0.6), (0.34, 1.15), (0.0, 1.42), (-0.34, 1.15)])
        spot.fill(lick, (236, 120, 130), outline=darker((236, 120, 130), 0.5), width=0.1)
        spot.stroke(np.array([[0.0, 0.7], [0.0, 1.1]]), (196, 84, 98), 0.08)
    for side in (-1.0, 1.0):
        curve: Points = np.array([[0.0, 0.0], [0.0, 0.45], [0.35 * side, 0.72], [0.75 * side, 0.6], [0.95 * side, 0.4]])
        spot.stroke(smooth(curve, closed=False), INK, 0.15)


def whiskers(canvas: Canvas, x: float, y: float, length: float, color: Color, *, thick: float = 0.022) -> None:
    """Three whiskers on either side of (x, y)."""
    for side in (-1.0, 1.0):
        for lift in (-0.24, 0.0, 0.22):
            line = [(0.28, lift * 0.4), (0.62, lift * 0.75), (1.0, lift + 0.05)]
            points = smooth(np.array(line) * np.array([side * length, length]), closed=False) + np.array([x, y])
            canvas.stroke(points, color, thick)


def blush(canvas: Canvas, x: float, y: float) -> None:
    """Rosy cheeks at (-x, y) and (x, y)."""
    for side in (-1.0, 1.0):
        canvas.glaze(ellipse(side * x, y, 0.17, 0.11), PINK, 0.4)


def blaze(canvas: Canvas, look: Look, head: Points) -> None:
    """A light stripe from the forehead to the nose."""
    dx, _ = shifted(look, 0.2)
    stripe = smooth(
        [
            (dx - 0.08, -1.2),
            (dx + 0.08, -1.2),
            (dx + 0.16, -0.1),
            (dx + 0.4, 0.5),
            (dx - 0.4, 0.5),
            (dx - 0.16, -0.1),
        ]
    )
    canvas.marks(canvas.clip(head), [stripe], look.coat.light)
