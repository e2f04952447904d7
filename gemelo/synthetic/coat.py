"""Fur: the colors and the pattern of one animal, and how they cover a part of its body."""

from dataclasses import dataclass

import numpy as np

from gemelo.synthetic.canvas import Canvas, Clip
from gemelo.synthetic.colors import COATS, Color, Dice, brightness, darker, lighter
from gemelo.synthetic.shapes import Points, ellipse, fluffy, ribbon, smooth

# What each pattern's odds are. Every pattern occurs on both animals.
PATTERNS = {
    "cat": {"solid": 2.0, "tabby": 4.0, "patches": 1.6, "tuxedo": 2.0, "points": 1.0, "spots": 0.6, "saddle": 0.3},
    "dog": {"solid": 3.2, "tabby": 0.5, "patches": 2.4, "tuxedo": 1.4, "points": 0.8, "spots": 1.4, "saddle": 1.8},
}
# The same for colors, on top of what a pattern asks for: greys are commoner on cats, browns on dogs.
_LEANING = {
    "cat": {"grey": 9.0, "blue": 9.0, "charcoal": 6.0, "ginger": 7.0, "white": 4.0},
    "dog": {"gold": 9.0, "brown": 9.0, "fawn": 9.0, "chocolate": 7.0, "cream": 5.0},
}
_FAMILIES = {
    "tuxedo": ("black", "charcoal", "chocolate", "blue", "grey"),
    "points": ("cream", "white", "fawn", "gold"),
    "tabby": ("ginger", "grey", "brown", "fawn", "gold", "blue", "cream"),
}


@dataclass(frozen=True)
class Coat:
    """The fur of one animal.

    Attributes:
        base: color of most of it.
        light: color of chest, muzzle and socks.
        dark: color of its marks.
        pattern: the name of one in PATTERNS.
        socks: whether the paws are light.
        fluff: how far tufts stand out, in body units; 0 is short hair.
        shade: where the light comes from: the lit side is moved by this much.
    """

    base: Color
    light: Color
    dark: Color
    pattern: str
    socks: bool
    fluff: float
    shade: tuple[float, float]

    @property
    def outline(self) -> Color:
        """The color of the lines around every part."""
        return darker(self.base, 0.62)

    @property
    def extremity(self) -> Color:
        """The color of ears and tail: darker on a colorpoint."""
        return self.dark if self.pattern == "points" else self.base

    @property
    def paw(self) -> Color:
        """The color of the paws."""
        return self.light if self.socks and self.pattern != "points" else self.extremity


def random_coat(species: str, dice: Dice) -> Coat:
    """A coat as cats or dogs have it."""
    pattern = dice.weighted(PATTERNS[species])
    odds = {name: _LEANING[species].get(name, 1.0) for name in _FAMILIES.get(pattern, tuple(COATS))}
    base = dice.jitter(COATS[dice.weighted(odds)], 12)
    light = dice.jitter(COATS["white" if dice.chance(0.6) else "cream"], 6)
    dark = darker(base, dice.uniform(0.35, 0.6))
    if pattern in ("patches", "saddle") and dice.chance(0.6):
        dark = dice.jitter(COATS[dice.pick(("ginger", "brown", "charcoal", "black", "grey"))])
    if pattern == "solid" and dice.chance(0.5):
        light = lighter(base, 0.25)
    fluff = float(dice.choice([0.0, 0.012, 0.024], p=[0.5, 0.3, 0.2]))
    shade = (dice.between(-0.16, 0.16), dice.between(-0.16, -0.07))
    return Coat(base, light, dark, pattern, dice.chance(0.45) or pattern == "tuxedo", fluff, shade)


def cover(
    canvas: Canvas, outline: Points, coat: Coat, dice: Dice, *, scale: float = 1.0, tufts: int = 26
) -> Clip | None:
    """Fill a part with fur: color, pattern, a shaded side, and its outline. Returns the part's clip.

    `scale` is the size of the part's unit in body units: marks and tufts keep their size on the animal.
    """
    if coat.fluff:
        outline = fluffy(outline, coat.fluff / scale, dice, tufts=tufts)
    canvas.fill(outline, coat.base)
    clip = canvas.clip(outline)
    _PATTERNS.get(coat.pattern, _plain)(canvas, clip, outline, coat, dice)
    size = float(np.ptp(outline, axis=0).min())
    canvas.outside(clip, outline + np.array(coat.shade) * size, darker(coat.base, 0.45), 0.38)
    canvas.ring(outline, coat.outline, 0.02 / scale)
    return clip


def _plain(canvas: Canvas, clip: Clip | None, outline: Points, coat: Coat, dice: Dice) -> None:
    (x0, y0), (w, h) = outline.min(axis=0), np.ptp(outline, axis=0)
    starts = np.array([x0, y0]) + dice.uniform(0.1, 0.9, (7, 2)) * np.array([w, h])
    hairs = [ellipse(x, y, 0.012 * (w + h), 0.035 * (w + h), steps=8) for x, y in starts.tolist()]
    canvas.marks(clip, hairs, darker(coat.base, 0.3), 0.25)


def _tabby(canvas: Canvas, clip: Clip | None, outline: Points, coat: Coat, dice: Dice) -> None:
    (x0, y0), (w, h) = outline.min(axis=0), np.ptp(outline, axis=0)
    count = int(dice.integers(3, 6))
    bands = []
    for i in range(count):
        reach, thick = dice.uniform(0.3, 0.62), dice.uniform(0.035, 0.06)
        if w >= h:
            x = x0 + w * (i + 0.7) / (count + 0.4)
            spine = [[x, y0 - 0.02 * h], [x + 0.04 * w, y0 + reach * h * 0.5], [x, y0 + reach * h]]
            bands.append(ribbon(spine, (thick * w, thick * w, 0.0), steps=4))
            continue
        y = y0 + h * (i + 0.6) / (count + 0.3)
        for side, sign in ((x0, 1.0), (x0 + w, -1.0)):
            spine = [[side, y], [side + sign * 0.2 * w, y + 0.03 * h], [side + sign * 0.38 * w, y]]
            bands.append(ribbon(spine, (thick * h, thick * h, 0.0), steps=4))
    canvas.marks(clip, bands, coat.dark, 0.85)


def _patches(canvas: Canvas, clip: Clip | None, outline: Points, coat: Coat, dice: Dice) -> None:
    for color in (coat.light, coat.dark):
        canvas.marks(clip, [_blob(outline, dice, 0.2, 0.42) for _ in range(int(dice.integers(1, 3)))], color)


def _spots(canvas: Canvas, clip: Clip | None, outline: Points, coat: Coat, dice: Dice) -> None:
    color = coat.dark if brightness(coat.base) > 90 else lighter(coat.base, 0.45)
    canvas.marks(clip, [_blob(outline, dice, 0.05, 0.11) for _ in range(int(dice.integers(6, 13)))], color, 0.9)


def _saddle(canvas: Canvas, clip: Clip | None, outline: Points, coat: Coat, dice: Dice) -> None:
    (x0, y0), (w, h) = outline.min(axis=0), np.ptp(outline, axis=0)
    canvas.marks(clip, [ellipse(x0 + w / 2, y0, 0.62 * w, dice.uniform(0.3, 0.5) * h)], coat.dark)


def _blob(outline: Points, dice: Dice, low: float, high: float) -> Points:
    extent = np.ptp(outline, axis=0)
    center = outline.min(axis=0) + dice.uniform(0.0, 1.0, 2) * extent
    t = np.linspace(0, 2 * np.pi, 7, endpoint=False)
    radius = dice.uniform(low, high, 7) * extent.min()
    return smooth(center + np.stack([radius * np.cos(t), radius * np.sin(t)], axis=1), steps=4)


_PATTERNS = {"tabby": _tabby, "patches": _patches, "spots": _spots, "saddle": _saddle}
