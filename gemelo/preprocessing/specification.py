"""What a model says about its preprocessing: size, fit and filter, as they stand in every file of schema 2.

The fits and filters are those that people's own pipelines use, each named after the library whose bytes it gives.
docs/preprocessing.md has their formulas.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

from gemelo.errors import Message, SchemaError
from gemelo.store.schema import OMITTED, Rule, as_json, one_of

SCHEMA = 2
MAX_INPUT_SIDE = 4096
# Those that `gemelo train` offers.
OWN_FITS = ("squash", "crop", "pad")
# Those that hand Pillow a box of the photo. Pillow's filters then look past the edges of the box.
BOX_FITS = ("keras-load-img", "pillow-fit")
FITS = (*OWN_FITS, "resize-crop", "keras-crop", "keras-pad", "tf-pad", *BOX_FITS)
FILTERS = (
    *("pillow-nearest", "pillow-box", "pillow-bilinear", "pillow-hamming", "pillow-bicubic", "pillow-lanczos"),
    *("tf-nearest", "tf-bilinear", "tf-bicubic", "tf-area"),
    *("opencv-nearest", "opencv-bilinear", "opencv-area"),
)
# What a fit does to the shape of a photo, for people.
_SQUASHED, _MIDDLE, _BORDERED = "the whole photo, squashed", "the middle of the photo", "the whole photo, with borders"
_WORDS = {"squash": _SQUASHED, "pad": _BORDERED, "keras-pad": _BORDERED, "tf-pad": _BORDERED}
_NEEDED = ("width", "height", "channels", "fit", "filter")
_SIDES = {"minimum": 1, "maximum": MAX_INPUT_SIDE}
Side: TypeAlias = Annotated[int, Rule(f"1 to {MAX_INPUT_SIDE}", lambda side: 1 <= side <= MAX_INPUT_SIDE, _SIDES)]


@dataclass(frozen=True)
class Preprocessing:
    """How a photo becomes the model's input: the size of the input, and the fit and filter for resizing.

    Attributes:
        width, height: Pixels of the model's input.
        channels: 3 (RGB) or 1 (luma).
        fit: The part of the photo that is resized, and to what size.
        filter: How it is resized. The fits `keras-load-img` and `pillow-fit` take only Pillow's filters.
        resize_to: Pixels of the shorter side before the center is cut out, only for the fit `resize-crop`.
    """

    schema: int = field(default=SCHEMA, init=False, repr=False)
    width: Side
    height: Side
    channels: Annotated[int, one_of(1, 3)] = 3
    fit: Annotated[str, one_of(*FITS)] = "squash"
    filter: Annotated[str, one_of(*FILTERS)] = "pillow-bilinear"
    resize_to: int | None = field(default=None, metadata=OMITTED)
    orientation: str = field(default="exif", init=False, repr=False)
    alpha: str = field(default="over-white", init=False, repr=False)
    layout: str = field(default="NHWC", init=False, repr=False)
    range: tuple[int, int] = field(default=(0, 255), init=False, repr=False)

    def __post_init__(self) -> None:
        if not (_is_side(self.width) and _is_side(self.height)):
            raise _refused("preprocessing.size", width=self.width, height=self.height)
        if type(self.channels) is not int or self.channels not in (1, 3):
            raise _refused("preprocessing.channels", channels=self.channels)
        if self.fit not in FITS:
            raise _refused("preprocessing.fit", fit=repr(self.fit), known=", ".join(FITS))
        if self.filter not in FILTERS:
            raise _refused("preprocessing.filter", filter=repr(self.filter), known=", ".join(FILTERS))
        if self.fit in BOX_FITS and not self.filter.startswith("pillow-"):
            raise _refused("preprocessing.box", fit=self.fit, filter=self.filter)
        if self.fit == "resize-crop" and not _is_side(self.resize_to):
            raise _refused("preprocessing.resize-to", found=repr(self.resize_to), limit=MAX_INPUT_SIDE)
        if self.fit != "resize-crop" and self.resize_to is not None:
            raise _refused("preprocessing.no-resize-to", fit=self.fit)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of one tensor."""
        return self.height, self.width, self.channels

    @property
    def way(self) -> str:
        """Fit and filter by their names, such as "resize-crop 256, tf-bilinear"."""
        size = f" {self.resize_to}" if self.resize_to is not None else ""
        return f"{self.fit}{size}, {self.filter}"

    @property
    def way_in_words(self) -> str:
        """Fit and filter with an explanation, such as "the middle of the photo (crop, pillow-bilinear)"."""
        return f"{_WORDS.get(self.fit, _MIDDLE)} ({self.way})"

    def to_json(self) -> dict[str, Any]:
        """The preprocessing as manifests and artifacts store it."""
        found: dict[str, Any] = as_json(self)
        return found

    @classmethod
    def from_json(cls, value: Any) -> "Preprocessing":
        """Read what `to_json` wrote.

        Raises:
            SchemaError: The schema is newer, or the value is not a preprocessing.
        """
        if not isinstance(value, dict) or not isinstance(value.get("schema"), int):
            raise _refused("preprocessing.no-schema")
        if value["schema"] > SCHEMA:
            told = Message("bundle.newer", "preprocessing", schema=value["schema"], newest=SCHEMA)
            raise SchemaError(told, hint=Message("hint.newer"))
        try:
            width, height, channels, fit, filter = map(value.__getitem__, _NEEDED)
        except KeyError as exc:
            raise _refused("preprocessing.field", field=repr(exc.args[0])) from exc
        preprocessing = cls(width, height, channels, fit, filter, value.get("resize_to"))
        if preprocessing.to_json() != value:
            raise _refused("preprocessing.unknown")
        return preprocessing


def _is_side(value: Any) -> bool:
    return type(value) is int and 1 <= value <= MAX_INPUT_SIDE


def _refused(code: str, **parameters: Any) -> SchemaError:
    return SchemaError(Message(code, "preprocessing", **parameters))
