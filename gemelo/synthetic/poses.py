"""Bodies: one function for each pose, from the tail at the back to the head at the front.

A body stands on y = 0 and is about one unit tall; y grows downwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gemelo.synthetic import cat, dog
from gemelo.synthetic.canvas import Canvas, Clip
from gemelo.synthetic.coat import cover
from gemelo.synthetic.colors import INK, chance, darker, lighter
from gemelo.synthetic.look import Look
from gemelo.synthetic.shapes import Points, ellipse, fluffy, ribbon, smooth, symmetric

_ANIMALS = {"cat": cat, "dog": dog}
HEAD = 0.31


@dataclass(frozen=True)
class Pose:
    """A way to draw a body.

    Attributes:
        draw: draws the animal standing on (0, 0).
        extent: left, top, right and bottom of what it covers, in body units.
        shadow: half width of the shadow on the ground; 0 draws none.
    """

    draw: Callable[[Canvas, Look, np.random.Generator], None]
    extent: tuple[float, float, float, float]
    shadow: float


def _head(
    canvas: Canvas,
    look: Look,
    rng: np.random.Generator,
    x: float,
    y: float,
    scale: float = HEAD,
    *,
    asleep: bool = False,
) -> None:
    spot = canvas.place(x, y, scale * float(rng.uniform(0.93, 1.07)), angle=look.tilt)
    _ANIMALS[look.species].head(spot, look, rng, asleep=asleep)


def _tail(canvas: Canvas, look: Look, rng: np.random.Generator, spine: ArrayLike) -> None:
    """A tail along `spine`; a dog's is shorter."""
    widths, length = _ANIMALS[look.species].tail(look)
    line = np.asarray(spine, dtype=np.float64)
    line = line[0] + (line - line[0]) * length * rng.uniform(0.85, 1.1)
    outline = ribbon(line, widths, steps=6)
    coat = look.coat
    if coat.fluff:
        outline = fluffy(outline, coat.fluff, rng, tufts=24)
    canvas.fill(outline, coat.extremity)
    clip = canvas.clip(outline)
    if coat.pattern == "tabby":
        rings = np.linspace(0.15, 0.95, 5)[:, None] * (line[-1] - line[0]) + line[0]
        canvas.marks(
            clip,
            [ellipse(x, y, 0.035, 0.09, angle=float(rng.uniform(0, 90)), steps=12) for x, y in rings],
            coat.dark,
            0.8,
        )
    if coat.socks:
        canvas.marks(clip, [ellipse(line[-1][0], line[-1][1], 0.09, 0.09, steps=14)], coat.light)
    canvas.stroke(np.concatenate([outline, outline[:2]]), coat.outline, 0.018)


def _leg(
    canvas: Canvas, look: Look, spine: ArrayLike, *, thick: float = 0.062, far: bool = False, paw: bool = True
) -> None:
    """A leg down `spine` with a paw at its end; a far one lies in the shade."""
    coat = look.coat
    outline = ribbon(spine, (thick * 1.15, thick, thick * 0.95), steps=5)
    shade = 0.32 if far else 0.0
    canvas.fill(outline, darker(coat.base, shade))
    end = np.asarray(spine, dtype=np.float64)[-1]
    if coat.socks or coat.pattern == "points":
        canvas.marks(canvas.clip(outline), [ellipse(end[0], end[1], 0.12, 0.13)], darker(coat.paw, shade))
    # Lines only down its sides: the thigh grows out of the body without a seam.
    side = (len(outline) - 12) // 2
    canvas.stroke(outline[side // 3 : 2 * side + 6 - side // 3], coat.outline, 0.018)
    if paw:
        _paw(canvas, look, float(end[0]), float(end[1]), shade=shade)


def _paw(canvas: Canvas, look: Look, x: float, y: float, *, shade: float = 0.0, size: float = 1.0) -> None:
    color = darker(look.coat.paw, shade)
    canvas.fill(ellipse(x, y, 0.085 * size, 0.055 * size), color, outline=look.coat.outline, width=0.018)
    for dx in (-0.028, 0.028):
        canvas.stroke(
            np.array([[x + dx * size, y + 0.045 * size], [x + dx * size, y + 0.012 * size]]),
            look.coat.outline,
            0.013,
        )


def _chest(canvas: Canvas, look: Look, clip: Clip | None, rng: np.random.Generator, patch: Points) -> None:
    coat = look.coat
    if coat.pattern in ("tuxedo", "tabby", "saddle") or (coat.pattern == "solid" and look.blaze):
        canvas.marks(clip, [fluffy(patch, 0.03, rng, tufts=14)], coat.light, 0.95)


def _collar(canvas: Canvas, look: Look, x: float, y: float, width: float, *, angle: float = 0.0) -> None:
    """A collar with a tag, or nothing."""
    if look.collar is None:
        return
    spot = canvas.place(x, y, angle=angle)
    band = ribbon([(-width, -0.03), (0.0, 0.035), (width, -0.03)], (0.026, 0.03, 0.026))
    spot.fill(band, look.collar, outline=darker(look.collar, 0.5), width=0.013)
    spot.fill(ellipse(0.0, 0.085, 0.036, 0.036, steps=16), (244, 204, 84), outline=(140, 100, 30), width=0.012)


def _sit(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    b, coat = look.build, look.coat
    lift = rng.uniform(-0.5, -0.25)
    _tail(
        canvas,
        look,
        rng,
        [(0.14 * b, -0.07), (0.36 * b, -0.04), (0.5 * b, -0.2), (0.42 * b, lift), (0.5 * b, lift - 0.09)],
    )
    for side in (-1.0, 1.0):
        cover(canvas, ellipse(side * 0.19 * b, -0.16, 0.15 * b, 0.165), coat, rng)
        _paw(canvas, look, side * 0.25 * b, -0.035, size=1.2)
    torso = symmetric(
        [(0, -0.68), (0.13 * b, -0.62), (0.19 * b, -0.42), (0.215 * b, -0.18), (0.17 * b, -0.03), (0, -0.015)]
    )
    clip = cover(canvas, torso, coat, rng)
    _chest(canvas, look, clip, rng, ellipse(0, -0.4, 0.115 * b, 0.2))
    waves = chance(rng, 0.16)
    _leg(canvas, look, [(-0.085, -0.34), (-0.09, -0.18), (-0.085, -0.05)])
    if waves:
        _leg(canvas, look, [(0.12, -0.36), (0.24, -0.4), (0.32, -0.54)])
    else:
        _leg(canvas, look, [(0.085, -0.34), (0.09, -0.18), (0.085, -0.05)])
    _collar(canvas, look, 0, -0.5, 0.15 * b)
    _head(canvas, look, rng, look.turn[0] * 0.03, -0.75)


def _lie(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    b, coat = look.build, look.coat
    _tail(canvas, look, rng, [(0.5, -0.1), (0.66, -0.04), (0.74, -0.14), (0.68, -0.28), (0.74, -0.36)])
    back = 0.4 * b
    body = smooth(
        [
            (-0.36, -0.3),
            (-0.16, -back),
            (0.2, -back + 0.02),
            (0.48, -0.3),
            (0.56, -0.1),
            (0.44, -0.015),
            (-0.3, -0.015),
            (-0.42, -0.14),
        ]
    )
    clip = cover(canvas, body, coat, rng)
    _chest(canvas, look, clip, rng, ellipse(-0.34, -0.2, 0.13, 0.17))
    cover(canvas, ellipse(0.36, -0.15, 0.2, 0.145 * b), coat, rng)
    _paw(canvas, look, 0.24, -0.04, size=1.25)
    _leg(canvas, look, [(-0.2, -0.1), (-0.36, -0.06), (-0.5, -0.05)], thick=0.056)
    _leg(canvas, look, [(-0.1, -0.08), (-0.24, -0.045), (-0.38, -0.04)], thick=0.056)
    _collar(canvas, look, -0.3, -0.29, 0.15)
    _head(canvas, look, rng, -0.3, -0.5)


def _stand(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    b, coat = look.build, look.coat
    step = float(rng.uniform(-0.09, 0.09))
    curl = rng.uniform(-0.2, 0.12)
    _tail(
        canvas,
        look,
        rng,
        [(0.36, -0.5), (0.52, -0.6), (0.56, -0.8), (0.52 + curl, -0.95), (0.56 + 1.6 * curl, -1.02)],
    )
    for x, swing in ((-0.2, -step), (0.32, step)):
        _leg(canvas, look, [(x, -0.36), (x + 0.4 * swing, -0.2), (x + swing, -0.05)], far=True)
    belly = -0.3 + 0.07 * (b - 1)
    body = smooth(
        [
            (-0.4, -0.5),
            (-0.24, -0.63 * b**0.3),
            (0.08, -0.6),
            (0.34, -0.63 * b**0.3),
            (0.46, -0.46),
            (0.38, -0.28),
            (0.04, belly),
            (-0.28, belly + 0.03),
            (-0.42, -0.36),
        ]
    )
    clip = cover(canvas, body, coat, rng)
    _chest(canvas, look, clip, rng, ellipse(-0.38, -0.36, 0.14, 0.17))
    for x, swing in ((-0.3, step), (0.36, -step)):
        _leg(canvas, look, [(x, -0.36), (x + 0.4 * swing, -0.2), (x + swing, -0.05)], thick=0.066)
    _collar(canvas, look, -0.37, -0.55, 0.14, angle=12)
    _head(canvas, look, rng, -0.4, -0.75, HEAD * 0.94)


def _bow(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """The invitation to play: chest down, rear up."""
    b, coat = look.build, look.coat
    wag = rng.uniform(-0.12, 0.12)
    _tail(
        canvas,
        look,
        rng,
        [(0.4, -0.55), (0.5, -0.68), (0.56, -0.86), (0.6 + wag, -0.98), (0.66 + wag, -1.02)],
    )
    _leg(canvas, look, [(0.24, -0.36), (0.2, -0.2), (0.26, -0.05)], far=True)
    _leg(canvas, look, [(-0.2, -0.16), (-0.42, -0.1), (-0.6, -0.06)], far=True, thick=0.052)
    body = smooth(
        [
            (-0.4, -0.3),
            (-0.2, -0.4),
            (0.1, -0.52),
            (0.34, -0.64 * b**0.3),
            (0.5, -0.5),
            (0.44, -0.28),
            (0.16, -0.22),
            (-0.18, -0.08),
            (-0.38, -0.12),
        ]
    )
    clip = cover(canvas, body, coat, rng)
    _chest(canvas, look, clip, rng, ellipse(-0.36, -0.16, 0.14, 0.12))
    _leg(canvas, look, [(0.38, -0.36), (0.34, -0.2), (0.4, -0.05)], thick=0.07)
    _leg(canvas, look, [(-0.16, -0.12), (-0.34, -0.07), (-0.5, -0.05)], thick=0.056)
    _head(canvas, look, rng, -0.36, -0.46, HEAD * 0.96)


def _curl(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Asleep, rolled up."""
    coat = look.coat
    body = smooth(
        [
            (-0.42, -0.16),
            (-0.3, -0.36),
            (0.02, -0.46 * look.build**0.4),
            (0.36, -0.36),
            (0.48, -0.16),
            (0.34, -0.02),
            (-0.3, -0.02),
        ]
    )
    cover(canvas, body, coat, rng)
    haunch = smooth([(0.06, -0.06), (0.1, -0.26), (0.26, -0.34), (0.4, -0.24)], closed=False)
    canvas.stroke(haunch, coat.outline, 0.018)
    _head(canvas, look, rng, -0.2, -0.24, HEAD * 0.86, asleep=True)
    _tail(canvas, look, rng, [(0.45, -0.12), (0.34, -0.03), (0.1, -0.02), (-0.12, -0.03), (-0.24, -0.04)])


def _portrait(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Head and shoulders; the body goes on below the picture's edge."""
    b = look.build
    bust = symmetric([(0, -0.62), (0.16 * b, -0.55), (0.28 * b, -0.3), (0.34 * b, 0.1), (0.3 * b, 0.5), (0, 0.55)])
    clip = cover(canvas, bust, look.coat, rng)
    _chest(canvas, look, clip, rng, ellipse(0, -0.18, 0.16 * b, 0.3))
    _collar(canvas, look, 0, -0.46, 0.18 * b)
    _head(canvas, look, rng, look.turn[0] * 0.03, -0.68, HEAD * 1.1)


def _peek(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Only a face and two paws over the rim of something."""
    _head(canvas, look, rng, 0, -0.34, HEAD * 1.1)
    wood = (
        darker((206, 158, 106), float(rng.uniform(0, 0.4)))
        if chance(rng, 0.6)
        else lighter(INK, float(rng.uniform(0.2, 0.8)))
    )
    board = np.array([[-3.0, -0.1], [3.0, -0.1], [3.0, 2.0], [-3.0, 2.0]])
    canvas.fill(board, wood)
    canvas.stroke(board[:2], darker(wood, 0.5), 0.022)
    canvas.glaze(np.array([[-3.0, -0.09], [3.0, -0.09], [3.0, -0.03], [-3.0, -0.03]]), (255, 255, 255), 0.25)
    for side in (-1.0, 1.0):
        _paw(canvas, look, side * 0.26, -0.075, size=1.25)


POSES: dict[str, Pose] = {
    "sit": Pose(_sit, (-0.42, -1.14, 0.5, 0.03), 0.4),
    "lie": Pose(_lie, (-0.62, -0.9, 0.72, 0.03), 0.62),
    "stand": Pose(_stand, (-0.72, -1.12, 0.66, 0.03), 0.5),
    "bow": Pose(_bow, (-0.7, -1.02, 0.7, 0.03), 0.56),
    "curl": Pose(_curl, (-0.54, -0.56, 0.56, 0.03), 0.5),
    "portrait": Pose(_portrait, (-0.4, -1.08, 0.4, 0.1), 0.0),
    "peek": Pose(_peek, (-0.42, -0.76, 0.42, 0.2), 0.0),
}
# Cats sit and sleep more, dogs stand and play more, but both do all of it.
ODDS = {
    "cat": {"sit": 3.4, "lie": 1.4, "stand": 0.6, "bow": 0.2, "curl": 1.2, "portrait": 5.0, "peek": 1.2},
    "dog": {"sit": 2.6, "lie": 1.0, "stand": 1.8, "bow": 0.9, "curl": 0.2, "portrait": 5.0, "peek": 1.0},
}
