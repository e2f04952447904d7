"""The head and the tail of a cat."""

import numpy as np

from gemelo.synthetic import face
from gemelo.synthetic.canvas import Canvas, Clip
from gemelo.synthetic.coat import cover
from gemelo.synthetic.colors import INK, PINK, Dice, brightness, darker, lighter, mix
from gemelo.synthetic.look import Look
from gemelo.synthetic.shapes import Points, ellipse, fluffy, moved, points, ribbon, smooth, symmetric

# Ears by name, right one: from the outer foot over the tip to the inner foot, in head units.
_EARS = {
    "pointed": points(".98,-.2 .98,-.8 .88,-1.2 .8,-1.22 .48,-.98 .14,-.62"),
    "tall": points(".96,-.2 1.08,-.95 1,-1.48 .92,-1.5 .5,-1.08 .16,-.6"),
    "wide": points("1,-.05 1.2,-.6 1.2,-1 1.12,-1.04 .66,-.92 .2,-.66"),
    "folded": points(".96,-.3 1.06,-.52 1.02,-.72 .9,-.82 .5,-.86 .18,-.7"),
}
_HEAD = symmetric(points("0,-.82 .5,-.74 .86,-.4 1.02,.05 .92,.42 .56,.72 0,.84"))
_PALE_MUZZLE = ("tuxedo", "tabby", "solid", "patches", "saddle", "spots")


def head(canvas: Canvas, look: Look, dice: Dice, *, asleep: bool = False) -> None:
    """Draw a cat's head of half width 1 around the origin."""
    for side in (-1.0, 1.0):
        _ear(canvas, look, side)
    outline = _cheeks(dice) if look.coat.fluff else _HEAD
    _markings(canvas, look, cover(canvas, outline, look.coat, dice, scale=0.27, tufts=20))
    face.blaze(canvas, look, outline)
    _features(canvas, look, asleep=asleep)


def tail(look: Look) -> tuple[tuple[float, ...], float]:
    """Half widths from root to tip, in body units, and how far it curls."""
    thick = 0.036 + 0.9 * look.coat.fluff
    return (thick, thick * 1.08, thick * 1.05, thick * 0.8), 1.0


def _ear(canvas: Canvas, look: Look, side: float) -> None:
    knots = _EARS[look.ears] * (side * (1 + 0.12 * side * look.turn[0]), 1.0)
    outer = smooth(knots, closed=False, steps=5)
    coat = look.coat
    canvas.fill(outer, coat.extremity, coat.outline, 0.075)
    center = outer.mean(axis=0)
    if look.ears == "folded":
        canvas.stroke(smooth(moved(knots[1:5], 0.0, 0.16), closed=False), coat.outline, 0.06)
        return
    canvas.fill(moved(center + (outer - center) * 0.62, 0.0, 0.04), mix(PINK, coat.extremity, 0.25))
    tuft = ribbon(center + np.array([[-0.16 * side, 0.3], [-0.04 * side, 0.0]]), (0.09, 0.02), steps=3)
    canvas.fill(tuft, lighter(coat.base, 0.35))


def _cheeks(dice: Dice) -> Points:
    # Tufts only at the cheeks: a furry skull looks like a lion's mane.
    furry = fluffy(_HEAD, 0.13, dice, tufts=20)
    rest = np.array([_HEAD[np.argmin(np.hypot(*(_HEAD - p).T))] for p in furry])
    return np.where(furry[:, 1:] > 0.0, furry, rest)


def _markings(canvas: Canvas, look: Look, clip: Clip | None) -> None:
    coat = look.coat
    dx, dy = look.shift(0.14)
    if coat.pattern == "tabby":
        brows = ([(dx + x, -0.95), (dx + x * 0.8, -0.6), (dx + x * 0.7, -0.42)] for x in (-0.3, 0.0, 0.3))
        bars = [ribbon(brow, (0.07, 0.07, 0.02), steps=3) for brow in brows]
        for side, y in ((-1.0, 0.12), (-1.0, 0.36), (1.0, 0.12), (1.0, 0.36)):
            cheek = [(1.1 * side, y - 0.05), (0.86 * side, y), (0.62 * side, y + 0.04)]
            bars.append(ribbon(cheek, (0.06, 0.06, 0.01), steps=3))
        canvas.marks(clip, bars, coat.dark, 0.85)
    if coat.pattern == "points":
        canvas.marks(clip, [ellipse(dx, 0.25 + dy, 0.62, 0.66)], coat.dark, 0.8)
    if coat.pattern in _PALE_MUZZLE:
        dx, dy = look.shift(0.2)
        canvas.marks(clip, [ellipse(dx, 0.52 + dy, 0.46, 0.32)], coat.light, 0.95)


def _features(canvas: Canvas, look: Look, *, asleep: bool) -> None:
    dx, dy = look.shift(0.18)
    for side in (-1.0, 1.0):
        x = side * 0.43 * (1 - 0.12 * side * look.turn[0]) + dx
        if asleep:
            face.closed_eye(canvas, x, 0.08 + dy, 0.2)
        else:
            face.eye(canvas, look, side, x, 0.02 + dy, 0.24)
    face.blush(canvas, 0.66, 0.34)
    nx, ny = dx * 1.5, 0.36 + dy * 1.4
    face.mouth(canvas, nx, ny + 0.06, 0.24, tongue=look.tongue)
    nose = smooth(moved(points("-.12,-.06 0,-.09 .12,-.06 .03,.07 -.03,.07"), nx, ny), steps=4)
    bright = brightness(look.coat.base)
    canvas.fill(nose, darker(PINK, 0.12) if bright > 100 else INK, INK, 0.035)
    muzzle = look.coat.dark if look.coat.pattern == "points" else look.coat.light
    face.whiskers(canvas, nx, ny + 0.16, 1.05, (236, 232, 226) if bright < 110 else darker(muzzle, 0.55))
