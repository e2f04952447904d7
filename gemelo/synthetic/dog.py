"""The head and the tail of a dog."""

from gemelo.synthetic import face
from gemelo.synthetic.canvas import Canvas, Clip
from gemelo.synthetic.coat import cover
from gemelo.synthetic.colors import INK, PINK, WHITE, Dice, brightness, darker, lighter, mix
from gemelo.synthetic.look import Look
from gemelo.synthetic.shapes import ellipse, fluffy, moved, points, smooth, symmetric

# Ears by name, right one, in head units. Hanging ears lie over the head, standing ones behind it.
_EARS = {
    "floppy": points(".5,-.84 .92,-.78 1.22,-.3 1.22,.22 1.02,.36 .84,.1 .72,-.4"),
    "long": points(".56,-.8 .98,-.7 1.28,-.1 1.34,.62 1.1,.86 .86,.58 .74,-.3"),
    "button": points(".34,-.86 .7,-1.08 1.06,-.94 1.2,-.58 1.1,-.36 .86,-.5 .6,-.66"),
    "pricked": points(".92,-.26 1,-.86 .9,-1.32 .8,-1.34 .46,-1.04 .24,-.64"),
    "bat": points(".9,-.3 1.16,-.8 1.1,-1.26 .88,-1.38 .62,-1.14 .36,-.66"),
}
_STANDING = ("pricked", "bat")
_HEAD = symmetric(points("0,-.86 .5,-.8 .84,-.46 .92,0 .84,.4 .6,.76 .3,.95 0,1"))
_SNOUT = smooth(points("0,-.34 .3,-.22 .5,.12 .4,.4 0,.5 -.4,.4 -.5,.12 -.3,-.22"))
_NOSE = smooth(points("-.2,-.26 0,-.32 .2,-.26 .17,-.08 0,.02 -.17,-.08"), steps=5)


def head(canvas: Canvas, look: Look, dice: Dice, *, asleep: bool = False) -> None:
    """Draw a dog's head of half width 1 around the origin."""
    standing = look.ears in _STANDING
    if standing:
        _ears(canvas, look, dice)
    _markings(canvas, look, cover(canvas, _HEAD, look.coat, dice, scale=0.27, tufts=20))
    face.blaze(canvas, look, _HEAD)
    if not standing:
        _ears(canvas, look, dice)
    _features(canvas, look, asleep=asleep)


def tail(look: Look) -> tuple[tuple[float, ...], float]:
    """Half widths from root to tip, in body units, and how far it curls."""
    thick = 0.04 + 1.2 * look.coat.fluff
    return (thick, thick * 1.15, thick * 0.95, thick * 0.45), 0.72


def _ears(canvas: Canvas, look: Look, dice: Dice) -> None:
    coat = look.coat
    color = coat.dark if coat.pattern in ("points", "saddle", "patches", "spots") else darker(coat.base, 0.36)
    for side in (-1.0, 1.0):
        outer = smooth(_EARS[look.ears] * (side * (1 + 0.1 * side * look.turn[0]), 1.0), steps=5)
        if coat.fluff and look.ears in ("floppy", "long"):
            outer = fluffy(outer, 0.1, dice, tufts=14)
        canvas.fill(outer, color, coat.outline, 0.075)
        if look.ears in _STANDING:
            center = outer.mean(axis=0)
            canvas.fill(moved(center + (outer - center) * 0.6, 0.0, 0.05), mix(PINK, color, 0.35))


def _markings(canvas: Canvas, look: Look, clip: Clip | None) -> None:
    coat = look.coat
    dx, dy = look.shift(0.15)
    if coat.pattern in ("saddle", "tuxedo") and brightness(coat.base) < 120:
        brows = [ellipse(side * 0.36 + dx, -0.36 + dy, 0.13, 0.09) for side in (-1.0, 1.0)]
        canvas.marks(clip, brows, (206, 142, 84))
    if coat.pattern in ("patches", "spots"):
        side = 1.0 if look.turn[0] > 0 else -1.0
        canvas.marks(clip, [ellipse(side * 0.48 + dx, -0.06 + dy, 0.46, 0.5, angle=side * 20)], coat.dark)
    if coat.pattern == "points":
        canvas.marks(clip, [ellipse(dx, 0.3 + dy, 0.7, 0.75)], coat.dark, 0.75)


def _features(canvas: Canvas, look: Look, *, asleep: bool) -> None:
    dx, dy = look.shift(0.16)
    for side in (-1.0, 1.0):
        x = side * 0.4 * (1 - 0.1 * side * look.turn[0]) + dx
        if asleep:
            face.closed_eye(canvas, x, -0.04 + dy, 0.18)
            continue
        face.eye(canvas, look, side, x, -0.08 + dy, 0.18)
        brow = [(x - 0.14 * side, -0.4 + dy), (x + 0.04 * side, -0.46 + dy), (x + 0.18 * side, -0.38 + dy)]
        canvas.stroke(smooth(brow, closed=False), look.coat.outline, 0.05)
    face.blush(canvas, 0.6, 0.3)
    _muzzle(canvas, look)


def _muzzle(canvas: Canvas, look: Look) -> None:
    coat = look.coat
    dx, dy = look.shift(0.26)
    spot = canvas.place(dx, 0.44 + dy, look.muzzle)
    color = lighter(coat.dark, 0.1) if coat.pattern == "points" else coat.light
    spot.thing(_SNOUT, color, 0.04, 0.3)
    spot.outside(spot.clip(_SNOUT), moved(_SNOUT, coat.shade[0] * 0.5, -0.1), darker(color, 0.4), 0.3)
    face.mouth(spot, 0.0, -0.04, 0.36, tongue=look.tongue, open_wide=look.tongue and look.mood in ("happy", "wide"))
    for x, y in ((-0.3, 0.14), (-0.22, 0.24), (0.3, 0.14), (0.22, 0.24)):
        spot.fill(ellipse(x, y, 0.022, 0.022, steps=8), darker(color, 0.45))
    spot.fill(_NOSE, INK if brightness(coat.base) < 215 else (74, 52, 56))
    spot.fill(ellipse(-0.05, -0.23, 0.075, 0.035, steps=10), mix(INK, WHITE, 0.6))
