"""Goldens: small generated images that travel with every run and bundle, with what the model answers to them.

Half are drawings of cats and dogs in many shapes. The others are what decoders and resamplers trip over: alpha,
palettes, grey, one bit, one pixel, very wide and very tall, black and white. Most are PNGs; two JPEGs and two WebPs are
among them, so that a page proves the decoders that photos take.
"""

from dataclasses import dataclass
from pathlib import Path

IMAGES = Path(__file__).resolve().parent / "images"


@dataclass(frozen=True)
class Golden:
    """One golden image.

    Attributes:
        name: Its file name, such as "golden-00-cat.png".
        data: The bytes of that file.
    """

    name: str
    data: bytes


def load_goldens() -> list[Golden]:
    """The 24 goldens, by name; they have at most 128 pixels a side."""
    return [Golden(path.name, path.read_bytes()) for path in sorted(IMAGES.glob("golden-*"))]
