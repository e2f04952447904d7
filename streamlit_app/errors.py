"""An error in the visitor's language: gemelo's own words, or the same in Spanish (`lang/errors.es.toml`)."""

import functools
import re
import tomllib
from pathlib import Path
from typing import TypeAlias

from gemelo.errors import GemeloError

from .i18n import language

Rows: TypeAlias = tuple[tuple[re.Pattern[str], str], ...]

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
_DECIMAL = re.compile(r"(\d+)\.(\d+(?:e[-+]\d+)?)")


def kind(error: GemeloError) -> str:
    """Which heading an error has: the nearest of its classes that has words."""
    for cls in type(error).__mro__:
        if cls.__name__ in HEADED:
            return cls.__name__
    return "GemeloError"


def sentence(error: GemeloError) -> str:
    """What was wrong, and where; as it is where there is no Spanish for it."""
    text = error.message
    if language() == "en":
        return text
    whole = _said("whole", text)
    return whole or _after_name(text) or text


def hint(error: GemeloError) -> str | None:
    """What to do about it."""
    if error.hint is None or language() == "en":
        return error.hint
    return "\n".join(_said("hints", line) or line for line in error.hint.splitlines())


def reason(text: str) -> str:
    """Why a network cannot be looked into."""
    return text if language() == "en" else _said("reasons", text) or text


def photo_tables() -> dict[str, list[list[str]]]:
    """The Spanish of messages about photos for the component: the static page's code says them in English alone."""
    return {name: [[pattern.pattern, said] for pattern, said in _tables()[name]] for name in ("named", "parts")}


def _after_name(text: str) -> str | None:
    """Of "NAME: what is wrong with it"; a name may have a colon and a space itself."""
    for found in re.finditer(": ", text):
        name, clause = text[: found.start()], text[found.end() :]
        if said := _said("named", clause):
            return f"{name}: {said}"
    return None


def _said(table: str, text: str) -> str | None:
    for pattern, spanish in _tables()[table]:
        if (found := pattern.fullmatch(text)) is not None:
            pieces = re.split(r"\$(\d)", spanish)
            pieces[1::2] = [_part(table, found[int(number)]) for number in pieces[1::2]]
            return "".join(pieces)
    return None


def _part(table: str, text: str | None) -> str:
    """A group of a pattern: a clause that is known itself, a number with its comma, or as it is."""
    if not text:
        return ""
    inner = table if table in ("hints", "reasons") else "parts"
    return _said(inner, text) or (_DECIMAL.sub(r"\1,\2", text) if _DECIMAL.fullmatch(text) else text)


@functools.cache
def _tables() -> dict[str, Rows]:
    path = Path(__file__).with_name("lang") / "errors.es.toml"
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: tuple((re.compile(row[0], re.DOTALL), row[1]) for row in rows) for name, rows in tables.items()}
