"""Photos in forms in which cameras and websites give them, made from ordinary JPEGs."""

import io
import struct
from collections.abc import Callable

import numpy as np
from PIL import Image

from tests.goldens.make import saved

_START, _APP0, _APP1 = b"\xff\xd8", b"\xff\xe0", b"\xff\xe1"


def exif_first(jpeg: bytes, orientation: int, *, jfif: bool) -> bytes:
    """The same photo as a camera writes it: it begins with EXIF, and a JFIF segment follows or is missing."""
    assert jpeg.startswith(_START + _APP0)
    (length,) = struct.unpack_from(">H", jpeg, 4)
    exif = Image.Exif()
    exif[0x0112] = orientation
    block = exif.tobytes()
    segment = _APP1 + struct.pack(">H", len(block) + 2) + block
    return _START + segment + jpeg[2 if jfif else 4 + length :]


def webp(jpeg: bytes, *, lossless: bool, alpha: bool) -> bytes:
    """The same photo as WebP, on request with an alpha channel of all values."""
    image = Image.open(io.BytesIO(jpeg)).convert("RGB")
    if alpha:
        width, height = image.size
        image.putalpha(Image.fromarray(np.add.outer(np.arange(height), np.arange(width)).astype(np.uint8)))
    # Without effort: the least compression decodes alike and is made fast.
    return saved(image, "WEBP", lossless=lossless, quality=0 if lossless else 80, method=0, exact=True)


# A photo's number decides what varies within a form.
FORMS: dict[str, Callable[[bytes, int], bytes]] = {
    "as it is": lambda jpeg, _: jpeg,
    "EXIF first": lambda jpeg, number: exif_first(jpeg, number % 8 + 1, jfif=number % 16 < 8),
    "lossy WebP": lambda jpeg, _: webp(jpeg, lossless=False, alpha=False),
    "lossless WebP": lambda jpeg, _: webp(jpeg, lossless=True, alpha=False),
    "lossy WebP with alpha": lambda jpeg, _: webp(jpeg, lossless=False, alpha=True),
    "lossless WebP with alpha": lambda jpeg, _: webp(jpeg, lossless=True, alpha=True),
}
