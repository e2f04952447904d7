"""Bodies: one function for each pose, from the tail at the back to the head at the front.

A body stands on y = 0 and is about one unit tall; y grows downwards.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gemelo.synthetic import cat, dog
from gemelo.synthetic.canvas import Canvas, Clip
from gemelo.synthetic.coat import cover
from gemelo.synthetic.colors import INK, Dice, darker, lighter
from gemelo.synthetic.look import Look
from gemelo.synthetic.shapes import Points, box, ellipse, fluffy, points, ribbon, smooth, symmetric

_ANIMALS = {"cat": cat, "dog": dog}
_HEAD = 0.31


@dataclass(frozen=True)
class Body:
    """An animal that is being drawn: the parts of its body."""

    canvas: Canvas
    look: Look
    dice: Dice

    def cover(self, outline: Points) -> Clip | None:
        """A part with fur."""
        return cover(self.canvas, outline, self.look.coat, self.dice)

    def head(self, x: float, y: float, scale: float = _HEAD, *, asleep: bool = False) -> None:
        """The head around (x, y)."""
        spot = self.canvas.place(x, y, scale * self.dice.between(0.93, 1.07), angle=self.look.tilt)
        _ANIMALS[self.look.species].head(spot, self.look, self.dice, asleep=asleep)

    def tail(self, spine: str) -> None:
        """A tail along `spine`; a dog's is shorter."""
        canvas, coat, dice = self.canvas, self.look.coat, self.dice
        widths, length = _ANIMALS[self.look.species].tail(self.look)
        line = points(spine)
        line = line[0] + (line - line[0]) * length * dice.uniform(0.85, 1.1)
        outline = ribbon(line, widths, steps=6)
        if coat.fluff:
            outline = fluffy(outline, coat.fluff, dice, tufts=24)
        canvas.fill(outline, coat.extremity)
        clip = canvas.clip(outline)
        if coat.pattern == "tabby":
            rings = np.linspace(0.15, 0.95, 5)[:, None] * (line[-1] - line[0]) + line[0]
            bands = [ellipse(x, y, 0.035, 0.09, angle=dice.between(0, 90), steps=12) for x, y in rings]
            canvas.marks(clip, bands, coat.dark, 0.8)
        if coat.socks:
            canvas.marks(clip, [ellipse(line[-1, 0], line[-1, 1], 0.09, 0.09, steps=14)], coat.light)
        canvas.ring(outline, coat.outline, 0.018)

    def leg(self, spine: ArrayLike, *, thick: float = 0.062, far: bool = False) -> None:
        """A leg down `spine` with a paw at its end; a far one lies in the shade."""
        canvas, coat = self.canvas, self.look.coat
        outline = ribbon(spine, (thick * 1.15, thick, thick * 0.95), steps=5)
        shade = 0.32 if far else 0.0
        canvas.fill(outline, darker(coat.base, shade))
        x, y = np.asarray(spine, dtype=np.float64)[-1].tolist()
        if coat.socks or coat.pattern == "points":
            canvas.marks(canvas.clip(outline), [ellipse(x, y, 0.12, 0.13)], darker(coat.paw, shade))
        # Lines only down its sides: the thigh grows out of the body without a seam.
        side = (len(outline) - 12) // 2
        canvas.stroke(outline[side // 3 : 2 * side + 6 - side // 3], coat.outline, 0.018)
        self.paw(x, y, shade=shade)

    def paw(self, x: float, y: float, size: float = 1.0, *, shade: float = 0.0) -> None:
        """A paw around (x, y)."""
        coat = self.look.coat
        self.canvas.fill(ellipse(x, y, 0.085 * size, 0.055 * size), darker(coat.paw, shade), coat.outline, 0.018)
        for dx in (-0.028, 0.028):
            toe = [[x + dx * size, y + 0.045 * size], [x + dx * size, y + 0.012 * size]]
            self.canvas.stroke(toe, coat.outline, 0.013)

    def chest(self, clip: Clip | None, x: float, y: float, rx: float, ry: float) -> None:
        """A light chest, where the coat has one."""
        coat = self.look.coat
        if coat.pattern in ("tuxedo", "tabby", "saddle") or (coat.pattern == "solid" and self.look.blaze):
            self.canvas.marks(clip, [fluffy(ellipse(x, y, rx, ry), 0.03, self.dice, tufts=14)], coat.light, 0.95)

    def collar(self, x: float, y: float, width: float, *, angle: float = 0.0) -> None:
        """A collar with a tag, or nothing."""
        if self.look.collar is None:
            return
        spot = self.canvas.place(x, y, angle=angle)
        band = ribbon([(-width, -0.03), (0.0, 0.035), (width, -0.03)], (0.026, 0.03, 0.026))
        spot.thing(band, self.look.collar, 0.013)
        spot.fill(ellipse(0.0, 0.085, 0.036, 0.036, steps=16), (244, 204, 84), (140, 100, 30), 0.012)


def _sit(body: Body) -> None:
    b = body.look.build
    lift = body.dice.uniform(-0.5, -0.25)
    body.tail(f"{0.14 * b},-.07 {0.36 * b},-.04 {0.5 * b},-.2 {0.42 * b},{lift} {0.5 * b},{lift - 0.09}")
    for side in (-1.0, 1.0):
        body.cover(ellipse(side * 0.19 * b, -0.16, 0.15 * b, 0.165))
        body.paw(side * 0.25 * b, -0.035, 1.2)
    clip = body.cover(symmetric(points("0,-.68 .13,-.62 .19,-.42 .215,-.18 .17,-.03 0,-.015") * (b, 1)))
    body.chest(clip, 0, -0.4, 0.115 * b, 0.2)
    waves = body.dice.chance(0.16)
    body.leg(points("-.085,-.34 -.09,-.18 -.085,-.05"))
    body.leg(points(".12,-.36 .24,-.4 .32,-.54" if waves else ".085,-.34 .09,-.18 .085,-.05"))
    body.collar(0, -0.5, 0.15 * b)
    body.head(body.look.turn[0] * 0.03, -0.75)


def _lie(body: Body) -> None:
    b = body.look.build
    body.tail(".5,-.1 .66,-.04 .74,-.14 .68,-.28 .74,-.36")
    back = 0.4 * b
    trunk = f"-.36,-.3 -.16,{-back} .2,{-back + 0.02} .48,-.3 .56,-.1 .44,-.015 -.3,-.015 -.42,-.14"
    body.chest(body.cover(smooth(points(trunk))), -0.34, -0.2, 0.13, 0.17)
    body.cover(ellipse(0.36, -0.15, 0.2, 0.145 * b))
    body.paw(0.24, -0.04, 1.25)
    body.leg(points("-.2,-.1 -.36,-.06 -.5,-.05"), thick=0.056)
    body.leg(points("-.1,-.08 -.24,-.045 -.38,-.04"), thick=0.056)
    body.collar(-0.3, -0.29, 0.15)
    body.head(-0.3, -0.5)


def _stand(body: Body) -> None:
    b = body.look.build
    step = body.dice.between(-0.09, 0.09)
    curl = body.dice.uniform(-0.2, 0.12)
    body.tail(f".36,-.5 .52,-.6 .56,-.8 {0.52 + curl},-.95 {0.56 + 1.6 * curl},-1.02")
    for x, swing in ((-0.2, -step), (0.32, step)):
        body.leg([(x, -0.36), (x + 0.4 * swing, -0.2), (x + swing, -0.05)], far=True)
    belly, back = -0.3 + 0.07 * (b - 1), -0.63 * b**0.3
    trunk = f"-.4,-.5 -.24,{back} .08,-.6 .34,{back} .46,-.46 .38,-.28 .04,{belly} -.28,{belly + 0.03} -.42,-.36"
    body.chest(body.cover(smooth(points(trunk))), -0.38, -0.36, 0.14, 0.17)
    for x, swing in ((-0.3, step), (0.36, -step)):
        body.leg([(x, -0.36), (x + 0.4 * swing, -0.2), (x + swing, -0.05)], thick=0.066)
    body.collar(-0.37, -0.55, 0.14, angle=12)
    body.head(-0.4, -0.75, _HEAD * 0.94)


def _bow(body: Body) -> None:
    """The invitation to play: chest down, rear up."""
    wag = body.dice.uniform(-0.12, 0.12)
    body.tail(f".4,-.55 .5,-.68 .56,-.86 {0.6 + wag},-.98 {0.66 + wag},-1.02")
    body.leg(points(".24,-.36 .2,-.2 .26,-.05"), far=True)
    body.leg(points("-.2,-.16 -.42,-.1 -.6,-.06"), far=True, thick=0.052)
    rear = -0.64 * body.look.build**0.3
    trunk = f"-.4,-.3 -.2,-.4 .1,-.52 .34,{rear} .5,-.5 .44,-.28 .16,-.22 -.18,-.08 -.38,-.12"
    body.chest(body.cover(smooth(points(trunk))), -0.36, -0.16, 0.14, 0.12)
    body.leg(points(".38,-.36 .34,-.2 .4,-.05"), thick=0.07)
    body.leg(points("-.16,-.12 -.34,-.07 -.5,-.05"), thick=0.056)
    body.head(-0.36, -0.46, _HEAD * 0.96)


def _curl(body: Body) -> None:
    """Asleep, rolled up."""
    top = -0.46 * body.look.build**0.4
    body.cover(smooth(points(f"-.42,-.16 -.3,-.36 .02,{top} .36,-.36 .48,-.16 .34,-.02 -.3,-.02")))
    haunch = smooth(points(".06,-.06 .1,-.26 .26,-.34 .4,-.24"), closed=False)
    body.canvas.stroke(haunch, body.look.coat.outline, 0.018)
    body.head(-0.2, -0.24, _HEAD * 0.86, asleep=True)
    body.tail(".45,-.12 .34,-.03 .1,-.02 -.12,-.03 -.24,-.04")


def _portrait(body: Body) -> None:
    """Head and shoulders; the body goes on below the picture's edge."""
    b = body.look.build
    clip = body.cover(symmetric(points("0,-.62 .16,-.55 .28,-.3 .34,.1 .3,.5 0,.55") * (b, 1)))
    body.chest(clip, 0, -0.18, 0.16 * b, 0.3)
    body.collar(0, -0.46, 0.18 * b)
    body.head(body.look.turn[0] * 0.03, -0.68, _HEAD * 1.1)


def _peek(body: Body) -> None:
    """Only a face and two paws over the rim of something."""
    body.head(0, -0.34, _HEAD * 1.1)
    canvas, dice = body.canvas, body.dice
    wooden = dice.chance(0.6)
    wood = darker((206, 158, 106), dice.between(0, 0.4)) if wooden else lighter(INK, dice.between(0.2, 0.8))
    board = box(-3.0, -0.1, 3.0, 2.0)
    canvas.fill(board, wood)
    canvas.stroke(board[:2], darker(wood, 0.5), 0.022)
    canvas.glaze(box(-3.0, -0.09, 3.0, -0.03), (255, 255, 255), 0.25)
    for side in (-1.0, 1.0):
        body.paw(side * 0.26, -0.075, 1.25)


@dataclass(frozen=True)
class Pose:
    """A way to draw a body.

    Attributes:
        draw: draws the animal standing on (0, 0).
        extent: left, top, right and bottom of what it covers, in body units.
        shadow: half width of the shadow on the ground; 0 draws none.
    """

    draw: Callable[[Body], None]
    extent: tuple[float, float, float, float]
    shadow: float


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
