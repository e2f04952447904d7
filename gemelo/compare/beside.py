"""What lies beside a model file: its labels, and what its owner wrote down of its preprocessing."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from gemelo import installed
from gemelo.errors import GemeloError, UsageError
from gemelo.preprocessing import FILTERS, FITS, Preprocessing
from gemelo.store.files import read_json
from gemelo.store.schema import one_of, read

SUFFIX = ".gemelo.json"
_SIZE = re.compile(r"([1-9]\d{0,3})(?:x([1-9]\d{0,3}))?")
_LABELS = ("labels.txt", "classes.txt", "labels.json", "class_names.txt")


@dataclass(frozen=True)
class DeclarationFile:
    """MODEL.gemelo.json: the options of `gemelo compare` for one model, each as it is typed.

    Attributes:
        labels: Their names, or a file relative to this one.
    """

    scale: str | None = None
    channel_order: Annotated[str, one_of("rgb", "bgr")] | None = None
    size: str | None = None
    fit: Annotated[str, one_of(*FITS)] | None = None
    filter: Annotated[str, one_of(*FILTERS)] | None = None
    resize_to: int | None = None
    output: Annotated[str, one_of("probabilities", "sigmoid", "logits")] | None = None
    labels: list[str] | None = None


def declared_beside(path: Path) -> Any:
    """What stands in MODEL.gemelo.json, as a `Declared`; None where there is no such file.

    Raises:
        CheckError: It is damaged.
        UsageError: It says something that there is not.
    """
    place = path.with_name(f"{path.name}{SUFFIX}") if path.name else path
    if not place.is_file():
        return None
    said = read(DeclarationFile, read_json(place), place)
    try:
        return declaration(**{name: getattr(said, name) for name in said.__dataclass_fields__})
    except UsageError as exc:
        raise UsageError(f"{place}: {exc.message}", hint=exc.hint) from exc


def declaration(
    *,
    scale: str | None = None,
    channel_order: str | None = None,
    size: str | None = None,
    fit: str | None = None,
    filter: str | None = None,
    resize_to: int | None = None,
    output: str | None = None,
    labels: list[str] | str | None = None,
) -> Any:
    """What was said of a model, as a `Declared`.

    Raises:
        UsageError: Something that there is not.
    """
    declare, names = installed.load("importers.declare"), installed.load("importers.labels")
    known = {"channel-order": declare.CHANNEL_ORDERS, "output": declare.OUTPUTS, "fit": FITS, "filter": FILTERS}
    given = {"channel-order": channel_order, "output": output, "fit": fit, "filter": filter}
    for name, value in given.items():
        if value is not None and value not in known[name]:
            raise UsageError(
                f"--{name} {value}: there is no such {name}", hint=f"choose one of {', '.join(known[name])}"
            )
    sides = _sides(size)
    return declare.Declared(
        scale=None if scale is None else declare.Scale.parse(scale),
        channel_order=channel_order,
        width=sides[0],
        height=sides[1],
        fit=fit,
        filter=filter,
        resize_to=resize_to,
        output=output,
        labels=names.parse(labels) if isinstance(labels, str) else None if labels is None else tuple(labels),
    )


def _sides(size: str | None) -> tuple[int | None, int | None]:
    """Width and height of `224` or `320x240`."""
    if size is None:
        return None, None
    found = _SIZE.fullmatch(size)
    if found is None:
        raise UsageError(f"--size {size}: give one number of pixels, or WIDTHxHEIGHT")
    return int(found[1]), int(found[2] or found[1])


def declared_by(preprocessing: Preprocessing, labels: list[str] | None) -> Any:
    """What gemelo's own files say: pixels go in as they are, for scaling is a part of the model."""
    declare = installed.load("importers.declare")
    return declare.Declared(
        scale=declare.IDENTITY,
        channel_order="rgb",
        width=preprocessing.width,
        height=preprocessing.height,
        fit=preprocessing.fit,
        filter=preprocessing.filter,
        resize_to=preprocessing.resize_to,
        output="probabilities",
        labels=None if labels is None else tuple(labels),
    )


def labels_beside(path: Path) -> tuple[str, ...] | None:
    """The labels in a file that lies beside a model; None where none does, or it holds something else."""
    stems = (f"{path.stem}.labels.txt", f"{path.stem}.txt") if path.is_file() else ()
    folder = path.parent if path.is_file() else path
    for name in (*stems, *_LABELS):
        if (folder / name).is_file():
            try:
                found: tuple[str, ...] = installed.load("importers.labels").read(folder / name)
                return found
            except GemeloError:
                return None
    return None


def declared_inside(value: Any) -> Any:
    """What the JSON says that gemelo writes into its artifacts; an empty `Declared` where there is none."""
    if isinstance(value, dict) and "preprocessing" in value:
        try:
            preprocessing = Preprocessing.from_json(value["preprocessing"])
        except GemeloError:
            return nothing()
        labels = value.get("labels")
        return declared_by(preprocessing, labels if isinstance(labels, list) else None)
    return nothing()


def nothing() -> Any:
    """A `Declared` that says nothing."""
    return installed.load("importers.declare").Declared()
