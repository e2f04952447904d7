"""Small generated PNG images for which a run records what Keras answered.

Half are drawings of cats and dogs in many shapes; the others are what decoders and resamplers trip over:
alpha, palettes, grey, one bit, one pixel, very wide and very tall, black and white.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from gemelo.draw import draw_photo

_SHAPES = ((88, 66), (66, 88), (64, 64), (100, 50), (50, 96), (72, 72))


@dataclass(frozen=True)
class Golden:
    """One golden image.

    Attributes:
        name: its file name, such as "golden-00-cat.png".
        png: the bytes of that file.
    """

    name: str
    png: bytes


def make_goldens() -> list[Golden]:
    """The 24 goldens, always the same for one version of Pillow; most have 48-128 pixels a side."""
    images = [*_drawings(), *((word, draw()) for word, draw in _PATTERNS.items())]
    return [Golden(f"golden-{i:02d}-{word}.png", _png(image)) for i, (word, image) in enumerate(images)]


def _png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=9)
    return stream.getvalue()


def _drawings() -> Iterator[tuple[str, Image.Image]]:
    for i, shape in enumerate(_SHAPES):
        for k, label in enumerate(("cats", "dogs")):
            drawing = draw_photo(label, np.random.default_rng([2026, i, k]), shape=shape)
            # Few colours pack to a third: a web page loads all goldens before its first answer.
            few = drawing.quantize(16, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
            yield label[:-1], few.convert("RGB")


def _ramp(width: int, height: int) -> Image.Image:
    x = np.arange(width) * 255 // max(width - 1, 1)
    y = np.arange(height)[:, None] * 255 // max(height - 1, 1)
    red, green = np.broadcast_to(x, (height, width)), np.broadcast_to(y, (height, width))
    return Image.fromarray(np.stack([red, green, 255 - (red + green) // 2], axis=2).astype(np.uint8))


def _noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(7).integers(0, 256, (24, 24, 3), dtype=np.uint8))


def _checks(width: int, height: int, side: int) -> Image.Image:
    odd = (np.arange(width) // side + np.arange(height)[:, None] // side) % 2
    return Image.fromarray((odd * 255).astype(np.uint8))


def _alpha() -> Image.Image:
    image = _ramp(96, 64).convert("RGBA")
    image.putalpha(_ramp(96, 64).getchannel(0))
    return image


def _palette() -> Image.Image:
    image = _ramp(80, 60).quantize(12, method=Image.Quantize.FASTOCTREE)
    image.info["transparency"] = 3
    return image


def _plain(value: int) -> Image.Image:
    return Image.new("RGB", (64, 64), (value, value, value))


_PATTERNS: dict[str, Callable[[], Image.Image]] = {
    "gradient": lambda: _ramp(128, 96),
    "noise": _noise,
    "checks": lambda: _checks(96, 96, 3).convert("RGB"),
    "alpha": _alpha,
    "palette": _palette,
    "grey": lambda: _ramp(72, 72).convert("L"),
    "one-bit": lambda: _checks(50, 70, 5).convert("1"),
    "wide": lambda: _ramp(128, 5),
    "tall": lambda: _ramp(3, 128),
    "one-pixel": lambda: Image.new("RGB", (1, 1), (200, 100, 50)),
    "white": lambda: _plain(255),
    "black": lambda: _plain(0),
}
