"""Values that nobody expects, in the place of any field of a JSON file whose hash then fits."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gemelo.store.files import sha256_file

ESCAPE = "\x1b]0;owned\x07[/nope]"
NESTED = json.loads("[" * 60 + "]" * 60)
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    2,
    2**70,
    1.5,
    float("nan"),
    float("inf"),
    "x",
    ESCAPE,
    "a\ud800",
    "a\udc80",
    "../x",
    "/dev/zero",
    "9" * 5000,
    "a\0b",
    [],
    {},
    [[1]],
    {"\ud800": 1},
    NESTED,
)
GONE = object()


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every field is; of a list the first and the last item alone."""
    yield at
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*at, key))
    elif isinstance(value, list) and value:
        for i in sorted({0, len(value) - 1}):
            yield from places(value[i], (*at, i))


def changed(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    """A copy with one field replaced, or without it."""
    if not at:
        return {} if new is GONE else new
    whole = copy.deepcopy(value)
    parent = whole
    for key in at[:-1]:
        parent = parent[key]
    if new is GONE:
        del parent[at[-1]]
    else:
        parent[at[-1]] = new
    return whole


def spoil(root: Path, name: str, value: Any, manifest: str) -> None:
    """Write a file, and its hash where the manifest has one."""
    path = root / name
    path.write_text(json.dumps(value), encoding="utf-8")
    if name == manifest:
        return
    whole = json.loads((root / manifest).read_text(encoding="utf-8"))
    row = {"bytes": path.stat().st_size, "sha256": sha256_file(path)}
    for table in (whole["files"], *(artifact["files"] for artifact in whole.get("artifacts", []))):
        if name in table:
            table[name] = row
    (root / manifest).write_text(json.dumps(whole), encoding="utf-8")
