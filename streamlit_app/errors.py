"""An error in the visitor's language: gemelo's own words, or the catalogue's Spanish of them."""

from typing import Any

from gemelo.errors import GemeloError, Message
from gemelo.messages.es import SPANISH
from gemelo.messages.friendly import friendly
from gemelo.store.manifest import Told

from .i18n import language

HEADED = (
    "GemeloError",
    "UsageError",
    "NotFoundError",
    "MissingDependencyError",
    "IntegrityError",
    "ImageError",
    "RuntimeFailure",
    "StorageError",
)


class _Number(float):
    """A number that is formatted as Spanish writes it: 1.234,5."""

    def __format__(self, spec: str) -> str:
        number: Any = int(self) if self.is_integer() else float(self)
        return format(number, spec).translate(str.maketrans(",.", ".,"))


def kind(error: GemeloError) -> str:
    """Which heading an error has: the nearest of its classes that has words."""
    for cls in type(error).__mro__:
        if cls.__name__ in HEADED:
            return cls.__name__
    return "GemeloError"


def sentence(error: GemeloError) -> str:
    """What was wrong, and where; as it is where the catalogue does not have it."""
    if error.told is None or language() == "en":
        return error.message
    return _spanish(friendly(error.told))


def hint(error: GemeloError) -> str | None:
    """What to do about it."""
    return error.hint if error.advice is None or language() == "en" else _spanish(error.advice)


def reason(text: str, told: Told | None) -> str:
    """What a bundle says in English, or the catalogue's Spanish of it."""
    if told is None or language() == "en":
        return text
    try:
        return _spanish(told.message())
    except (KeyError, ValueError, TypeError, AttributeError):  # of a newer gemelo, or of somebody else
        return text


def photo_sentences() -> dict[str, str]:
    """The Spanish of messages about photos, for the component: the page's code has them in English alone."""
    return {
        code: said for code, said in SPANISH.items() if code.startswith(("photo.", "damage.", "kind.", "friendly."))
    }


def _spanish(message: Message) -> str:
    return message.text(SPANISH, _Number)
