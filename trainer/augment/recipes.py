"""The recipes, each a list to be read aloud."""

from collections.abc import Sequence

from gemelo.errors import UnknownNameError

from .batch import Op
from .geometry import HorizontalFlip, RandomResizedCrop, Rotation, Shear, Zoom
from .outliers import Outliers
from .pixels import Color, CutMix, Cutout, Mixup

RECIPES: dict[str, Sequence[Op]] = {
    "none": [],
    # The notebook's ImageDataGenerator(shear_range=0.2, zoom_range=0.2, horizontal_flip=True).
    "lecture": [Shear(0.2), Zoom(0.2), HorizontalFlip()],
    # For networks that have seen a million photos already.
    "gentle": [RandomResizedCrop(0.5), HorizontalFlip(), Color(0.2)],
    "strong": [
        RandomResizedCrop(0.35),
        Rotation(10),
        HorizontalFlip(),
        Color(0.25),
        Cutout(0.25, share=0.3),
        Mixup(0.2, share=0.5),
    ],
    # For long trainings: every photo is mixed with another, one way or the other.
    "mixed": [
        RandomResizedCrop(0.35),
        Rotation(10),
        HorizontalFlip(),
        Color(0.25),
        CutMix(1.0, share=0.5),
        Mixup(0.2, share=0.5),
    ],
    # For a student, whose teacher knows what is left of a photo (Beyer et al. 2022): close crops, blended at will.
    "patient": [RandomResizedCrop(0.2), HorizontalFlip(), Color(0.25), Mixup(1.0, share=0.5)],
}


def get(name: str) -> Sequence[Op]:
    """The recipe of that name.

    Raises:
        UnknownNameError: There is none; lists those there are.
    """
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    return RECIPES[name]


def compose(
    name: str, *, mixup: float | None = None, cutmix: float | None = None, outliers: float = 0.0
) -> Sequence[Op]:
    """The recipe of that name, its mixing replaced where that was asked for.

    Args:
        name: Of the recipe.
        mixup, cutmix: Alpha of each; 0 for none, None for the recipe's own. Where both are wanted, each has half of the
            batches.
        outliers: Share of each batch that is replaced by pictures of none of the classes.

    Raises:
        UnknownNameError: There is no such recipe.
    """
    ops, share = get(name), 0.5 if mixup and cutmix else 1.0
    for kind, alpha in ((CutMix, cutmix), (Mixup, mixup)):
        if alpha is not None:
            ops = [op for op in ops if not isinstance(op, kind)] + ([kind(alpha, share)] if alpha else [])
    return [*ops, Outliers(outliers)] if outliers else ops
