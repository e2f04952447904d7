"""JSON from outside, read into frozen dataclasses: their fields and types are the schema.

`read(BundleManifest, value, "bundles/pets/manifest.json")` returns a `BundleManifest`, or raises one `SchemaError`
that names every field that is wrong. A field with a default may be absent. A field with `init=False` has one value in
every file. Unknown fields are allowed, so that files
of a newer gemelo with the same schema number stay readable, but every value must be plain JSON: finite numbers, text
that can be encoded, a bounded depth.

This is own code, not a library, because a pack's `classify.py` reads its manifest with it on devices that have only
numpy, Pillow and onnxruntime.
"""

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

import numpy as np

from gemelo.errors import Message, SchemaError

T = TypeVar("T")
Reader = Callable[[Any, str, list[str]], Any]

_HEX = frozenset("0123456789abcdef")
_DEEPEST_VALUE = 32
_WRONG_TOLD = 8
# Larger integers are not exact in JavaScript.
_LARGEST = 2**53


@dataclass(frozen=True)
class Rule:
    """A condition on a value besides its type.

    Attributes:
        words: What the value must be, for the message.
        holds: Whether it is.
        keywords: The same in JSON Schema.
    """

    words: str
    holds: Callable[[Any], bool]
    keywords: Mapping[str, Any] = field(default_factory=dict, compare=False)


def one_of(*values: Any) -> Rule:
    """The rule of a value that is one of a few."""

    def holds(value: Any) -> bool:
        return any(value == one and type(value) is type(one) for one in values)

    return Rule(" or ".join(map(repr, values)), holds, {"enum": list(values)})


def length(number: int) -> Rule:
    """The rule of a list of so many items."""
    words = f"a list of {number}"
    return Rule(words, lambda value: len(value) == number, {"minItems": number, "maxItems": number})


Count = Annotated[int, Rule("0 or more", lambda value: value >= 0, {"minimum": 0})]
Share = Annotated[float, Rule("from 0 to 1", lambda value: 0 <= value <= 1, {"minimum": 0, "maximum": 1})]
Threshold = Annotated[
    float, Rule("a probability below 1", lambda value: 0 <= value < 1, {"minimum": 0, "exclusiveMaximum": 1})
]
Sha256 = Annotated[
    str,
    Rule("a sha256", lambda value: len(value) == 64 and _HEX.issuperset(value), {"pattern": "^[0-9a-f]{64}$"}),
]

# The metadata of a field that is not written where it is empty: None, [] or {}.
OMITTED = {"omitted": True}
# The metadata of a field that is not in the file at all.
UNWRITTEN = {"written": False}


def read(kind: type[T], value: Any, where: object, *, hint: str | Message | None = None) -> T:
    """Read parsed JSON.

    Args:
        kind: A dataclass, or another type of those in this file's table.
        value: What `json.loads` returned.
        where: The file, for the message.
        hint: What to do where it is damaged.

    Raises:
        SchemaError: Fields are missing or have other types; names them all, up to eight.
    """
    wrong: list[str] = []
    key: Any = kind
    found: T = reader(key)(value, "", wrong)
    if wrong:
        more = f" and {len(wrong) - _WRONG_TOLD} more" if len(wrong) > _WRONG_TOLD else ""
        raise SchemaError(Message("bundle.damaged", where, fields=", ".join(wrong[:_WRONG_TOLD]) + more), hint=hint)
    return found


def as_json(value: Any) -> Any:
    """A dataclass as plain JSON that `read` reads back: its fields in their order, then the properties in `DERIVED`."""
    if dataclasses.is_dataclass(value):
        rows = ((each, getattr(value, each.name)) for each in dataclasses.fields(value) if each.metadata != UNWRITTEN)
        kept = ((each, item) for each, item in rows if each.metadata != OMITTED or not _is_empty(item))
        found = {each.name: as_json(item) for each, item in kept}
        return found | {name: as_json(getattr(value, name)) for name in getattr(value, "DERIVED", ())}
    if isinstance(value, np.ndarray):  # float32 by its shortest decimals that read back the same
        return [float(str(number)) for number in value.astype(np.float32)]
    if isinstance(value, Mapping):
        return {name: as_json(item) for name, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, list | tuple) else value


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, list | tuple | dict) and not value)


@functools.cache
def reader(kind: Any) -> Reader:
    """The function that reads values of one type: it returns the value, and notes what is wrong with it."""
    if hasattr(kind, "from_json"):
        return _own(kind)
    if dataclasses.is_dataclass(kind):
        return _record(kind)
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if (alias := getattr(origin, "__value__", None)) is not None:  # NDArray, from numpy 2.5 on Python 3.12 (PEP 695)
        origin = typing.get_origin(alias)
    if origin is Annotated:
        return _ruled(reader(inside[0]), inside[1])
    if origin in (typing.Union, types.UnionType):
        return _optional(reader(next(each for each in inside if each is not type(None))))
    if origin in (list, tuple):
        items = _items(reader(inside[0]), origin)
        return items if origin is list or inside[-1] is Ellipsis else _ruled(items, length(len(inside)))
    if origin is dict:
        return _table(reader(inside[1]))
    if origin is np.ndarray:
        return _vector
    return _PLAIN[kind]


def _note(wrong: list[str], at: str, words: str) -> None:
    wrong.append(f"{at or 'it'} (must be {words})")


def _read_text(value: Any, at: str, wrong: list[str]) -> Any:
    if not isinstance(value, str):
        _note(wrong, at, "text")
    elif not is_text(value):
        _note(wrong, at, "text that can be encoded")
    return value


def is_text(value: str) -> bool:
    """Whether a string can name a file: names that are no UTF-8 travel as lone surrogates (PEP 383), others cannot."""
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def _integer(value: Any, at: str, wrong: list[str]) -> Any:
    if isinstance(value, bool) or not isinstance(value, int) or not -_LARGEST <= value <= _LARGEST:
        _note(wrong, at, "a whole number")
        return 0
    return value


def _number(value: Any, at: str, wrong: list[str]) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e300 <= value <= 1e300:
        _note(wrong, at, "a finite number")
        return 0.0
    return float(value)


def _truth(value: Any, at: str, wrong: list[str]) -> Any:
    if not isinstance(value, bool):
        _note(wrong, at, "true or false")
    return value


def _anything(value: Any, at: str, wrong: list[str]) -> Any:
    if (words := _unfit(value, _DEEPEST_VALUE)) is not None:
        _note(wrong, at, words)
    return value


def _unfit(value: Any, depth: int) -> str | None:
    """What is wrong with a value whose type does not matter; None where it is plain JSON."""
    if isinstance(value, str):
        return None if is_text(value) else "text that can be encoded"
    if isinstance(value, float):
        return None if math.isfinite(value) else "a finite number"
    if isinstance(value, list | dict):
        if not depth:
            return f"nested {_DEEPEST_VALUE} levels at most"
        parts = [*value, *value.values()] if isinstance(value, dict) else value
        return next((words for part in parts if (words := _unfit(part, depth - 1)) is not None), None)
    return None


def _object(value: Any, at: str, wrong: list[str]) -> Any:
    if not isinstance(value, dict):
        _note(wrong, at, "an object")
        return {}
    return _anything(value, at, wrong)


def _vector(value: Any, at: str, wrong: list[str]) -> Any:
    """A list of numbers as float32 (n,): there may be a thousand of them for each of a hundred thousand photos."""
    try:
        found = np.asarray(value)
    except (ValueError, OverflowError):  # lists of unequal lengths
        found = np.empty((), object)
    if not isinstance(value, list) or found.ndim != 1 or (found.dtype.kind not in "fiu" and value):
        _note(wrong, at, "a list of numbers")
        return np.empty(0, np.float32)
    if not (np.abs(found, dtype=np.float64) <= np.finfo(np.float32).max).all():
        _note(wrong, at, "a list of finite numbers")
        return np.empty(0, np.float32)
    return found.astype(np.float32)


_PLAIN: dict[Any, Reader] = {
    str: _read_text,
    int: _integer,
    float: _number,
    bool: _truth,
    dict: _object,
    Any: _anything,
}


def _ruled(inside: Reader, rule: Rule) -> Reader:
    def read_ruled(value: Any, at: str, wrong: list[str]) -> Any:
        before = len(wrong)
        found = inside(value, at, wrong)
        if len(wrong) == before and not rule.holds(found):
            _note(wrong, at, rule.words)
        return found

    return read_ruled


def _optional(inside: Reader) -> Reader:
    return lambda value, at, wrong: None if value is None else inside(value, at, wrong)


def _items(inside: Reader, build: Callable[[list[Any]], Any]) -> Reader:
    def read_list(value: Any, at: str, wrong: list[str]) -> Any:
        if not isinstance(value, list):
            _note(wrong, at, "a list")
            return build([])
        return build([inside(item, f"{at}[{i}]", wrong) for i, item in enumerate(value)])

    return read_list


def _table(inside: Reader) -> Reader:
    def read_table(value: Any, at: str, wrong: list[str]) -> Any:
        if not isinstance(value, dict):
            _note(wrong, at, "an object")
            return {}
        if not all(map(is_text, value)):
            _note(wrong, at, "an object whose names can be encoded")
        return {name: inside(item, f"{at}[{name!r}]", wrong) for name, item in value.items()}

    return read_table


def _record(kind: Any) -> Reader:
    hints = typing.get_type_hints(kind, include_extras=True)
    fields = dataclasses.fields(kind)
    readers = {
        each.name: reader(hints[each.name]) if each.init else _ruled(_anything, one_of(as_json(each.default)))
        for each in fields
    }
    needed = [each.name for each in fields if is_needed(each)]
    given = [each.name for each in fields if each.init]

    def read_record(value: Any, at: str, wrong: list[str]) -> Any:
        if not isinstance(value, dict):
            _note(wrong, at, "an object")
            return None
        before, prefix = len(wrong), f"{at}." if at else ""
        wrong += [f"{prefix}{name} is missing" for name in needed if name not in value]
        found: dict[str, Any] = {}
        for name, item in value.items():
            if name in readers:
                found[name] = readers[name](item, prefix + name, wrong)
            elif (words := _unfit({name: item}, _DEEPEST_VALUE)) is not None:
                _note(wrong, f"{prefix}{name}", words)
        return kind(**{name: found[name] for name in given if name in found}) if len(wrong) == before else None

    return read_record


def is_needed(each: "dataclasses.Field[Any]") -> bool:
    """Whether every file must have a field."""
    return each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING


def _constant(expected: Any) -> Reader:
    return _ruled(_anything, one_of(as_json(expected)))


def _own(kind: Any) -> Reader:
    """Of a class that reads itself, with errors of its own."""

    def read_own(value: Any, at: str, wrong: list[str]) -> Any:
        try:
            return kind.from_json(value)
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            _note(wrong, at, f"a {kind.__name__}")
            return None

    return read_own
