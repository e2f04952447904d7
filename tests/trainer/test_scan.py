"""Folders as people have them: splits by other names, copies, names that look alike, layouts that are not folders."""

import shutil
from pathlib import Path

import pytest

from gemelo.errors import DatasetError, NotFoundError
from trainer.names import compare
from trainer.scan import scan

from .conftest import fill, paint

CAFE, CAFE_IN_PARTS = "caf\u00e9", "cafe\u0301"


@pytest.mark.parametrize("name", ["valid", "VALID", "Val", "validation", "valid_set"])
def test_a_validation_split_by_any_of_its_names(name: str, tmp_path: Path) -> None:
    for split in ("Train", name, "TEST"):
        fill(tmp_path / split, ["cats", "dogs"], 2)
    assert {split: sum(n.values()) for split, n in scan(tmp_path).counts().items()} == {"train": 4, "val": 4, "test": 4}


def test_what_is_not_used_is_told(tmp_path: Path) -> None:
    for split in ("train", "test", "extra"):
        fill(tmp_path / split, ["cats", "dogs"], 2)
    for name in ("README.txt", "train/a.txt", "train/cats/b.txt", "extra/cats/c.txt"):
        (tmp_path / name).write_text("no photo")
    dataset = scan(tmp_path)
    assert dataset.reading([]) == "read 8 of 11 files; passed over 3: .txt; unused folder: extra"
    told = dataset.reading(["train/cats/000.png"])
    assert told == "read 7 of 11 files; passed over 4: .txt (3), .png (1); unused folder: extra"
    assert "unused folder: extra" in dataset.notes


def test_a_folder_without_oddities_is_told_in_three_words(photos: Path) -> None:
    assert scan(photos).reading([]) == "read 56 files"


def test_a_class_of_other_files_says_what_they_are(tmp_path: Path) -> None:
    fill(tmp_path, ["cats", "dogs"], 2)
    (tmp_path / "mice").mkdir()
    (tmp_path / "mice" / "a.pdf").write_text("no photo")
    with pytest.raises(DatasetError, match=r"class 'mice' has no photo \(passed over 1: .pdf\)"):
        scan(tmp_path)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fraction", [0.1, 0.3, 0.6])
def test_copies_stay_on_one_side(seed: int, fraction: float, tmp_path: Path) -> None:
    fill(tmp_path, ["cats", "dogs"], 12)
    for path in list(tmp_path.rglob("*.png")):
        shutil.copy(path, path.with_name(f"{path.stem} (1).png"))
    shutil.copy(tmp_path / "cats/000.png", tmp_path / "dogs/same.png")  # a copy in another class stays there too
    dataset = scan(tmp_path, test_fraction=fraction, seed=seed)
    sides: dict[bytes, set[str]] = {}
    for photo in dataset.photos:
        sides.setdefault(photo.path.read_bytes(), set()).add(photo.split)
    assert len(sides) == 24
    assert all(len(found) == 1 for found in sides.values())
    assert all(all(counts.values()) for counts in dataset.counts().values())


def test_a_class_of_copies_is_learned_and_not_tested(tmp_path: Path) -> None:
    fill(tmp_path, ["cats", "dogs"], 3)
    for name in ("001.png", "002.png"):
        shutil.copy(tmp_path / "cats/000.png", tmp_path / "cats" / name)
    dataset = scan(tmp_path)
    assert dataset.counts() == {"train": {"cats": 3, "dogs": 2}, "test": {"cats": 0, "dogs": 1}}
    assert "no photo to test class 'cats' on: copies of one" in dataset.facts
    for name in ("001.png", "002.png"):
        shutil.copy(tmp_path / "dogs/000.png", tmp_path / "dogs" / name)
    with pytest.raises(DatasetError, match="all photos of each class are copies of one"):
        scan(tmp_path)


@pytest.mark.parametrize("seed", range(8))
def test_a_class_of_anothers_photos_has_some_to_learn_from(seed: int, tmp_path: Path) -> None:
    fill(tmp_path, ["cats", "dogs"], 4)
    (tmp_path / "kittens").mkdir()
    for name in ("000.png", "001.png"):
        shutil.copy(tmp_path / "cats" / name, tmp_path / "kittens" / name)
    dataset = scan(tmp_path, test_fraction=0.6, seed=seed)
    assert all(dataset.counts()["train"].values())
    sides: dict[bytes, set[str]] = {}
    for photo in dataset.photos:
        sides.setdefault(photo.path.read_bytes(), set()).add(photo.split)
    assert all(len(found) == 1 for found in sides.values())


def test_names_are_compared_in_one_normal_form(tmp_path: Path) -> None:
    for split, name in (("train", CAFE), ("test", CAFE_IN_PARTS)):
        fill(tmp_path / split, ["cats", "dogs"], 1)
        (tmp_path / split / "dogs").rename(tmp_path / split / name)
    dataset = scan(tmp_path)
    assert dataset.labels == [CAFE, "cats"]
    assert all(photo.path.is_file() for photo in dataset.photos)


def test_two_folders_of_one_name(tmp_path: Path) -> None:
    for name in (CAFE, CAFE_IN_PARTS, "dogs"):
        paint(tmp_path / name / "a.png", (1, 2, 3), 1)
    with pytest.raises(DatasetError, match=r"two folders are called 'café': 'caf\\xe9' and 'cafe\\u0301'|two folders"):
        scan(tmp_path)


def test_capitals_are_pointed_out(tmp_path: Path) -> None:
    for i, name in enumerate(("Cat", "cat", "dog")):
        for j in range(3):
            paint(tmp_path / name / f"{j}.png", (1, 2, 3), 10 * i + j)
    dataset = scan(tmp_path)
    assert dataset.labels == ["Cat", "cat", "dog"]
    assert any("'Cat' and 'cat' differ by capitals only" in fact for fact in dataset.facts)


@pytest.mark.parametrize(
    ("name", "other", "said"),
    [
        ("Cat", "cat", "which has 'cat': they differ by capitals only"),
        ("sea lion", "sea_lion", "which has 'sea_lion': they differ in characters"),
        ("cat", "cat\u200b", r"'cat' and 'cat\u200b'"),
        ("cat ", "cat", "'cat ' and 'cat'"),
    ],
)
def test_what_differs_is_said(name: str, other: str, said: str) -> None:
    [problem] = compare(["dog", name], "train", ["dog", other], "test")
    assert problem.startswith(f"class {name!r} is in train but not in test, ")
    assert said in problem


def test_one_folder_too_many(tmp_path: Path) -> None:
    fill(tmp_path / "animals", ["cats", "dogs"], 3)
    with pytest.raises(DatasetError, match="'animals' seems to be one folder too many") as caught:
        scan(tmp_path)
    assert f"gemelo train {tmp_path / 'animals'}" in str(caught.value.hint)
    shutil.move(tmp_path / "animals", tmp_path / "train" / "animals")
    with pytest.raises(DatasetError, match="'animals' seems to be one folder too many"):
        scan(tmp_path)


def test_labels_in_the_names_are_recognized(tmp_path: Path) -> None:
    for i in range(3):
        for name in ("cat", "dog"):
            paint(tmp_path / "train" / f"{name}.{i}.png", (1, 2, 3), i + 10 * len(name))
    with pytest.raises(DatasetError, match=r"their names look like labels: cat \(3\), dog \(3\)") as caught:
        scan(tmp_path)
    assert f"gemelo train {tmp_path} --labels names" in str(caught.value.hint)


def test_a_table_is_recognized(tmp_path: Path) -> None:
    for i in range(4):
        paint(tmp_path / "images" / f"{i}.png", (1, 2, 3), i)
    table = tmp_path / "labels.csv"
    table.write_text("file,label\n0.png,cat\n1.png,cat\n2.png,dog\n3.png,dog\n")
    with pytest.raises(DatasetError, match=r"labels\.csv looks like a table of labels") as caught:
        scan(tmp_path)
    assert f"--labels {table}" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("name", "start", "command"),
    [
        ("pets.zip", b"PK\3\4", "unzip"),
        ("pets", b"PK\3\4", "unzip"),
        ("pets.tar.gz", b"\x1f\x8b\x08", "mkdir pets && tar -xf"),
        ("pets.tgz", b"\x1f\x8b\x08", "tar -xf"),
        ("pets.7z", b"7z\xbc\xaf\x27\x1c", "unpack it first"),
    ],
)
def test_an_archive_is_to_be_unpacked(name: str, start: bytes, command: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(start)
    with pytest.raises(NotFoundError, match=r"this is a \w+ archive, not a folder") as caught:
        scan(tmp_path / name)
    assert command in str(caught.value.hint)
