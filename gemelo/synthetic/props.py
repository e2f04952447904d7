"""Things that stand in front of an animal and hide some of it, and toys beside it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gemelo.synthetic.canvas import Canvas
from gemelo.synthetic.colors import BRIGHT, WHITE, chance, darker, jitter, lighter, pick
from gemelo.synthetic.shapes import ellipse, ribbon, smooth

# Drawn around (0, 0) on the ground, about one unit tall where they are tall.
Prop = Callable[[Canvas, np.random.Generator], None]


def _plant(canvas: Canvas, rng: np.random.Generator) -> None:
    leaf, pot = jitter((82, 142, 90), rng, 20), jitter((196, 112, 82), rng, 20)
    for angle in np.linspace(-62, 62, int(rng.integers(5, 9))) + rng.uniform(-6, 6):
        tip = canvas.place(0, -0.2, float(rng.uniform(0.3, 0.46)), angle=float(angle))
        blade = smooth([(0, 0.05), (0.14, -0.4), (0.05, -1.0), (0, -1.1), (-0.1, -0.8), (-0.12, -0.3)])
        tip.fill(blade, leaf, outline=darker(leaf, 0.4), width=0.03)
        tip.stroke(np.array([[0.0, -0.1], [0.0, -0.8]]), darker(leaf, 0.25), 0.03)
    canvas.fill(
        np.array([[-0.15, -0.24], [0.15, -0.24], [0.11, 0.02], [-0.11, 0.02]]),
        pot,
        outline=darker(pot, 0.5),
        width=0.018,
    )
    canvas.fill(
        np.array([[-0.17, -0.29], [0.17, -0.29], [0.17, -0.21], [-0.17, -0.21]]),
        lighter(pot, 0.12),
        outline=darker(pot, 0.5),
        width=0.018,
    )


def _box(canvas: Canvas, rng: np.random.Generator) -> None:
    card = jitter((202, 160, 112), rng, 14)
    w, h = float(rng.uniform(0.26, 0.4)), float(rng.uniform(0.22, 0.36))
    line = darker(card, 0.5)
    canvas.fill(np.array([[-w, -h], [w, -h], [w * 0.94, 0.02], [-w * 0.94, 0.02]]), card, outline=line, width=0.018)
    canvas.fill(
        np.array([[-w, -h], [-w * 0.1, -h], [-w * 0.2, -h + 0.1], [-w * 1.2, -h + 0.12]]),
        lighter(card, 0.2),
        outline=line,
        width=0.016,
    )
    canvas.fill(
        np.array([[w, -h], [w * 0.1, -h], [w * 0.2, -h + 0.1], [w * 1.2, -h + 0.12]]),
        lighter(card, 0.2),
        outline=line,
        width=0.016,
    )
    canvas.glaze(np.array([[-0.04, -h + 0.1], [0.04, -h + 0.1], [0.04, 0.0], [-0.04, 0.0]]), WHITE, 0.3)


def _ball(canvas: Canvas, rng: np.random.Generator) -> None:
    r, color = float(rng.uniform(0.09, 0.16)), pick(BRIGHT, rng)
    ball = ellipse(0, -r, r, r, steps=30)
    canvas.fill(ball, color)
    stripe = ribbon([(-r * 1.1, -r * 0.7), (0, -r * 1.15), (r * 1.1, -r * 0.9)], (r * 0.2, r * 0.24, r * 0.2))
    canvas.marks(canvas.clip(ball), [stripe], lighter(color, 0.75))
    canvas.outside(canvas.clip(ball), ball + np.array([-0.3 * r, -0.3 * r]), darker(color, 0.5), 0.4)
    canvas.stroke(np.concatenate([ball, ball[:2]]), darker(color, 0.55), 0.018)


def _yarn(canvas: Canvas, rng: np.random.Generator) -> None:
    r, color = float(rng.uniform(0.1, 0.15)), pick(BRIGHT, rng)
    canvas.stroke(smooth([(0, -0.02), (0.2, 0.01), (0.3, -0.04), (0.44, 0.0)], closed=False), color, 0.02)
    canvas.fill(ellipse(0, -r, r, r), color, outline=darker(color, 0.5), width=0.018)
    for angle in (-50.0, -15.0, 20.0, 60.0):
        spot = canvas.place(0, -r, r, angle=angle)
        spot.stroke(smooth([(-0.8, 0.2), (0, -0.25), (0.8, 0.2)], closed=False), darker(color, 0.3), 0.07)


def _fence(canvas: Canvas, rng: np.random.Generator) -> None:
    wood = WHITE if chance(rng, 0.5) else jitter((170, 124, 84), rng, 16)
    line, tall = darker(wood, 0.45), float(rng.uniform(0.24, 0.4))
    for y in (-tall * 0.75, -tall * 0.3):
        canvas.fill(
            np.array([[-3, y], [3, y], [3, y + 0.05], [-3, y + 0.05]]),
            darker(wood, 0.1),
            outline=line,
            width=0.012,
        )
    for x in np.arange(-1.5, 1.5, 0.24) + float(rng.uniform(0, 0.2)):
        picket = np.array([[x, -tall], [x + 0.05, -tall - 0.06], [x + 0.1, -tall], [x + 0.1, 0.3], [x, 0.3]])
        canvas.fill(picket, wood, outline=line, width=0.014)


def _bowl(canvas: Canvas, rng: np.random.Generator) -> None:
    color = pick(BRIGHT, rng)
    canvas.fill(ellipse(0, -0.09, 0.15, 0.05), (126, 88, 62), outline=darker(color, 0.5), width=0.016)
    canvas.fill(
        smooth([(-0.15, -0.09), (0, -0.05), (0.15, -0.09), (0.18, 0.02), (0, 0.04), (-0.18, 0.02)]),
        color,
        outline=darker(color, 0.5),
        width=0.016,
    )


def _grass(canvas: Canvas, rng: np.random.Generator) -> None:
    leaf = jitter((104, 158, 84), rng, 24)
    for x in rng.uniform(-0.6, 0.6, 16).tolist():
        tall, lean = float(rng.uniform(0.14, 0.36)), float(rng.uniform(-0.08, 0.08))
        canvas.fill(
            ribbon([(x, 0.06), (x + lean * 0.3, -tall * 0.5), (x + lean, -tall)], (0.022, 0.018, 0.0), steps=3),
            darker(leaf, float(rng.uniform(0, 0.3))),
        )


PROPS: dict[str, Prop] = {
    "plant": _plant,
    "box": _box,
    "ball": _ball,
    "yarn": _yarn,
    "fence": _fence,
    "bowl": _bowl,
    "grass": _grass,
}
