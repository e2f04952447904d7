"""Things that stand in front of an animal and hide some of it, and toys beside it.

Each is drawn around (0, 0) on the ground, about one unit tall where it is tall.
"""

import numpy as np

from gemelo.synthetic.canvas import Canvas
from gemelo.synthetic.colors import BRIGHT, WHITE, Dice, darker, lighter
from gemelo.synthetic.shapes import box, ellipse, moved, points, ribbon, smooth

_BLADE = smooth(points("0,.05 .14,-.4 .05,-1 0,-1.1 -.1,-.8 -.12,-.3"))


def _plant(canvas: Canvas, dice: Dice) -> None:
    leaf, pot = dice.jitter((82, 142, 90), 20), dice.jitter((196, 112, 82), 20)
    for angle in np.linspace(-62, 62, int(dice.integers(5, 9))) + dice.uniform(-6, 6):
        tip = canvas.place(0, -0.2, dice.between(0.3, 0.46), angle=float(angle))
        tip.thing(_BLADE, leaf, 0.03, 0.4)
        tip.stroke([[0.0, -0.1], [0.0, -0.8]], darker(leaf, 0.25), 0.03)
    canvas.thing(points("-.15,-.24 .15,-.24 .11,.02 -.11,.02"), pot, 0.018)
    canvas.fill(box(-0.17, -0.29, 0.17, -0.21), lighter(pot, 0.12), darker(pot, 0.5), 0.018)


def _box(canvas: Canvas, dice: Dice) -> None:
    card = dice.jitter((202, 160, 112), 14)
    w, h = dice.between(0.26, 0.4), dice.between(0.22, 0.36)
    canvas.thing(np.array([[-w, -h], [w, -h], [w * 0.94, 0.02], [-w * 0.94, 0.02]]), card, 0.018)
    for x in (-w, w):
        flap = np.array([[x, -h], [x * 0.1, -h], [x * 0.2, -h + 0.1], [x * 1.2, -h + 0.12]])
        canvas.fill(flap, lighter(card, 0.2), darker(card, 0.5), 0.016)
    canvas.glaze(box(-0.04, -h + 0.1, 0.04, 0.0), WHITE, 0.3)


def _ball(canvas: Canvas, dice: Dice) -> None:
    r, color = dice.between(0.09, 0.16), dice.pick(BRIGHT)
    ball = ellipse(0, -r, r, r, steps=30)
    canvas.fill(ball, color)
    stripe = ribbon([(-r * 1.1, -r * 0.7), (0, -r * 1.15), (r * 1.1, -r * 0.9)], (r * 0.2, r * 0.24, r * 0.2))
    canvas.marks(canvas.clip(ball), [stripe], lighter(color, 0.75))
    canvas.outside(canvas.clip(ball), moved(ball, -0.3 * r, -0.3 * r), darker(color, 0.5), 0.4)
    canvas.ring(ball, darker(color, 0.55), 0.018)


def _yarn(canvas: Canvas, dice: Dice) -> None:
    r, color = dice.between(0.1, 0.15), dice.pick(BRIGHT)
    canvas.stroke(smooth(points("0,-.02 .2,.01 .3,-.04 .44,0"), closed=False), color, 0.02)
    canvas.thing(ellipse(0, -r, r, r), color, 0.018)
    for angle in (-50.0, -15.0, 20.0, 60.0):
        thread = smooth(points("-.8,.2 0,-.25 .8,.2"), closed=False)
        canvas.place(0, -r, r, angle=angle).stroke(thread, darker(color, 0.3), 0.07)


def _fence(canvas: Canvas, dice: Dice) -> None:
    wood = WHITE if dice.chance(0.5) else dice.jitter((170, 124, 84), 16)
    line, tall = darker(wood, 0.45), dice.between(0.24, 0.4)
    for y in (-tall * 0.75, -tall * 0.3):
        canvas.fill(box(-3, y, 3, y + 0.05), darker(wood, 0.1), line, 0.012)
    for x in np.arange(-1.5, 1.5, 0.24) + dice.between(0, 0.2):
        picket = np.array([[x, -tall], [x + 0.05, -tall - 0.06], [x + 0.1, -tall], [x + 0.1, 0.3], [x, 0.3]])
        canvas.fill(picket, wood, line, 0.014)


def _bowl(canvas: Canvas, dice: Dice) -> None:
    color = dice.pick(BRIGHT)
    canvas.fill(ellipse(0, -0.09, 0.15, 0.05), (126, 88, 62), darker(color, 0.5), 0.016)
    canvas.thing(smooth(points("-.15,-.09 0,-.05 .15,-.09 .18,.02 0,.04 -.18,.02")), color, 0.016)


def _grass(canvas: Canvas, dice: Dice) -> None:
    leaf = dice.jitter((104, 158, 84), 24)
    for x in dice.uniform(-0.6, 0.6, 16).tolist():
        tall, lean = dice.between(0.14, 0.36), dice.between(-0.08, 0.08)
        blade = ribbon([(x, 0.06), (x + lean * 0.3, -tall * 0.5), (x + lean, -tall)], (0.022, 0.018, 0.0), steps=3)
        canvas.fill(blade, darker(leaf, dice.between(0, 0.3)))


PROPS = {
    "plant": _plant,
    "box": _box,
    "ball": _ball,
    "yarn": _yarn,
    "fence": _fence,
    "bowl": _bowl,
    "grass": _grass,
}
