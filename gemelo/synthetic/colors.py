"""Colors of coats, eyes and things, the arithmetic on them, and choices by chance."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Color = tuple[int, int, int]
T = TypeVar("T")


def _colors(text: str) -> tuple[Color, ...]:
    """Colors as hexadecimal numbers, RRGGBB."""
    return tuple((value >> 16, value >> 8 & 255, value & 255) for value in (int(word, 16) for word in text.split()))


# Cats and dogs share every coat color: color alone must not tell them apart.
_NAMES = ("ginger", "gold", "cream", "white", "fawn", "brown", "chocolate", "grey", "blue", "charcoal", "black")
_COATS = _colors("e28c42 ddac60 f0dab4 f6f3ee cca47a 92623e 624232 929298 707c8e 525058 36333a")
COATS: dict[str, Color] = dict(zip(_NAMES, _COATS, strict=True))
EYES = _colors("7aa84a d6a834 5c9cd0 926234 603e28 b0843c")
PINK, WHITE, INK = _colors("e89696 ffffff 2c242a")
BRIGHT = _colors("d6464a 4084c4 eeb23c 5ca86a 9668b4 ee7e5c 46a8ac")
WALLS = _colors("e8d6be bed0c4 cec4d8 e2beb2 b2c8d6 ece2ce 788696")
FLOORS = _colors("b08056 92684c ccaa80 989296 c4baae 705c54")


def mix(a: Color, b: Color, share: float) -> Color:
    """The color `share` of the way from `a` to `b`."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def darker(color: Color, share: float) -> Color:
    """`color` moved towards a warm black."""
    return mix(color, (30, 20, 34), share)


def lighter(color: Color, share: float) -> Color:
    """`color` moved towards a warm white."""
    return mix(color, (255, 250, 242), share)


def brightness(color: Color) -> float:
    """Luma (Rec. 601) of `color`, 0-255."""
    return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]


class Dice(np.random.Generator):
    """A generator of random numbers with the choices that drawings make."""

    def between(self, low: float, high: float) -> float:
        """A number from `low` to `high`."""
        return float(self.uniform(low, high))

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return bool(self.random() < probability)

    def pick(self, options: Sequence[T]) -> T:
        """One of `options`, each as likely."""
        return options[int(self.integers(len(options)))]

    def weighted(self, odds: dict[T, float]) -> T:
        """One of the keys of `odds`, as likely as its value."""
        ticket = float(self.random()) * sum(odds.values())
        for key, share in odds.items():
            ticket -= share
            if ticket < 0.0:
                return key
        return key

    def jitter(self, color: Color, reach: int = 10) -> Color:
        """`color` with every channel moved by at most `reach`."""
        red, green, blue = (int(np.clip(c + self.integers(-reach, reach + 1), 0, 255)) for c in color)
        return red, green, blue
