"""Write docs/schemas/*.json and the page's TypeScript types from the dataclasses that the files are read into.

Usage: python -m tools.schemas
"""

import dataclasses
import inspect
import json
import re
import textwrap
import types
import typing
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from gemelo.compare.beside import DeclarationFile
from gemelo.compare.readers.answers import AnswersFile
from gemelo.compare.report import CompareReport
from gemelo.edge.device.whole import Expected, PackManifest
from gemelo.parity.report import ParityReport
from gemelo.preprocessing import Preprocessing
from gemelo.store.bundle import BundleManifest
from gemelo.store.layers import Layers
from gemelo.store.quantization import QuantizationFile
from gemelo.store.reference import ReferenceFile
from gemelo.store.run import Epoch, RunManifest
from gemelo.store.schema import OMITTED, UNWRITTEN, as_json, is_needed
from gemelo.webpage.page_data import PageData
from trainer.datareport import DataReport

ROOT = Path(__file__).resolve().parents[1]
# What each JSON file is read into.
FILES: dict[str, Any] = {
    "run.json": RunManifest,
    "dataset.json": DataReport,
    "history.json": list[Epoch],
    "manifest.json": BundleManifest,
    "reference.json": ReferenceFile,
    "parity.json": ParityReport,
    "compare.json": CompareReport,
    "answers.json": AnswersFile,
    "model.gemelo.json": DeclarationFile,
    "layers.json": Layers,
    "quantization.json": QuantizationFile,
    "preprocessing.json": Preprocessing,
    "page.json": PageData,
    "pack.json": PackManifest,
    "expected.json": Expected,
}
# Those that the page's code reads.
PAGE_READS = ("page.json", "layers.json", "reference.json")
TYPES = "web_demo/src/schemas.ts"
NOTE = "// Written by tools/schemas.py from the dataclasses of gemelo: do not edit."
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_JSON = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object"}
_TYPESCRIPT = {str: "string", int: "number", float: "number", bool: "boolean", Any: "unknown"}
_WIDTH = 108


def main() -> None:
    """Write all files."""
    for name, text in files().items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(text, encoding="utf-8")


def files() -> dict[str, str]:
    """Every generated file, by its path in the repository."""
    made = {f"docs/schemas/{name}": json.dumps(json_schema(name), indent=2) + "\n" for name in FILES}
    return {**made, TYPES: typescript()}


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a file."""
    found: dict[str, Any] = {}
    top = _schema(FILES[name], found)
    inner = found.pop(FILES[name].__name__) if dataclasses.is_dataclass(FILES[name]) else top
    definitions = {"$defs": dict(sorted(found.items()))} if found else {}
    return {"$schema": _DIALECT, "title": name, **inner, **definitions}


def _schema(kind: Any, found: dict[str, Any]) -> dict[str, Any]:
    """The schema of a type; those of dataclasses go to `found`."""
    if dataclasses.is_dataclass(kind):
        name = typing.cast("type", kind).__name__
        if name not in found:
            found[name] = {}
            found[name] = _record(kind, found)
        return {"$ref": f"#/$defs/{name}"}
    origin, inside = _taken_apart(kind)
    if origin is Annotated:
        return {**_schema(inside[0], found), **inside[1].keywords}
    if origin is types.UnionType:
        return _nullable(_schema(inside[0], found))
    if origin in (list, tuple):
        size = {} if origin is list or inside[-1] is Ellipsis else {"minItems": len(inside), "maxItems": len(inside)}
        return {"type": "array", "items": _schema(inside[0], found), **size}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(inside[1], found)}
    if origin is np.ndarray:
        return {"type": "array", "items": {"type": "number"}}
    return {"type": _JSON[kind]} if kind in _JSON else {}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if "enum" in schema or "type" not in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def _record(kind: Any, found: dict[str, Any]) -> dict[str, Any]:
    said, properties = _attributes(kind), {}
    for each, hint in _fields(kind):
        schema = _schema(hint, found) if each.init else {"const": as_json(each.default)}
        properties[each.name] = {**({"description": said[each.name]} if each.name in said else {}), **schema}
    for name, hint in _derived(kind):
        properties[name] = {**_schema(hint, found), "readOnly": True}
    needed = [each.name for each, _ in _fields(kind) if is_needed(each) or not each.init]
    head = {"description": _first_line(kind), "type": "object", "properties": properties}
    return {**head, **({"required": needed} if needed else {})}


def typescript() -> str:
    """The types of the files that the page's code reads, each after those that it is made of."""
    found: dict[str, str] = {}
    for name in PAGE_READS:
        _typescript(FILES[name], found)
    return "\n\n".join([NOTE, *found.values()]) + "\n"


def _typescript(kind: Any, found: dict[str, str]) -> str:
    """A type in TypeScript; interfaces go to `found`."""
    if dataclasses.is_dataclass(kind):
        name = typing.cast("type", kind).__name__
        if name not in found:
            text = _interface(kind, found)
            found[name] = text
        return name
    origin, inside = _taken_apart(kind)
    if origin is Annotated:
        if values := inside[1].keywords.get("enum"):
            return " | ".join(map(json.dumps, values))
        return _typescript(inside[0], found)
    if origin is types.UnionType:
        return f"{_typescript(inside[0], found)} | null"
    if origin is tuple and inside[-1] is not Ellipsis:
        return f"readonly [{', '.join(_typescript(each, found) for each in inside)}]"
    if origin in (list, tuple):
        item = _typescript(inside[0], found)
        return f"readonly ({item})[]" if " " in item else f"readonly {item}[]"
    if origin is dict:
        return f"Readonly<Record<string, {_typescript(inside[1], found)}>>"
    return "readonly number[]" if origin is np.ndarray else _TYPESCRIPT[kind]


def _interface(kind: Any, found: dict[str, str]) -> str:
    said, lines = _attributes(kind), [*_comment(_first_line(kind), ""), f"export interface {kind.__name__} {{"]
    for each, hint in _fields(kind):
        mark = "?" if each.metadata == OMITTED else ""
        value = _typescript(hint, found) if each.init else _literal(as_json(each.default))
        lines += [*_comment(said.get(each.name), "  "), *_typed(f"  readonly {each.name}{mark}:", value)]
    lines += [f"  readonly {name}: {_typescript(hint, found)};" for name, hint in _derived(kind)]
    return "\n".join([*lines, "}"])


def _typed(start: str, value: str) -> list[str]:
    """A field of an interface, as prettier breaks it."""
    if len(line := f"{start} {value};") <= _WIDTH + 2:
        return [line]
    return [start, *(f"    | {each}" for each in f"{value};".split(" | "))]


def _literal(value: Any) -> str:
    return f"readonly {json.dumps(value)}" if isinstance(value, list) else json.dumps(value)


def _comment(text: str | None, indent: str) -> list[str]:
    if text is None:
        return []
    if len(text) + len(indent) + 7 <= _WIDTH:
        return [f"{indent}/** {text} */"]
    lines = textwrap.wrap(text, _WIDTH - len(indent) - 3)
    return [f"{indent}/**", *(f"{indent} * {line}" for line in lines), f"{indent} */"]


def _taken_apart(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    """Origin and arguments of a type; of `X | None` X alone, of an alias those of what it stands for."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if (alias := getattr(origin, "__value__", None)) is not None:
        origin = typing.get_origin(alias)
    if origin in (typing.Union, types.UnionType):
        return types.UnionType, tuple(each for each in inside if each is not type(None))
    return origin, inside


def _fields(kind: Any) -> list[tuple["dataclasses.Field[Any]", Any]]:
    hints = typing.get_type_hints(kind, include_extras=True)
    return [(each, hints[each.name]) for each in dataclasses.fields(kind) if each.metadata != UNWRITTEN]


def _derived(kind: Any) -> list[tuple[str, Any]]:
    names = getattr(kind, "DERIVED", ())
    return [(name, typing.get_type_hints(inspect.getattr_static(kind, name).fget)["return"]) for name in names]


def _first_line(kind: Any) -> str:
    return re.sub(r"\bNone\b", "null", (inspect.getdoc(kind) or "").partition("\n\n")[0].replace("\n", " "))


def _attributes(kind: Any) -> dict[str, str]:
    """What the docstrings of a dataclass and of its bases say of the fields."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        section = (inspect.cleandoc(base.__doc__ or "") + "\n\n").partition("Attributes:\n")[2].partition("\n\n")[0]
        for match in re.finditer(r"^ {4}(\w[\w, ]*): (.*(?:\n {8}.*)*)", section, re.MULTILINE):
            text = re.sub(r"\bNone\b", "null", re.sub(r"\s+", " ", match.group(2)))
            found |= dict.fromkeys(match.group(1).split(", "), text)
    return found


if __name__ == "__main__":
    main()
