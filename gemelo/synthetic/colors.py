"""Colors of coats, eyes and things, and the arithmetic on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Color = tuple[int, int, int]
T = TypeVar("T")

# Cats and dogs share every coat color: color alone must not tell them apart.
COATS: dict[str, Color] = {
    "ginger": (226, 140, 66),
    "gold": (221, 172, 96),
    "cream": (240, 218, 180),
    "white": (246, 243, 238),
    "fawn": (204, 164, 122),
    "brown": (146, 98, 62),
    "chocolate": (98, 66, 50),
    "grey": (146, 146, 152),
    "blue": (112, 124, 142),
    "charcoal": (82, 80, 88),
    "black": (54, 51, 58),
}
EYES: tuple[Color, ...] = (
    (122, 168, 74),
    (214, 168, 52),
    (92, 156, 208),
    (146, 98, 52),
    (96, 62, 40),
    (176, 132, 60),
)
PINK: Color = (232, 150, 150)
WHITE: Color = (255, 255, 255)
INK: Color = (44, 36, 42)
BRIGHT: tuple[Color, ...] = (
    (214, 70, 74),
    (64, 132, 196),
    (238, 178, 60),
    (92, 168, 106),
    (150, 104, 180),
    (238, 126, 92),
    (70, 168, 172),
)


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


def jitter(color: Color, rng: np.random.Generator, reach: int = 10) -> Color:
    """`color` with every channel moved by at most `reach`."""
    red, green, blue = (int(np.clip(c + rng.integers(-reach, reach + 1), 0, 255)) for c in color)
    return red, green, blue


def brightness(color: Color) -> float:
    """Luma (Rec. 601) of `color`, 0-255."""
    return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]


def pick(options: Sequence[T], rng: np.random.Generator) -> T:
    """One of `options`, each as likely."""
    return options[int(rng.integers(len(options)))]


def chance(rng: np.random.Generator, probability: float) -> bool:
    """True with the given probability."""
    return bool(rng.random() < probability)


def weighted(odds: dict[T, float], rng: np.random.Generator) -> T:
    """One of the keys of `odds`, as likely as its value."""
    ticket = float(rng.random()) * sum(odds.values())
    for key, share in odds.items():
        ticket -= share
        if ticket < 0.0:
            return key
    return key
