"""Mutated bundles, runs, packs and pages whose hashes fit: `spoil(kind, folder, seed, number)` says what was done."""

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gemelo.store.files import sha256_bytes
from tests.hostile.fields import GONE, VALUES, changed, places
from tests.hostile.fields import spoil as write_value

MANIFESTS = {"bundle": "manifest.json", "run": "run.json", "pack": "pack.json", "page": "page.json"}
# A manifest is read first and by everything: it is mutated as often as all others together.
FILES = {
    "bundle": ("reference.json", "parity.json", "layers/layers.json", "tfjs/fp32/model.json", "onnx/quantization.json"),
    "run": ("reference.json", "dataset.json", "history.json"),
    "pack": ("preprocessing.json", "goldens/expected.json"),
    "page": ("bundle/manifest.json", "bundle/reference.json"),
}
TEXTS = ("labels.txt", "README.md")
MORE_VALUES: tuple[Any, ...] = (
    False, 0, -0.0, 1e308, 2**53 + 1, 10**400, "", " ", ".", "..", "a/../../../x", "/etc/passwd", "C:\\x", "\u202egnp",
    "\ufeffx", "<script>alert(1)</script>", "</script><!--", "=1+1", "\r\nX: y", "a" * 100_000, [None], [0] * 10_000,
    {"": ""}, {"__proto__": 1}, {"a": {"a": {"a": 1}}}, {"schema": 10**9},
)  # fmt: skip


def spoil(kind: str, root: Path, seed: int, number: int) -> str:
    """Mutate one file of a folder that may be changed; what was done, in a few words."""
    rng = random.Random(f"{seed}:{number}")
    manifest = MANIFESTS[kind]
    name = manifest if rng.random() < 0.5 else rng.choice(FILES[kind])
    name = name if (root / name).is_file() else manifest
    how = rng.choice((_field, _field, _field, _field, _two_fields, _text, _place, _numbers))
    return f"{kind}: {how(root, name, manifest, rng)}"


def _field(root: Path, name: str, manifest: str, rng: random.Random) -> str:
    value = json.loads((root / name).read_bytes())
    at, new = rng.choice(list(places(value))), rng.choice((*VALUES, *MORE_VALUES, GONE))
    # A page has no hashes.
    write_value(root, name, changed(value, at, new), name if manifest == MANIFESTS["page"] else manifest)
    return f"{name} {'.'.join(map(str, at)) or 'whole'} = {'gone' if new is GONE else ascii(new)[:50]}"


def _two_fields(root: Path, name: str, manifest: str, rng: random.Random) -> str:
    return (
        f"{_field(root, name, manifest, rng)}; {_field(root, manifest, manifest, rng)}"
        if name != manifest
        else (_field(root, name, manifest, rng))
    )


# What no JSON writer writes.


def _duplicate_key(data: bytes) -> bytes:
    return data.replace(b"{", b'{"labels": 1, "files": {}, "path": "../x", "schema": 2,', 1)


def _deep(_data: bytes) -> bytes:
    return b'{"schema": 1, "x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


_RAW: dict[str, Callable[[bytes], bytes]] = {
    "a key twice": _duplicate_key,
    "a key twice at the end": lambda data: data.rstrip().rstrip(b"}") + b', "schema": 1, "kind": "run", "labels": []}',
    "nested 200,000 levels": _deep,
    "a number of 5,000 digits": lambda data: data.replace(b": 1", b": 1" + b"0" * 5_000, 1),
    "NaN": lambda data: data.replace(b": 1", b": NaN", 1),
    "infinity": lambda data: data.replace(b": 1", b": -Infinity", 1),
    "1e999": lambda data: data.replace(b": 1", b": 1e999", 1),
    "a BOM": lambda data: b"\xef\xbb\xbf" + data,
    "UTF-16": lambda data: data.decode("utf-8").encode("utf-16"),
    "no UTF-8": lambda data: data.replace(b'"', b'"\xff\xfe', 5),
    "an encoded surrogate": lambda data: data.replace(b'": "', b'": "\\ud800', 3),
    "NULs": lambda data: data + bytes(1000),
    "more after the end": lambda data: data + b"{}",
    "comments": lambda data: b"// hi\n" + data,
    "cut": lambda data: data[: len(data) // 2],
    "empty": lambda _: b"",
    "a bare text": lambda _: b'"x"',
    "30 MB of zeros": lambda _: b"[" + b"0," * 15_000_000 + b"0]",
}


def _text(root: Path, name: str, manifest: str, rng: random.Random) -> str:
    if rng.random() < 0.2 and (root / "labels.txt").is_file():
        name = rng.choice([text for text in TEXTS if (root / text).is_file()])
    words = rng.choice(list(_RAW))
    _seal(root, name, _RAW[words]((root / name).read_bytes()), manifest)
    return f"{name}: {words}"


def _seal(root: Path, name: str, data: bytes, manifest: str) -> None:
    """Write bytes, and their hash where the manifest has one."""
    (root / name).write_bytes(data)
    if name == manifest or manifest == MANIFESTS["page"]:
        return
    whole = json.loads((root / manifest).read_bytes())
    row = {"bytes": len(data), "sha256": sha256_bytes(data)}
    for table in (whole["files"], *(artifact["files"] for artifact in whole.get("artifacts", []))):
        if name in table:
            table[name] = row
    (root / manifest).write_text(json.dumps(whole), encoding="utf-8")


# What is no file, or lies elsewhere


def _place(root: Path, name: str, manifest: str, rng: random.Random) -> str:
    """Links and other things in the place of a file; `outside` beside the folder holds the same bytes."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    path = rng.choice([root / manifest, root / name, rng.choice(files)])
    outside = root.parent / "outside"
    outside.mkdir()
    how = rng.choice(("link", "link of a folder", "loop", "folder", "pipe", "device", "gone", "dangling"))
    if how == "link of a folder" and path.parent != root:
        shutil.move(path.parent, outside / "it")
        path.parent.symlink_to(outside / "it")
        return f"{path.parent.relative_to(root)}/ is a link out"
    shutil.move(path, outside / "it")
    _PLACES.get(how, _PLACES["link"])(path, outside / "it")
    return f"{path.relative_to(root)} is a {how}"


_PLACES: dict[str, Callable[[Path, Path], object]] = {
    "link": lambda path, outside: path.symlink_to(outside),
    "loop": lambda path, _: path.symlink_to(path.name),
    "folder": lambda path, _: path.mkdir(),
    "pipe": lambda path, _: os.mkfifo(path),
    "device": lambda path, _: path.symlink_to("/dev/zero"),
    "dangling": lambda path, _: path.symlink_to("nothing"),
    "gone": lambda path, _: None,
}


def _numbers(root: Path, _name: str, manifest: str, rng: random.Random) -> str:
    """The arrays beside the JSON: another header, shape or type."""
    path = root / "reference.npy"
    if not path.is_file():
        return _field(root, manifest, manifest, rng)
    data = path.read_bytes()
    head = (
        b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
        data[:60].replace(b"(", b"(999999999999,", 1),
        data[:60].replace(b"<f4", b"<f8", 1),
        data[:60].replace(b"False", b"True ", 1),
        data[:9] + b"\xff" + data[10:60],
        b"\x93NUMPY\x03\x00\xff\xff\xff\x7f" + data[12:60],
        b"PK\3\4" + data[4:60],
    )
    found = rng.choice((rng.choice(head) + data[60:], data[: rng.randrange(len(data))], data + bytes(1000), _nan(data)))
    reference = json.loads((root / "reference.json").read_bytes())
    reference["answers"]["sha256"] = sha256_bytes(found)
    _seal(root, "reference.npy", found, manifest)
    _seal(root, "reference.json", json.dumps(reference).encode(), manifest)
    return "reference.npy is another array"


def _nan(data: bytes) -> bytes:
    return data[:-4] + b"\xff\xff\xff\xff"
