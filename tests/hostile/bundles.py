"""Bundles that somebody damaged, by accident or on purpose: one row each."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gemelo.store.files import read_json, write_json
from tests.support.bundles import WEIGHTS, rewrite_manifest, write_onnx
from tests.support.damage import flip_byte


@dataclass(frozen=True)
class HostileBundle:
    """One way to damage a bundle.

    Attributes:
        name: What was done.
        damage: Does it to the bundle's folder.
        error: The class of the error that opening it must raise.
        words: A part of its message.
        exit_code: Of the command line.
    """

    name: str
    damage: Callable[[Path], object]
    error: str
    words: str
    exit_code: int = 1


def _manifest(**change: object) -> Callable[[Path], object]:
    return lambda root: rewrite_manifest(root, change)


def _drop(field: str) -> Callable[[Path], object]:
    def damage(root: Path) -> None:
        value = read_json(root / "manifest.json")
        del value[field]
        write_json(root / "manifest.json", value)

    return damage


def _artifact(**change: object) -> Callable[[Path], object]:
    def damage(root: Path) -> None:
        row = read_json(root / "manifest.json")["artifacts"][0]
        rewrite_manifest(root, {"artifacts": [{**row, **change}]})

    return damage


def _other_weights(root: Path) -> None:
    changed = WEIGHTS.copy()
    changed[0, 0] = np.nextafter(np.float32(2.0), np.float32(3.0))
    write_onnx(root / "onnx" / "fp32.onnx", changed)


def _climb(root: Path) -> None:
    entry = {"../outside.onnx": {"bytes": 1, "sha256": "0" * 64}}
    _artifact(path="../outside.onnx", files=entry)(root)


def _listed(name: str) -> Callable[[Path], object]:
    def damage(root: Path) -> None:
        value = read_json(root / "manifest.json")
        value["files"][name] = {"bytes": 1, "sha256": "0" * 64}
        (root / "manifest.json").write_text(json.dumps(value))

    return damage


def _loop(root: Path) -> None:
    (root / "labels.txt").unlink()
    (root / "labels.txt").symlink_to("labels.txt")


def _link_out(root: Path) -> None:
    (root / "labels.txt").unlink()
    (root / "labels.txt").symlink_to("/etc/hostname")


def _manifest_link_out(root: Path) -> None:
    (root / "manifest.json").rename(root.with_name("elsewhere.json"))
    (root / "manifest.json").symlink_to("../elsewhere.json")


def _pipe(name: str) -> Callable[[Path], object]:
    def damage(root: Path) -> None:
        (root / name).unlink()
        os.mkfifo(root / name)

    return damage


HOSTILE_BUNDLES = (
    HostileBundle("folder gone", shutil.rmtree, "NotFoundError", "no such folder", 2),
    HostileBundle("manifest gone", lambda r: (r / "manifest.json").unlink(), "MissingFileError", "no manifest.json"),
    HostileBundle("manifest empty", lambda r: (r / "manifest.json").write_text(""), "SchemaError", "not valid JSON"),
    HostileBundle("manifest cut", lambda r: (r / "manifest.json").write_text('{"schema": 1,'), "SchemaError", "JSON"),
    HostileBundle(
        "manifest a list", lambda r: (r / "manifest.json").write_text("[1]"), "SchemaError", "not a manifest"
    ),
    HostileBundle("manifest deep", lambda r: (r / "manifest.json").write_text("[" * 10**5), "SchemaError", "JSON"),
    HostileBundle("threshold no number", _manifest(abstain={"threshold": "0.8"}), "SchemaError", "abstain"),
    HostileBundle("threshold above all", _manifest(abstain={"threshold": 1.5}), "SchemaError", "abstain"),
    HostileBundle("newer schema", _manifest(schema=3), "SchemaError", "newer"),
    HostileBundle("another kind", _manifest(kind="run"), "SchemaError", "not a bundle"),
    HostileBundle("field missing", _drop("labels"), "SchemaError", "labels"),
    HostileBundle("field of another type", _manifest(parameters="many"), "SchemaError", "parameters"),
    HostileBundle("artifact damaged", _manifest(artifacts=[{"format": "onnx"}]), "SchemaError", "artifact"),
    HostileBundle("artifact without hash", _artifact(files={}), "SchemaError", "no hash"),
    HostileBundle("list of files damaged", _manifest(files={"labels.txt": 7}), "SchemaError", "labels.txt"),
    HostileBundle("newer preprocessing", _manifest(preprocessing={"schema": 3}), "SchemaError", "newer"),
    HostileBundle("artifact gone", lambda r: (r / "onnx/fp32.onnx").unlink(), "MissingFileError", "onnx/fp32.onnx"),
    HostileBundle("golden gone", lambda r: next((r / "goldens").iterdir()).unlink(), "MissingFileError", "goldens/"),
    HostileBundle("weight changed", _other_weights, "TamperedFileError", "onnx/fp32.onnx"),
    HostileBundle("byte changed in the artifact", flip_byte("onnx/fp32.onnx"), "TamperedFileError", "fp32.onnx"),
    HostileBundle("byte changed in the record", flip_byte("reference.json"), "TamperedFileError", "reference.json"),
    HostileBundle("byte changed in the report", flip_byte("parity.json"), "TamperedFileError", "parity.json"),
    HostileBundle("artifact emptied", lambda r: (r / "onnx/fp32.onnx").write_bytes(b""), "TamperedFileError", "fp32"),
    HostileBundle("files of an artifact a text", _artifact(files="x"), "SchemaError", "must be an object"),
    HostileBundle("parity of an artifact a text", _artifact(parity="x"), "SchemaError", "must be an object"),
    HostileBundle("accuracy a text", _manifest(metrics={"accuracy": "0.9"}), "SchemaError", "must be a finite number"),
    HostileBundle("accuracy above all", _manifest(metrics={"accuracy": 2.0}), "SchemaError", "must be from 0 to 1"),
    HostileBundle("a name that no disk takes", _listed("9" * 5000), "UnsafePathError", "no path of a file"),
    HostileBundle("a name that cannot be encoded", _listed("a\ud800"), "SchemaError", "whose names can be encoded"),
    HostileBundle("a loop of links", _loop, "UnsafePathError", "loop"),
    HostileBundle("path climbs out", _climb, "UnsafePathError", "outside"),
    HostileBundle(
        "absolute path",
        _manifest(files={"/etc/passwd": {"bytes": 1, "sha256": "0" * 64}}),
        "UnsafePathError",
        "outside",
    ),
    HostileBundle("link leads out", _link_out, "UnsafePathError", "leads out"),
    HostileBundle("manifest a link out", _manifest_link_out, "UnsafePathError", "leads out"),
    HostileBundle("manifest a pipe", _pipe("manifest.json"), "MissingFileError", "no manifest.json"),
    HostileBundle("labels swapped", _manifest(labels=["dogs", "cats"]), "LabelMismatchError", "differ"),
    HostileBundle("label too many", _manifest(labels=["cats", "dogs", "birds"]), "LabelMismatchError", "differ"),
)
