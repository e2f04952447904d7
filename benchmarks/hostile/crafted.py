"""100 images made by hand to cost time or memory, or to confuse a decoder; measured like the mutated ones."""

from collections.abc import Sequence
from typing import Any

from benchmarks.hostile import crafted_jpeg, crafted_others, crafted_png
from benchmarks.hostile.images import measure

IMAGES = {**crafted_jpeg.IMAGES, **crafted_png.IMAGES, **crafted_others.IMAGES}


def run(_seed: int, numbers: Sequence[int], keep: str | None) -> dict[str, Any]:
    """Predict each; there is nothing random about them."""
    names = list(IMAGES)
    return measure(lambda number: crafted(names[number]), [n for n in numbers if n < len(names)], keep)


def crafted(name: str) -> tuple[str, bytes]:
    """One of them, made when it is asked for: some are 20 MB."""
    return name, IMAGES[name]()
