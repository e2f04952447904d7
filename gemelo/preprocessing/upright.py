"""Steps 2 and 3 of the preprocessing, a band of rows at a time: turned by its EXIF orientation, over white, as RGB.

A photo of 64 megapixels takes 256 MB once it is decoded. A whole copy for each step would multiply that.
"""

from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageChops

from gemelo.errors import CorruptImageError, Message

_BAND_PIXELS = 1 << 20
_TURNS: dict[Any, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Turns that make rows of columns, and turns that take them from the end.
_SIDEWAYS = (_TURNS[5], _TURNS[6], _TURNS[7], _TURNS[8])
_BACKWARDS = (_TURNS[3], _TURNS[4], _TURNS[7], _TURNS[8])


class Upright:
    """A photo as people see it.

    Args:
        image: Decoded.
        name: What to call it in an error.

    Attributes:
        name: As given.
        width, height: Of the upright photo.
    """

    def __init__(self, image: Image.Image, name: str) -> None:
        self.name = name
        self._image = image
        self._turn = _turn_of(image)
        self.width, self.height = reversed(image.size) if self._turn in _SIDEWAYS else image.size

    def bands(self, top: int, bottom: int) -> Iterator[tuple[int, Image.Image]]:
        """Its rows from `top` to `bottom` as RGB images of its whole width, each with the row that it begins at.

        Raises:
            CorruptImageError: Its pixels cannot be converted.
        """
        step = max(1, _BAND_PIXELS // self.width)
        for start in range(top, bottom, step):
            try:
                yield start, self._band(start, min(start + step, bottom))
            except MemoryError:
                raise
            except Exception as exc:  # Pillow raises whatever a damaged palette makes it trip over
                raise CorruptImageError(Message("photo.damaged", self.name)) from exc

    def whole(self) -> Image.Image:
        """All of it."""
        canvas = Image.new("RGB", (self.width, self.height))
        for top, band in self.bands(0, self.height):
            canvas.paste(band, (0, top))
        return canvas

    def _band(self, top: int, bottom: int) -> Image.Image:
        width, height = self._image.size
        if self._turn in _BACKWARDS:
            top, bottom = self.height - bottom, self.height - top
        box = (top, 0, bottom, height) if self._turn in _SIDEWAYS else (0, top, width, bottom)
        part = self._image.crop(box)
        return _to_rgb(part if self._turn is None else part.transpose(self._turn))


def _turn_of(image: Image.Image) -> Image.Transpose | None:
    try:
        exif = Image.Exif()
        exif.load(image.info.get("exif") or b"")
        return _TURNS.get(exif.get(0x0112))
    except Exception:  # a damaged EXIF block counts as none, as browsers have it
        return None


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "CMYK":
        return _ink_to_rgb(image)
    if not image.has_transparency_data:
        return image.convert("RGB")
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def _ink_to_rgb(image: Image.Image) -> Image.Image:
    """CMYK as browsers have it, (255 - ink) (255 - black) / 255 rounded down; Pillow's own conversion rounds."""
    *inks, black = ImageChops.invert(image).split()
    return Image.merge("RGB", [ImageChops.multiply(ink, black) for ink in inks])
