"""One picture: a place, an animal in it, something in the way, and the camera."""

from __future__ import annotations

import numpy as np
from PIL import Image

from gemelo.errors import UnknownNameError
from gemelo.synthetic import backgrounds, effects, poses
from gemelo.synthetic.canvas import Canvas
from gemelo.synthetic.colors import chance, pick, weighted
from gemelo.synthetic.look import Look, random_look
from gemelo.synthetic.props import PROPS
from gemelo.synthetic.shapes import ellipse

# The labels that can be drawn, as the lecture's folders are called, and the animal of each.
SPECIES = {"cats": "cat", "dogs": "dog"}
SIZE = (160, 320)
_INDOORS = {"plant": 2.0, "box": 1.6}
_OUTDOORS = {"box": 0.8, "fence": 1.2, "grass": 2.0, "plant": 0.6}
_FIELDS = ("garden", "sunset", "beach", "night")
_TOYS = ("ball", "yarn", "bowl")


def draw_photo(
    label: str,
    rng: np.random.Generator,
    *,
    size: tuple[int, int] = SIZE,
    shape: tuple[int, int] | None = None,
) -> Image.Image:
    """Draws a cat or a dog as a camera might have caught it.

    Args:
        label: "cats" or "dogs".
        rng: what all choices are drawn from; the same state gives the same pixels.
        size: the shortest and the longest side there may be, in pixels.
        shape: exact (width, height) in pixels, instead of a random one within `size`.

    Returns:
        An RGB image.

    Raises:
        UnknownNameError: for any other label.
    """
    if label not in SPECIES:
        raise UnknownNameError("label", label, SPECIES)
    width, height = shape or _random_shape(size, rng)
    canvas = Canvas.blank(width, height, (200, 200, 200))
    look = random_look(SPECIES[label], rng)
    name = weighted(backgrounds.ODDS[look.species], rng)
    ground = backgrounds.BACKGROUNDS[name](canvas, rng) * canvas.height
    _animal(canvas, look, ground, _OUTDOORS if name in _FIELDS else _INDOORS, rng)
    if chance(rng, 0.16):
        effects.sunbeam(canvas, rng)
    return effects.develop(canvas.finished(), rng)


def _random_shape(size: tuple[int, int], rng: np.random.Generator) -> tuple[int, int]:
    """Landscape more often than portrait, as photos are."""
    short, long = size
    wide = int(rng.integers(short + (long - short) // 4, long + 1))
    tall = int(np.clip(round(wide / rng.uniform(1.0, 1.55)), short, long))
    return (tall, wide) if chance(rng, 0.3) else (wide, tall)


def _animal(canvas: Canvas, look: Look, ground: float, hiding: dict[str, float], rng: np.random.Generator) -> None:
    name = weighted(poses.ODDS[look.species], rng)
    pose = poses.POSES[name]
    left, top, right, bottom = pose.extent
    room = min(canvas.width / (right - left), canvas.height / (bottom - top))
    scale = room * float(rng.uniform(0.82, 1.08)) * (1.1 if name == "portrait" else 1.0)
    if name in ("portrait", "peek"):
        ground = canvas.height - scale * bottom
    ground = min(max(ground, -top * scale * 0.94), canvas.height - 0.01)
    flip = chance(rng, 0.5)
    slack = max(canvas.width - (right - left) * scale, 0.0)
    start = slack * float(rng.uniform(0.25, 0.75)) if slack else (canvas.width - (right - left) * scale) / 2
    x = start - (-right if flip else left) * scale
    spot = canvas.place(x, ground, scale, flip=flip)
    if pose.shadow:
        spot.glaze(ellipse((left + right) / 4, 0.0, pose.shadow, 0.065), (20, 16, 34), 0.34)
    pose.draw(spot, look, rng)
    _things(canvas.place(x, ground, scale), name, hiding, rng)


def _things(canvas: Canvas, pose: str, hiding: dict[str, float], rng: np.random.Generator) -> None:
    """A toy beside the animal, or something in front of it; `canvas` is in body units, on the ground."""
    if pose == "peek":
        return
    if chance(rng, 0.18):
        thing = weighted(hiding, rng)
        side = float(rng.choice([-1.0, 1.0]))
        PROPS[thing](canvas.place(side * float(rng.uniform(0.1, 0.5)), 0.1), rng)
    elif chance(rng, 0.25) and pose != "portrait":
        side = float(rng.choice([-1.0, 1.0]))
        PROPS[pick(_TOYS, rng)](canvas.place(side * float(rng.uniform(0.3, 0.65)), 0.06), rng)
