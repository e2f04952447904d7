"""A surface to draw on: supersampled, with its own coordinates, and with clipping.

Everything is drawn at SUPERSAMPLE times the final size and averaged down once at the end: that is all the
antialiasing there is, and it costs little.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageChops, ImageDraw

from gemelo.synthetic.colors import Color, darker
from gemelo.synthetic.shapes import Points

SUPERSAMPLE = 3
# Blending by a byte mask is slow for each pixel, a table and a bit mask are slow to make: this is where they meet.
_SMALL = 50_000

_Pixels = NDArray[np.int64]


@dataclass(frozen=True)
class Clip:
    """Where marks may fall: a bit mask of a part's bounding box, and the pixel of its top left corner."""

    mask: Image.Image
    corner: tuple[int, int]


@dataclass(frozen=True)
class Canvas:
    """An RGB image and the affine map from the caller's coordinates to its pixels."""

    image: Image.Image
    pen: ImageDraw.ImageDraw
    matrix: NDArray[np.float64]

    @classmethod
    def blank(cls, width: int, height: int, color: Color) -> "Canvas":
        """A canvas of `width` x `height` final pixels; the unit of its coordinates is the shorter side."""
        image = Image.new("RGB", (width * SUPERSAMPLE, height * SUPERSAMPLE), color)
        unit = float(min(width, height) * SUPERSAMPLE)
        return cls(image, ImageDraw.Draw(image), np.array([[unit, 0.0, 0.0], [0.0, unit, 0.0]]))

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the whole picture in root units."""
        unit = min(self.image.size)
        return self.image.width / unit, self.image.height / unit

    def place(self, x: float, y: float, scale: float = 1.0, *, angle: float = 0.0, flip: bool = False) -> "Canvas":
        """The same surface with its origin at (x, y), turned by `angle` degrees, scaled and mirrored."""
        radians = np.deg2rad(angle)
        c, s = np.cos(radians) * scale, np.sin(radians) * scale
        turn = np.array([[c, -s], [s, c]]) @ np.diag([-1.0 if flip else 1.0, 1.0])
        linear = self.matrix[:, :2] @ turn
        shift = self.matrix[:, :2] @ np.array([x, y]) + self.matrix[:, 2]
        return Canvas(self.image, self.pen, np.column_stack([linear, shift]))

    def fill(self, points: Points, color: Color, outline: Color | None = None, width: float = 0.02) -> None:
        """Fill a polygon, with an outline of the given width centered on its edge."""
        self.pen.polygon(_flat(self._pixels(points)), fill=color)
        if outline is not None:
            self.ring(points, outline, width)

    def thing(self, points: Points, color: Color, width: float, shade: float = 0.5) -> None:
        """Fill a polygon, with an outline of a darker shade."""
        self.fill(points, color, darker(color, shade), width)

    def ring(self, points: Points, color: Color, width: float) -> None:
        """Draw a closed line."""
        self.stroke(np.concatenate([points, points[:2]]), color, width)

    def stroke(self, points: ArrayLike, color: Color, width: float) -> None:
        """Draw an open line; its ends and its sharp corners are round."""
        (a, b, _), (c, d, _) = self.matrix.tolist()
        thickness = max(SUPERSAMPLE - 1, round(width * math.sqrt(abs(a * d - b * c))))
        line = self._pixels(np.asarray(points, dtype=np.float64))
        self.pen.line(_flat(line), fill=color, width=thickness)
        if thickness > 3:
            reach = thickness / 2
            for x, y in line[_corners(line)].tolist():
                self.pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=color)

    def glaze(self, points: Points, color: Color, opacity: float) -> None:
        """Fill a polygon with a see-through color."""
        clip = self.clip(points)
        if clip is not None:
            self._paste(clip, clip.mask, color, opacity)

    def clip(self, points: Points) -> Clip | None:
        """The mask of a polygon, to draw marks inside it; None when it lies outside the picture."""
        pixels = self._pixels(points)
        low = np.maximum(pixels.min(axis=0), 0)
        high = np.minimum(pixels.max(axis=0) + 1, self.image.size)
        if (high <= low).any():
            return None
        mask = Image.new("1", (int(high[0] - low[0]), int(high[1] - low[1])), 0)
        corner = (int(low[0]), int(low[1]))
        ImageDraw.Draw(mask).polygon(_flat(pixels - corner), fill=1)
        return Clip(mask, corner)

    def marks(self, clip: Clip | None, shapes: Iterable[Points], color: Color, opacity: float = 1.0) -> None:
        """Fill polygons, but only where `clip` allows."""
        if clip is None:
            return
        ink = Image.new("1", clip.mask.size, 0)
        pen = ImageDraw.Draw(ink)
        for shape in shapes:
            pen.polygon(_flat(self._pixels(shape) - clip.corner), fill=1)
        self._paste(clip, ImageChops.logical_and(ink, clip.mask), color, opacity)

    def outside(self, clip: Clip | None, shape: Points, color: Color, opacity: float) -> None:
        """Tint the part of `clip` that `shape` leaves out: the crescent of a shadow."""
        if clip is None:
            return
        rest = clip.mask.copy()
        ImageDraw.Draw(rest).polygon(_flat(self._pixels(shape) - clip.corner), fill=0)
        self._paste(clip, rest, color, opacity)

    def _paste(self, clip: Clip, mask: Image.Image, color: Color, opacity: float) -> None:
        x, y = clip.corner
        box = (x, y, x + mask.width, y + mask.height)
        if opacity >= 1.0:
            self.image.paste(color, box, mask)
        elif mask.width * mask.height < _SMALL:
            veil = Image.new("L", mask.size, 0)
            veil.paste(round(255 * opacity), (0, 0), mask)
            self.image.paste(color, box, veil)
        else:
            self.image.paste(self.image.crop(box).point(_stain(color, opacity)), box, mask)

    def _pixels(self, points: Points) -> _Pixels:
        # Whole pixels: the last bit of a cosine, which differs between processors, cannot show.
        pixels: _Pixels = np.rint(points @ self.matrix[:, :2].T + self.matrix[:, 2]).astype(np.int64)
        return pixels


def _stain(color: Color, opacity: float) -> list[int]:
    """For each value of each channel, what it is under a see-through color."""
    value = np.arange(256)
    table = [np.rint(value + (channel - value) * opacity).astype(int) for channel in color]
    stain: list[int] = np.concatenate(table).tolist()
    return stain


def _flat(pixels: _Pixels) -> list[int]:
    flat: list[int] = pixels.ravel().tolist()
    return flat


def _corners(line: _Pixels) -> NDArray[np.bool_]:
    """Where a thick line needs a round joint: at its ends, and where it turns by more than 25 degrees."""
    step = np.diff(line, axis=0)
    dot = (step[:-1] * step[1:]).sum(axis=1)
    length = np.hypot(step[:, 0], step[:, 1])
    return np.concatenate([[True], dot < 0.906 * length[:-1] * length[1:], [True]])
