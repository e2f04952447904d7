"""Folders of photos that nothing can be learned from: one row each."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class HostileData:
    """A folder, or options, with which training cannot begin.

    Attributes:
        name: What is the matter.
        damage: Done to a folder of sixty good drawings.
        error: The class of the error.
        words: A part of its message.
        options: Of the training.
    """

    name: str
    damage: Callable[[Path], object]
    error: str
    words: str
    options: dict[str, Any] = field(default_factory=dict)


def _nothing(root: Path) -> None:
    """The folder is fine; the options are not."""


def _empty(root: Path) -> None:
    shutil.rmtree(root)
    root.mkdir()


def _file(root: Path) -> None:
    shutil.rmtree(root)
    root.write_text("no folder")


def _one_class(root: Path) -> None:
    for split in ("training_set", "test_set"):
        shutil.rmtree(root / split / "dogs")


def _class_without_photo(root: Path) -> None:
    for photo in (root / "training_set" / "dogs").iterdir():
        photo.unlink()
        photo.with_suffix(".txt").write_text("no photo")


def _class_unreadable(root: Path) -> None:
    for photo in (root / "training_set" / "dogs").iterdir():
        photo.write_bytes(photo.read_bytes()[:100])


def _one_unreadable(root: Path) -> None:
    next((root / "training_set" / "dogs").iterdir()).write_bytes(b"")


def _class_of_heic(root: Path) -> None:
    for photo in (root / "training_set" / "dogs").iterdir():
        photo.write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
        photo.rename(photo.with_suffix(".HEIC"))


def _test_without_class(root: Path) -> None:
    (root / "test_set" / "dogs").rename(root / "test_set" / "wolves")


def _two_training_folders(root: Path) -> None:
    shutil.copytree(root / "training_set", root / "train")


def _no_training_folder(root: Path) -> None:
    shutil.rmtree(root / "training_set")


def _loose(root: Path) -> None:
    photos = list(root.rglob("*.jpg"))
    for photo in photos:
        photo.rename(root / photo.name)
    for folder in ("training_set", "test_set"):
        shutil.rmtree(root / folder)


def _class_of_two_lines(root: Path) -> None:
    for split in ("training_set", "test_set"):
        (root / split / "dogs").rename(root / split / "do\ngs")


HOSTILE_DATA = (
    HostileData("folder missing", shutil.rmtree, "NotFoundError", "no such folder"),
    HostileData("a file instead", _file, "NotFoundError", "not a folder"),
    HostileData("empty folder", _empty, "DatasetError", "no photos"),
    HostileData("one class", _one_class, "DatasetError", "two classes"),
    HostileData("photos without class folders", _loose, "DatasetError", "directly in it"),
    HostileData("class without a photo", _class_without_photo, "DatasetError", "has no photo"),
    HostileData("class without a readable photo", _class_unreadable, "DatasetError", "no readable photo"),
    HostileData("class of HEIC photos", _class_of_heic, "DatasetError", "no readable photo"),
    HostileData("class named in two lines", _class_of_two_lines, "DatasetError", "one line of text"),
    HostileData("test lacks a class", _test_without_class, "DatasetError", "wolves"),
    HostileData("two training folders", _two_training_folders, "DatasetError", "training_set"),
    HostileData("test without training", _no_training_folder, "DatasetError", "no training split"),
    HostileData("strict and one unreadable", _one_unreadable, "DatasetError", "empty", {"strict": True}),
    HostileData("unknown architecture", _nothing, "UnknownNameError", "alexnet", {"arch": "alexnet"}),
    HostileData("unknown recipe", _nothing, "UnknownNameError", "pizza", {"recipe": "pizza"}),
    HostileData("unknown fit", _nothing, "UnknownNameError", "stretch", {"fit": "stretch"}),
    HostileData("input too small", _nothing, "InputSizeError", "8", {"size": 8}),
    HostileData("no epochs", _nothing, "UsageError", "epochs", {"epochs": 0}),
    HostileData("no batch", _nothing, "UsageError", "batch", {"batch": 0}),
    HostileData("four channels", _nothing, "UsageError", "channels", {"channels": 4}),
    HostileData("negative learning rate", _nothing, "UsageError", "learning", {"learning_rate": -1.0}),
    HostileData("nothing to resume", _nothing, "NotFoundError", "resume", {"resume": True}),
)
