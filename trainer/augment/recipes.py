"""The recipes, each a list to be read aloud."""

from collections.abc import Sequence

from gemelo.errors import UnknownNameError
from trainer.augment.batch import Op
from trainer.augment.geometry import HorizontalFlip, RandomResizedCrop, Rotation, Shear, Zoom
from trainer.augment.pixels import Colour, Cutout, Mixup

RECIPES: dict[str, Sequence[Op]] = {
    "none": [],
    # The notebook's ImageDataGenerator(shear_range=0.2, zoom_range=0.2, horizontal_flip=True).
    "lecture": [Shear(0.2), Zoom(0.2), HorizontalFlip()],
    # For networks that have seen a million photos already.
    "gentle": [RandomResizedCrop(0.5), HorizontalFlip(), Colour(0.2)],
    "strong": [
        RandomResizedCrop(0.35),
        Rotation(10),
        HorizontalFlip(),
        Colour(0.25),
        Cutout(0.25, share=0.3),
        Mixup(0.2, share=0.5),
    ],
}


def get(name: str) -> Sequence[Op]:
    """The recipe of that name.

    Raises:
        UnknownNameError: There is none; lists those there are.
    """
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    return RECIPES[name]
