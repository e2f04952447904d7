"""What is declared of a model, from all who say something: its owner before its presets, those before its file."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from gemelo.errors import GemeloError, Message, UsageError
from gemelo.preprocessing import FILTERS, FITS, Preprocessing
from gemelo.store.manifest import DeclaredFact

from . import labels, presets
from .declare import CHANNEL_ORDERS, OUTPUTS, Declared, Scale, missing
from .loaded import Loaded
from .options import ImportOptions

_TOLD = ("scale", "channel_order", "fit", "filter", "resize_to", "output")


@dataclass(frozen=True)
class Settled:
    """A model's preprocessing and output, nothing left open.

    Attributes:
        preprocessing: How a photo becomes an image of the input's size.
        scale: How its pixels become the model's input.
        bgr: Whether its channels are reversed.
        output: What the model gives; one of `declare.OUTPUTS`.
        labels: In index order.
        said: All of it, and who said it.
        notes: What its owner should know, as sentences.
        warning: What speaks against what was said; None where nothing does.
    """

    preprocessing: Preprocessing
    scale: Scale
    bgr: bool
    output: str | None
    labels: tuple[str, ...]
    said: list[DeclaredFact]
    notes: list[str]
    warning: Message | None = None


def check(options: ImportOptions) -> None:
    """What can be wrong before the model is loaded.

    Raises:
        UsageError: A name that there is not.
    """
    declared = options.declared
    for kind, found, known in (
        ("preset", options.presets, tuple(presets.PRESETS)),
        ("fit", (declared.fit,), FITS),
        ("filter", (declared.filter,), FILTERS),
        ("channel order", (declared.channel_order,), CHANNEL_ORDERS),
        ("output", (declared.output,), OUTPUTS),
    ):
        for name in found:
            if name is not None and name not in known:
                raise UsageError(f"unknown {kind} {name!r}", hint=f"known: {', '.join(known)}")


def known(loaded: Loaded, options: ImportOptions, folders: tuple[str, ...] | None) -> Declared:
    """What is said so far, which may not be all; arguments and errors as those of `settle`."""
    said = _joined(_who(loaded, options, folders, Declared()))
    if said.labels is not None:
        labels.fit(options.model.name, said.labels, loaded.outputs)
    return _sized(options.model.name, loaded, options, said)


def settle(
    loaded: Loaded, options: ImportOptions, folders: tuple[str, ...] | None, detected: Declared | None = None
) -> Settled:
    """Settle the preprocessing.

    Args:
        loaded: The model, and what its file says.
        options: What its owner says.
        folders: The names of the folders of photos, if there are photos.
        detected: What was found out; it counts where nobody says anything.

    Raises:
        UsageError: Something is not said, or what is said does not fit the model.
        LabelMismatchError: The labels do not fit it.
    """
    name = options.model.name
    by = _who(loaded, options, folders, detected or Declared())
    known = _joined(by)
    if known.scale is None or known.labels is None:
        raise missing(name, scale=known.scale is None, labels=known.labels is None)
    scale, named = known.scale, known.labels
    labels.fit(name, named, loaded.outputs)
    known = _sized(name, loaded, options, known)
    bgr = known.channel_order == "bgr" or (known.channel_order is None and scale.bgr)
    if loaded.channels == 1 and (bgr or len(scale.mean) > 1 or len(scale.std) > 1):
        raise UsageError(f"{name}: the model takes gray photos: --scale and --channel-order are of colors")
    known = replace(known, channel_order="bgr" if bgr else "rgb")
    preprocessing = _preprocessing(name, loaded, known)
    return Settled(
        preprocessing=preprocessing,
        scale=scale,
        bgr=bgr,
        output=known.output,
        labels=named,
        said=_said(by, known, preprocessing),
        notes=_notes(loaded, by, known),
    )


def _joined(by: Mapping[str, Declared]) -> Declared:
    known = Declared()
    for declared in by.values():
        known = known.over(declared)
    return known


def _who(
    loaded: Loaded, options: ImportOptions, folders: tuple[str, ...] | None, detected: Declared
) -> dict[str, Declared]:
    """What each says, the one who counts most first."""
    preset = Declared()
    for name in options.presets:
        preset = preset.over(presets.PRESETS[name])
    # A fit that its owner names does without the resize_to of the preset's.
    if options.declared.fit not in (None, preset.fit):
        preset = replace(preset, resize_to=None)
    return {
        "option": options.declared,
        "preset": preset,
        "file": loaded.inside,
        "detected": detected,
        "photos": Declared(labels=folders),
    }


def _sized(name: str, loaded: Loaded, options: ImportOptions, known: Declared) -> Declared:
    """The same with the input's size.

    Raises:
        UsageError: The model takes any size, or another one than was said.
    """
    own, asked = (loaded.width, loaded.height), (options.declared.width, options.declared.height)
    size = tuple(side or said for side, said in zip(own, (known.width, known.height), strict=True))
    if asked != (None, None) and any(side not in (None, said) for side, said in zip(own, asked, strict=True)):
        raise UsageError(
            f"{name}: --size {asked[0]}x{asked[1]} does not fit: the model takes {_side(own[0])}x{_side(own[1])}",
            hint="leave --size out: the file says it",
        )
    if size[0] is None or size[1] is None:
        raise UsageError(
            f"{name}: the model takes photos of any size",
            hint="give the size that it was trained with: --size 224, or --size 224x160 (width x height)",
        )
    known = replace(known, width=size[0], height=size[1])
    if known.resize_to is not None and options.declared.resize_to is None:
        known = replace(known, resize_to=round(min(size[0], size[1]) * known.resize_to / 224))  # 256 for 224
    if known.fit == "resize-crop" and known.resize_to is None:
        raise UsageError("--fit resize-crop needs --resize-to, the pixels of the shorter side before the crop")
    return known


def _side(side: int | None) -> str:
    return "any" if side is None else str(side)


def _preprocessing(name: str, loaded: Loaded, known: Declared) -> Preprocessing:
    more = {key: getattr(known, key) for key in ("fit", "filter", "resize_to") if getattr(known, key) is not None}
    try:
        return Preprocessing(known.width or 0, known.height or 0, loaded.channels, **more)
    except GemeloError as exc:
        raise UsageError(f"{name}: {exc.message}", hint=exc.hint) from exc


def _said(by: Mapping[str, Declared], known: Declared, preprocessing: Preprocessing) -> list[DeclaredFact]:
    """Every declaration with who made it."""

    def who(*names: str) -> str:
        return next(
            (one for one, said in by.items() if any(getattr(said, name) is not None for name in names)), "default"
        )

    values = {each.name: getattr(known, each.name) for each in fields(known)}
    values |= {"fit": preprocessing.fit, "filter": preprocessing.filter}
    rows = [DeclaredFact(name, str(values[name]), who(name)) for name in _TOLD if values[name] is not None]
    if known.scale is not None and known.scale.bgr and who("channel_order") == "default":
        rows = [replace(row, by=who("scale")) if row.name == "channel_order" else row for row in rows]
    size = who("width", "height")
    return [
        DeclaredFact("labels", _listed(known.labels or ()), who("labels")),
        DeclaredFact("size", f"{known.width}x{known.height}", "file" if size == "default" else size),
        *rows,
    ]


def _listed(labels: tuple[str, ...]) -> str:
    return ", ".join(labels) if len(labels) <= 12 else f"{', '.join(labels[:10])}, ... ({len(labels):,} in all)"


def _notes(loaded: Loaded, by: Mapping[str, Declared], known: Declared) -> list[str]:
    inside, notes = loaded.inside.scale, []
    if inside is not None and known.scale != inside:
        notes.append(
            f"the file scales pixels {inside} inside the model; what was said, {known.scale}, is done before that"
        )
    labels_said, folders = known.labels, by["photos"].labels
    if folders is not None and labels_said is not None and set(folders) < set(labels_said):
        notes.append(f"there are photos of {len(folders)} of the {len(labels_said)} labels")
    return notes
