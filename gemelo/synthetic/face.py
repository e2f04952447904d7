"""Eyes, mouth, whiskers and other pieces that both animals' faces are made of."""

import numpy as np

from gemelo.synthetic.canvas import Canvas
from gemelo.synthetic.colors import INK, PINK, WHITE, Color, lighter
from gemelo.synthetic.look import Look
from gemelo.synthetic.shapes import Points, ellipse, moved, points, smooth

_HAPPY = smooth(points("-1,.35 -.55,-.35 0,-.6 .55,-.35 1,.35"), closed=False)
_ASLEEP = smooth(points("-1,-.15 -.5,.35 0,.5 .5,.35 1,-.15"), closed=False)
_JAW = smooth(points("-.62,.55 0,.68 .62,.55 .42,1.25 0,1.5 -.42,1.25"))
_TONGUE = smooth(points("-.3,.6 .3,.6 .34,1.15 0,1.42 -.34,1.15"))


def eye(canvas: Canvas, look: Look, side: float, x: float, y: float, radius: float) -> None:
    """One eye, open or shut by the look's mood. `side` is -1 for the left, 1 for the right one."""
    spot = canvas.place(x, y, radius)
    if look.mood == "happy" or (look.mood == "wink" and side > 0):
        spot.stroke(_HAPPY, INK, 0.3)
        return
    _open_eye(spot, look, wide=1.18 if look.mood == "wide" else 1.0)
    if look.mood == "sleepy":
        lid = points("-1.35,-1.4 1.35,-1.4 1.3,0 -1.3,0")
        spot.marks(spot.clip(ellipse(0, 0, 1.18, 1.18)), [lid], lighter(look.coat.base, 0.12))
        spot.stroke([[-1.15, 0.0], [1.15, 0.0]], INK, 0.26)


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
    canvas.place(x, y, radius).stroke(_ASLEEP, INK, 0.28)


def mouth(canvas: Canvas, x: float, y: float, width: float, *, tongue: bool, open_wide: bool = False) -> None:
    """The mouth below a nose at (x, y): a stem and two curves, with a tongue or an open jaw."""
    spot = canvas.place(x, y, width)
    if open_wide:
        spot.fill(_JAW, (110, 44, 56), INK, 0.12)
        spot.marks(spot.clip(_JAW), [ellipse(0, 1.35, 0.42, 0.5)], (232, 112, 124))
    elif tongue:
        spot.thing(_TONGUE, (236, 120, 130), 0.1)
        spot.stroke([[0.0, 0.7], [0.0, 1.1]], (196, 84, 98), 0.08)
    for side in (-1.0, 1.0):
        curve = points("0,0 0,.45 .35,.72 .75,.6 .95,.4") * (side, 1)
        spot.stroke(smooth(curve, closed=False), INK, 0.15)


def whiskers(canvas: Canvas, x: float, y: float, length: float, color: Color) -> None:
    """Three whiskers on either side of (x, y)."""
    for side in (-1.0, 1.0):
        for lift in (-0.24, 0.0, 0.22):
            line = np.array([(0.28, lift * 0.4), (0.62, lift * 0.75), (1.0, lift + 0.05)])
            canvas.stroke(moved(smooth(line * (side * length, length), closed=False), x, y), color, 0.022)


def blush(canvas: Canvas, x: float, y: float) -> None:
    """Rosy cheeks at (-x, y) and (x, y)."""
    for side in (-1.0, 1.0):
        canvas.glaze(ellipse(side * x, y, 0.17, 0.11), PINK, 0.4)


def blaze(canvas: Canvas, look: Look, head: Points) -> None:
    """A light stripe from the forehead to the nose, where there is one."""
    if look.blaze:
        stripe = moved(points("-.08,-1.2 .08,-1.2 .16,-.1 .4,.5 -.4,.5 -.16,-.1"), look.shift(0.2)[0], 0)
        canvas.marks(canvas.clip(head), [smooth(stripe)], look.coat.light)
