"""From the bytes of a photo to the real numbers that a model takes: everything that can be declared, in one value."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gemelo.errors import ImageError
from gemelo.preprocessing import DEFAULT_MAX_PIXELS, Preprocessing, prepare

Bytes = NDArray[np.uint8]

# What programs do wrong with the order of the bytes.
MISREADINGS = {
    "nhwc-as-nchw": "the bytes of NHWC pixels read as NCHW",
    "nchw-as-nhwc": "the bytes of NCHW pixels read as NHWC",
    "transposed": "rows and columns exchanged",
    "upside-down": "the rows upside down",
}


@dataclass(frozen=True)
class Feed:
    """How one model is fed.

    Attributes:
        preprocessing: Size, fit and filter.
        scale: An `importers.declare.Scale`.
        channel_order: `rgb` or `bgr`.
        exif: Whether photos are turned by their EXIF orientation.
        misread: One of `MISREADINGS`, or empty.
    """

    preprocessing: Preprocessing
    scale: Any
    channel_order: str = "rgb"
    exif: bool = True
    misread: str = ""

    @property
    def decoding(self) -> tuple[Preprocessing, bool]:
        """What of it is done to each photo, before the numbers: the same for many feeds."""
        return self.preprocessing, self.exif

    def numbers(self, images_u8: Bytes) -> NDArray[np.float32]:
        """Prepared photos (n, h, w, c), RGB, as the model takes them."""
        images = images_u8.astype(np.float32)
        if self.channel_order == "bgr" and images.shape[-1] == 3:
            images = images[..., ::-1]
        if not self.scale.is_identity:
            mean, std = (np.array(each, np.float32) for each in (self.scale.mean, self.scale.std))
            images = np.asarray((images - mean) / std, np.float32)
        return np.ascontiguousarray(_misread(images, self.misread), np.float32)


def decode(source: Path, decoding: tuple[Preprocessing, bool], max_pixels: int = DEFAULT_MAX_PIXELS) -> Bytes:
    """One photo, (h, w, c).

    Raises:
        ImageError, NotFoundError: It cannot be read.
    """
    preprocessing, exif = decoding
    if exif:
        return prepare(source, preprocessing, max_pixels)
    image = Image.open(io.BytesIO(source.read_bytes()))
    image.load()
    image.info.pop("exif", None)
    return prepare(image, preprocessing, max_pixels)


def is_turned(source: Path) -> bool:
    """Whether a photo has an EXIF orientation that turns it."""
    try:
        with Image.open(source) as image:
            return image.getexif().get(0x0112, 1) not in (0, 1)
    except (OSError, ValueError, ImageError, SyntaxError):
        return False


def _misread(images: NDArray[np.float32], how: str) -> NDArray[np.float32]:
    n, h, w, c = images.shape
    if how == "nhwc-as-nchw":
        return images.reshape(n, c, h, w).transpose(0, 2, 3, 1)
    if how == "nchw-as-nhwc":
        return np.ascontiguousarray(images.transpose(0, 3, 1, 2)).reshape(n, h, w, c)
    if how == "transposed":
        return images.transpose(0, 2, 1, 3) if h == w else images
    return images[:, ::-1] if how == "upside-down" else images
