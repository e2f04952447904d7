"""The models that are compared, each with all that has to be known to ask it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from gemelo import installed
from gemelo.compare.beside import declared_beside, nothing
from gemelo.compare.feed import Feed
from gemelo.compare.model import Model
from gemelo.compare.readers import OpenOptions, find
from gemelo.errors import LabelMismatchError, MissingDependencyError, SchemaError, UsageError
from gemelo.preprocessing import Preprocessing

MOST_SIDES = 26
# Of so many classes, one more is that of the background.
_MANY = 50


@dataclass
class Side:
    """One of the models.

    Attributes:
        letter: `A`, `B`, ..., or another name: the others are compared with the first.
        path: As it was typed.
        model: Opened.
        declared: All that is known of it: an `importers.declare.Declared`.
        feed: How it is fed; None where its answers were written down.
        notes: What was assumed.
    """

    letter: str
    path: Path
    model: Model
    declared: Any
    feed: Feed | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def labels(self) -> tuple[str, ...] | None:
        """In the order of its columns."""
        found: tuple[str, ...] | None = self.declared.labels or self.model.facts.labels
        return found

    @property
    def called(self) -> str:
        """How to call it in a sentence: `B (model.onnx)`."""
        return f"{self.letter} ({self.path.name})"

    def check_labels(self, classes: int) -> None:
        """Hold its labels to its answers.

        Raises:
            LabelMismatchError: There are more or fewer.
        """
        if self.labels is not None and len(self.labels) != classes:
            raise LabelMismatchError(
                f"{self.path}: the model tells {classes} classes apart, and there are {len(self.labels)} labels",
                hint=f"give its own with --{self.letter.lower()}-labels FILE",
            )


@dataclass(frozen=True)
class Asked:
    """What was said of the models.

    Attributes:
        paths: Of the models.
        common: A `Declared` for all of them.
        own: {index of a model: a `Declared` for it alone}.
        trust: Whether programs inside Keras models may be run.
        names: What to call them instead of A, B, ...
    """

    paths: Sequence[Path]
    common: Any = None
    own: dict[int, Any] = field(default_factory=dict)
    trust: bool = False
    names: Sequence[str] = ascii_uppercase


def opened(asked: Asked) -> tuple[list[Side], list[str]]:
    """Open all models.

    Returns:
        Those whose runtime is installed, and notes on the others.

    Raises:
        UsageError: Fewer than two are left, or something has to be said that nobody said.
        CheckError: One is damaged, or no classifier of photos.
    """
    if not 2 <= len(asked.paths) <= MOST_SIDES:
        raise UsageError(f"{len(asked.paths)} models: give two to {MOST_SIDES}", hint="gemelo compare A B --images DIR")
    sides: list[Side] = []
    missing: list[MissingDependencyError] = []
    notes: list[str] = []
    try:
        for i, path in enumerate(asked.paths):
            try:
                sides.append(_opened(asked, i, path))
            except MissingDependencyError as exc:
                missing.append(exc)
                notes.append(f"{asked.names[i]} ({path.name}) was left out: {exc.message}; {exc.hint}")
        if len(sides) < 2:
            raise missing[0]
        _settle(sides)
    except BaseException:
        close(sides)
        raise
    return sides, notes


def check_classes(sides: Sequence[Side], classes: dict[str, int]) -> None:
    """Hold the models to one another, and their labels to them.

    Args:
        sides: The models.
        classes: {letter: how many classes it tells apart} of those that answered.

    Raises:
        LabelMismatchError: They tell different numbers of classes apart, or have more or fewer labels.
    """
    present = [side for side in sides if side.letter in classes]
    for side in present:
        side.check_labels(classes[side.letter])
    others = [side for side in present if classes[side.letter] != classes[present[0].letter]]
    if others:
        told = ", ".join(f"{side.called} tells {classes[side.letter]} classes apart" for side in (present[0], *others))
        counts = sorted((classes[present[0].letter], classes[others[0].letter]))
        background = counts[0] >= _MANY and counts[1] == counts[0] + 1
        hint = "one of them has a class for the background" if background else "these are not the same classifier"
        raise LabelMismatchError(told, hint=hint)


def close(sides: Sequence[Side]) -> None:
    """Free what the models hold."""
    for side in sides:
        side.model.close()


def _opened(asked: Asked, i: int, path: Path) -> Side:
    model = find(path).open(path, OpenOptions(asked.trust))
    try:
        facts = model.facts
        own = asked.own.get(i) or nothing()
        own = own.over(declared_beside(path) or nothing())
        common = asked.common or nothing()
        # What gemelo wrote, and what integers stand for, is certain: what is said for all is for the others.
        certain = facts.declared.fit is not None or model.input.dtype in ("uint8", "int8")
        declared = own.over(facts.declared).over(common) if certain else own.over(common).over(facts.declared)
        return Side(asked.names[i], path, model, declared, notes=list(facts.notes))
    except BaseException:
        model.close()
        raise


def _settle(sides: list[Side]) -> None:
    """Fill in what one model says for the others, and ask for the rest."""
    asked = [side for side in sides if side.model.facts.recorded is None]
    if unknown := [side for side in asked if side.declared.scale is None]:
        raise _scale_missing(unknown)
    for side in asked:
        side.feed = _feed(side, asked)


def _feed(side: Side, sides: list[Side]) -> Feed:
    said, taken = side.declared, side.model.input
    fit = _first([said.fit, *(each.declared.fit for each in sides)]) or "squash"
    resize_to = (
        said.resize_to if said.fit else _first([each.declared.resize_to for each in sides if each.declared.fit == fit])
    )
    chosen = _first([said.filter, *(each.declared.filter for each in sides)]) or "pillow-bilinear"
    if said.fit is None or said.filter is None:
        side.notes.append(f"nobody said how photos are resized for it: {fit}, {chosen}")
    height, width = _size(side, sides)
    try:
        preprocessing = Preprocessing(width, height, taken.channels, fit, chosen, resize_to)
    except SchemaError as exc:
        raise UsageError(f"{side.path}: {exc.message}", hint=exc.hint) from exc
    order = said.channel_order or ("bgr" if said.scale.bgr else "rgb")
    return Feed(preprocessing, said.scale, order)


def _size(side: Side, sides: list[Side]) -> tuple[int, int]:
    taken, said = side.model.input, side.declared
    own = (taken.height or said.height, taken.width or said.width)
    if said.height and (own != (said.height, said.width)):
        raise UsageError(
            f"{side.path}: the model takes photos of {own[1]}x{own[0]} pixels, not {said.width}x{said.height}",
            hint=f"leave --size out, or give --{side.letter.lower()}-size for the model that needs it",
        )
    known = [own, *((each.model.input.height, each.model.input.width) for each in sides)]
    known += [(each.declared.height, each.declared.width) for each in sides]
    for height, width in known:
        if height and width:
            return height, width
    raise UsageError(f"{side.path}: the model takes photos of any size", hint="say which, e.g. --size 224")


def _first(values: list[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _scale_missing(sides: list[Side]) -> UsageError:
    called = ", ".join(side.called for side in sides)
    found: UsageError = installed.load("importers.declare").missing(called, scale=True, labels=False)
    options = " ".join(f"--{side.letter.lower()}-scale SCALE" for side in sides)
    choices = "\n".join(line for line in (found.hint or "").splitlines() if line.startswith(" "))
    return UsageError(found.message, hint=f"say it with {options}, or with --scale for all\n{choices}")
