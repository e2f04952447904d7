"""One picture: a place, an animal in it, something in the way, and the camera."""

import numpy as np
from PIL import Image

from gemelo.errors import UnknownNameError
from gemelo.synthetic import backgrounds, effects, poses
from gemelo.synthetic.canvas import SUPERSAMPLE, Canvas
from gemelo.synthetic.colors import Dice
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
    dice = Dice(rng.bit_generator)
    width, height = shape or _random_shape(size, dice)
    canvas = Canvas.blank(width, height, (200, 200, 200))
    look = random_look(SPECIES[label], dice)
    name = dice.weighted(backgrounds.ODDS[look.species])
    ground = backgrounds.BACKGROUNDS[name](canvas, dice) * canvas.size[1]
    _animal(canvas, look, ground, _OUTDOORS if name in _FIELDS else _INDOORS, dice)
    if dice.chance(0.16):
        effects.sunbeam(canvas, dice)
    return effects.develop(canvas.image.reduce(SUPERSAMPLE), dice)


def _random_shape(size: tuple[int, int], dice: Dice) -> tuple[int, int]:
    """Landscape more often than portrait, as photos are."""
    short, long = size
    wide = int(dice.integers(short + (long - short) // 4, long + 1))
    tall = int(np.clip(round(wide / dice.uniform(1.0, 1.55)), short, long))
    return (tall, wide) if dice.chance(0.3) else (wide, tall)


def _animal(canvas: Canvas, look: Look, ground: float, hiding: dict[str, float], dice: Dice) -> None:
    name = dice.weighted(poses.ODDS[look.species])
    pose = poses.POSES[name]
    left, top, right, bottom = pose.extent
    width, height = canvas.size
    scale = min(width / (right - left), height / (bottom - top)) * dice.between(0.82, 1.08)
    scale *= 1.1 if name == "portrait" else 1.0
    if name in ("portrait", "peek"):
        ground = height - scale * bottom
    ground = min(max(ground, -top * scale * 0.94), height - 0.01)
    flip = dice.chance(0.5)
    slack = width - (right - left) * scale
    x = slack * (dice.between(0.25, 0.75) if slack > 0 else 0.5) - (-right if flip else left) * scale
    spot = canvas.place(x, ground, scale, flip=flip)
    if pose.shadow:
        spot.glaze(ellipse((left + right) / 4, 0.0, pose.shadow, 0.065), (20, 16, 34), 0.34)
    pose.draw(poses.Body(spot, look, dice))
    _things(canvas.place(x, ground, scale), name, hiding, dice)


def _things(canvas: Canvas, pose: str, hiding: dict[str, float], dice: Dice) -> None:
    """Something in front of the animal, or a toy beside it; `canvas` is in body units, on the ground."""
    if pose == "peek":
        return
    if dice.chance(0.18):
        thing, side = dice.weighted(hiding), float(dice.choice([-1.0, 1.0]))
        PROPS[thing](canvas.place(side * dice.between(0.1, 0.5), 0.1), dice)
    elif dice.chance(0.25) and pose != "portrait":
        side, thing = float(dice.choice([-1.0, 1.0])), dice.pick(_TOYS)
        PROPS[thing](canvas.place(side * dice.between(0.3, 0.65), 0.06), dice)
