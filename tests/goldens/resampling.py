"""Writes resampling.json: what every fit and filter makes of noise, as hashes that TypeScript is held to as well.

Run it as `python -m tests.goldens.resampling`, and only when the preprocessing changes on purpose.
"""

import functools
import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import ImageError
from gemelo.preprocessing import Preprocessing, prepare
from tests.support.libraries import all_ways

EXPECTED = Path(__file__).with_name("resampling.json")
# Sides of a photo, and of the input that it becomes: odd ones, equal ones, halves, whole and all but whole cells.
SIZES = [
    (*(1, 1), *(28, 28)),
    (*(1, 7), *(9, 6)),
    (*(7, 1), *(6, 9)),
    (*(3, 501), *(28, 28)),
    (*(501, 3), *(24, 40)),
    (*(101, 67), *(64, 64)),
    (*(67, 101), *(33, 57)),
    (*(128, 96), *(64, 48)),
    (*(96, 96), *(32, 32)),
    (*(98, 49), *(2, 1)),
    (*(64, 48), *(64, 48)),
    (*(40, 30), *(96, 72)),
    (*(213, 320), *(96, 96)),
]


@functools.cache
def noise(width: int, height: int) -> NDArray[np.uint8]:
    """RGB by a linear congruential generator, which TypeScript has too."""
    state, found = 1, bytearray()
    for _ in range(3 * width * height):
        state = (state * 1664525 + 1013904223) % 2**32
        found.append(state >> 24)
    return np.frombuffer(bytes(found), np.uint8).reshape(height, width, 3)


def ways() -> list[Preprocessing]:
    """Every fit with every filter; the size stands for any."""
    return all_ways(32, 32)


def digest(way: Preprocessing) -> str:
    """The hash of what all the photos become, or of the sentences that refuse them."""
    found = hashlib.sha256()
    for width, height, to_width, to_height in SIZES:
        preprocessing = Preprocessing(to_width, to_height, 3, way.fit, way.filter, way.resize_to)
        try:
            found.update(prepare(noise(width, height), preprocessing).tobytes())
        except ImageError as refused:
            found.update(refused.message.removeprefix("the array: ").encode())
    return found.hexdigest()


def expected() -> dict[str, object]:
    """What is in the file."""
    rows = [{"fit": way.fit, "filter": way.filter, "resize_to": way.resize_to, "sha256": digest(way)} for way in ways()]
    return {"sizes": SIZES, "ways": [{key: value for key, value in row.items() if value} for row in rows]}


if __name__ == "__main__":
    EXPECTED.write_text(json.dumps(expected(), indent=1) + "\n", encoding="utf-8")
