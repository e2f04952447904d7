"""Every error that gemelo raises on purpose.

GemeloError
├── UsageError                 exit 2: the command or call can't run as given
│   ├── NotFoundError          a path that is not there
│   ├── UnknownNameError       no such architecture, format, variant, recipe; lists those there are
│   ├── DatasetError           a folder of photos that cannot be learned from
│   ├── InputSizeError         an input too small for the network
│   └── MissingDependencyError a package or program that is not installed; says how to get it
└── CheckError                 exit 1: a file or a photo was checked, and the check failed
    ├── ImageError             one photo that cannot be read
    │   ├── EmptyImageError        zero bytes
    │   ├── CorruptImageError      truncated or damaged
    │   ├── UnsupportedImageError  a kind of file, or of pixels, outside the preprocessing
    │   └── ImageTooLargeError     more pixels, memory or parts than the limits
    ├── IntegrityError         a run or bundle that is not what its manifest says
    │   ├── MissingFileError       a file of it is gone
    │   ├── TamperedFileError      a byte of it changed
    │   ├── SchemaError            made by a newer gemelo, or no manifest at all
    │   ├── UnsafePathError        a path in it points outside its folder
    │   ├── LabelMismatchError     its labels do not match the model's output
    │   └── UnfinishedRunError     training was interrupted before its end
    ├── ModelError             a model that cannot be imported
    ├── WeightsError           a file of pretrained weights that is damaged, or contains more than numbers
    ├── ParityError            an artifact that answers differently from Keras
    ├── TrainingError          the loss became NaN or infinite
    ├── ExportError            a converter failed, or a model cannot be converted
    ├── RuntimeFailure         a runtime stopped or answered nonsense
    └── StorageError           the disk is full, or may not be written to
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gemelo.messages.en import ENGLISH


class Message:
    """A sentence of the catalogue `gemelo.messages`: a code, and what fills its places. Its text is English.

    Args:
        code: Of the sentence.
        about: The file or folder that it is about: its name stands before the sentence.
        parameters: By the names of the places. A parameter may be a message itself.
    """

    def __init__(self, code: str, about: object = "", /, **parameters: Any) -> None:
        self.code = code
        self.about = str(about)
        self.parameters = {k: v if isinstance(v, int | float | Message) else str(v) for k, v in parameters.items()}

    def __str__(self) -> str:
        return self.text(ENGLISH)

    def text(self, catalogue: Mapping[str, str], number: Callable[[float], object] = lambda value: value) -> str:
        """The sentence in the language of a catalogue.

        Args:
            catalogue: Sentences by code.
            number: Makes of a number something that is formatted as the language writes numbers.
        """

        def value(of: Any) -> Any:
            if isinstance(of, Message):
                return of.text(catalogue, number)
            return number(of) if isinstance(of, int | float) else of

        sentence = catalogue[self.code].format(**{name: value(of) for name, of in self.parameters.items()})
        return f"{self.about}: {sentence}" if self.about else sentence


class GemeloError(Exception):
    """Base of all errors raised on purpose.

    Args:
        message: What was wrong, and where. A `Message` has a code and can be translated; plain text is shown
            unchanged.
        hint: What to do about it, or None.
    """

    exit_code = 1

    def __init__(self, message: str | Message, *, hint: str | Message | None = None) -> None:
        super().__init__(str(message))
        self.message = str(message)
        self.hint = None if hint is None else str(hint)
        self.told = message if isinstance(message, Message) else None
        self.advice = hint if isinstance(hint, Message) else None

    @property
    def code(self) -> str | None:
        """Of its sentence in the catalogue; None where it has none."""
        return None if self.told is None else self.told.code

    @property
    def parameters(self) -> dict[str, Any]:
        """What fills the places of its sentence."""
        return {} if self.told is None else self.told.parameters

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n{self.hint}"


class UsageError(GemeloError):
    """What was asked cannot be done as it was asked."""

    exit_code = 2


class NotFoundError(UsageError):
    """A path that is not there."""


class UnknownNameError(UsageError):
    """A name that nobody registered.

    Args:
        kind: What the name should have been: "architecture", "format", ...
        name: What was given.
        known: The names that there are.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        hint = Message("hint.known", names=", ".join(known))
        super().__init__(Message("unknown-name", kind=kind, name=repr(name)), hint=hint)
        self.kind = kind
        self.name = name


class DatasetError(UsageError):
    """A folder of photos that cannot be learned from."""


class InputSizeError(UsageError):
    """An input too small for the network."""


class MissingDependencyError(UsageError):
    """A package or program that is not installed.

    Args:
        package: What is missing.
        cure: The command that installs it.
    """

    def __init__(self, package: str, cure: str) -> None:
        super().__init__(Message("not-installed", package=package), hint=Message("hint.install", command=cure))
        self.package = package
        self.cure = cure


class CheckError(GemeloError):
    """What was given was looked at and found wanting."""


class ImageError(CheckError):
    """One photo that cannot be read."""


class EmptyImageError(ImageError):
    """A file of zero bytes."""


class CorruptImageError(ImageError):
    """A truncated or damaged photo."""


class UnsupportedImageError(ImageError):
    """A kind of file, or of pixels, outside the preprocessing."""


class ImageTooLargeError(ImageError):
    """More pixels, memory or parts than the limits (`gemelo.limits`), or than the machine has memory for."""


class IntegrityError(CheckError):
    """A run or bundle that is not what its manifest says."""


class MissingFileError(IntegrityError):
    """A file of a run or bundle is gone."""


class TamperedFileError(IntegrityError):
    """A byte of a run or bundle changed."""


class SchemaError(IntegrityError):
    """Made by a newer gemelo, or not a manifest at all."""


class UnsafePathError(IntegrityError):
    """A path in a manifest climbs out of its folder."""


class LabelMismatchError(IntegrityError):
    """Labels that do not match the model's output."""


class UnfinishedRunError(IntegrityError):
    """Training was interrupted before its end."""


class ModelError(CheckError):
    """A model that cannot be imported: damaged, of another kind, or no classifier of photos."""


class WeightsError(CheckError):
    """A file of pretrained weights that is damaged, or holds more than numbers."""


class ParityError(CheckError):
    """An artifact that answers differently from Keras."""


class TrainingError(CheckError):
    """The loss became NaN or infinite."""


class ExportError(CheckError):
    """A converter failed, or a model cannot be converted."""


class RuntimeFailure(CheckError):
    """A runtime stopped or answered nonsense."""


class StorageError(CheckError):
    """The disk is full, or may not be written to."""
