"""What a camera adds: light, tint, vignette, blur and grain."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from gemelo.synthetic.canvas import Canvas
from gemelo.synthetic.colors import Dice

_Light = NDArray[np.float32]


def sunbeam(canvas: Canvas, dice: Dice) -> None:
    """A slanting band of light, or of shade, across the picture."""
    width, height = canvas.size
    x, lean, wide = width * dice.between(-0.1, 0.8), dice.between(0.2, 0.7), dice.between(0.15, 0.45)
    band = np.array([[x + lean, 0.0], [x + lean + wide, 0.0], [x + wide, height], [x, height]])
    color = (255, 244, 208) if dice.chance(0.75) else (30, 28, 60)
    canvas.glaze(band, color, dice.between(0.1, 0.24))


def develop(image: Image.Image, dice: Dice) -> Image.Image:
    """Exposure, white balance, vignette, soft focus and grain, all mild, on an RGB image."""
    if dice.chance(0.25):
        image = image.filter(ImageFilter.BoxBlur(dice.between(0.4, 1.3)))
    pixels = np.asarray(image, dtype=np.float32)
    pixels = pixels * (_white_balance(dice) * _falloff(image.size, dice))
    if dice.chance(0.2):
        grey = pixels.mean(axis=2, keepdims=True)
        pixels = grey + (pixels - grey) * np.float32(dice.uniform(0.4, 0.9))
    grain = np.float32(dice.choice([0.0, 3.0, 6.0, 10.0], p=[0.4, 0.3, 0.2, 0.1]))
    if grain:
        pixels = pixels + _grain(image.size, dice) * grain
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def _grain(size: tuple[int, int], dice: Dice) -> _Light:
    """Normal noise (h, w, 1), from anywhere in one sheet of it: to make it anew takes longer than to draw a cat."""
    sheet = _sheet()
    top, left = (int(v) for v in dice.integers(0, len(sheet), 2))
    rows, columns = (top + np.arange(size[1])) % len(sheet), (left + np.arange(size[0])) % len(sheet)
    return sheet[rows[:, None], columns][:, :, None]


@cache
def _sheet() -> _Light:
    return np.random.default_rng(35).standard_normal((512, 512), dtype=np.float32)


def _white_balance(dice: Dice) -> _Light:
    exposure = dice.uniform(0.84, 1.12)
    warmth, green = dice.uniform(-0.09, 0.09), dice.uniform(-0.03, 0.03)
    return np.array([exposure * (1 + warmth), exposure * (1 + green), exposure * (1 - warmth)], dtype=np.float32)


def _falloff(size: tuple[int, int], dice: Dice) -> _Light:
    """Light per pixel, (h, w, 1): a vignette, and a side that is brighter than the other."""
    x = np.linspace(-1, 1, size[0], dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, size[1], dtype=np.float32)[:, None]
    vignette, side, top = (
        np.float32(v) for v in (dice.uniform(0, 0.22), dice.uniform(-0.16, 0.16), dice.uniform(-0.06, 0.12))
    )
    light: _Light = (1 - vignette * (x * x + y * y) * np.float32(0.5) + side * x - top * y)[:, :, None]
    return light
