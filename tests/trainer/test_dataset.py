import os
import shutil
from pathlib import Path

import pytest

from gemelo.errors import DatasetError, NotFoundError
from trainer.dataset import without
from trainer.scan import scan

from .conftest import fill, paint


@pytest.mark.parametrize("train", ["training_set", "train", "training", "Train"])
@pytest.mark.parametrize("test", ["test_set", "test", "val", "validation"])
def test_usual_layouts(tmp_path: Path, train: str, test: str) -> None:
    fill(tmp_path / train, ["cats", "dogs"], 2)
    fill(tmp_path / test, ["cats", "dogs"], 1)
    dataset = scan(tmp_path)
    split = "val" if test.startswith("val") else "test"
    assert dataset.labels == ["cats", "dogs"]
    assert dataset.counts() == {"train": {"cats": 2, "dogs": 2}, split: {"cats": 1, "dogs": 1}}
    assert dataset.validation == split
    assert "both the validation and the test split" in dataset.notes[0]


def test_three_splits_validate_on_val(tmp_path: Path) -> None:
    for split in ("train", "val", "test"):
        fill(tmp_path / split, ["cats", "dogs"], 1)
    dataset = scan(tmp_path)
    assert dataset.validation == "val"
    assert list(dataset.counts()) == ["train", "val", "test"]
    assert "final figures on test" in dataset.notes[0]


def test_flat_layout_is_split_by_seed_and_stratified(tmp_path: Path) -> None:
    fill(tmp_path, ["cats"], 10)
    fill(tmp_path, ["dogs"], 25)
    first, again, other = scan(tmp_path, seed=1), scan(tmp_path, seed=1), scan(tmp_path, seed=2)
    assert first.counts() == {"train": {"cats": 8, "dogs": 20}, "test": {"cats": 2, "dogs": 5}}
    assert first == again
    assert first != other
    assert "seed 1" in first.notes[0]


def test_a_class_called_train(tmp_path: Path) -> None:
    for name in ("plane", "test", "train"):
        for i in range(3):
            paint(tmp_path / name / f"{i}.png", (1, 2, 3), i)
    assert scan(tmp_path).labels == ["plane", "test", "train"]


def test_what_counts_as_a_photo(tmp_path: Path) -> None:
    fill(tmp_path, ["cats", "dogs"], 2)
    cats = tmp_path / "cats"
    for name in ("a.JPG", "b.Jpeg", "c.webp", "d.BMP", "e.gif"):
        (cats / name).write_bytes(b"x")
    paint(cats / "deeper" / "f.png", (1, 2, 3), 1)
    for name in (".hidden.jpg", "notes.txt", "Thumbs.db"):
        (cats / name).write_bytes(b"x")
    (cats / "folder.jpg").mkdir()
    (cats / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / ".git" / "x").mkdir(parents=True)
    names = [photo.relative for photo in scan(tmp_path).photos if photo.label == 0]
    wanted = ["000.png", "001.png", "a.JPG", "b.Jpeg", "c.webp", "d.BMP", "deeper/f.png", "e.gif", "gone.jpg"]
    assert names == [f"cats/{name}" for name in wanted]


def test_names_of_any_bytes(tmp_path: Path) -> None:
    fill(tmp_path, ["cats", "dogs"], 2)
    odd = ["gatò ñ 猫.png", "two\nlines.png", os.fsdecode(b"broken\xff.png")]
    for i, name in enumerate(odd):
        paint(tmp_path / "cats" / "x.png", (1, 2, 3), i).rename(tmp_path / "cats" / name)
    photos = scan(tmp_path).photos
    assert {photo.path.name for photo in photos} >= set(odd)
    assert photos == sorted(photos, key=lambda photo: photo.relative)


def test_folder_missing(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no such folder"):
        scan(tmp_path / "nowhere")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotFoundError, match="not a folder"):
        scan(tmp_path / "file")


def test_folder_empty(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there are no photos in it"):
        scan(tmp_path)


def test_photos_without_classes(tmp_path: Path) -> None:
    paint(tmp_path / "a.png", (1, 2, 3), 1)
    with pytest.raises(DatasetError, match="without folders for their classes"):
        scan(tmp_path)


@pytest.mark.parametrize("split", ["", "train"])
def test_one_class(tmp_path: Path, split: str) -> None:
    fill(tmp_path / split, ["cats"], 3)
    with pytest.raises(DatasetError, match="two classes or more; there is 'cats'"):
        scan(tmp_path)


@pytest.mark.parametrize("split", ["", "train"])
def test_class_without_photo(tmp_path: Path, split: str) -> None:
    fill(tmp_path / split, ["cats", "dogs"], 3)
    (tmp_path / split / "mice").mkdir()
    with pytest.raises(DatasetError, match="class 'mice' has no photo"):
        scan(tmp_path)


def test_class_with_one_photo_cannot_be_split(tmp_path: Path) -> None:
    fill(tmp_path, ["cats"], 3)
    fill(tmp_path, ["dogs"], 1)
    with pytest.raises(DatasetError, match="class 'dogs' has only one photo"):
        scan(tmp_path)


def test_classes_that_differ_are_all_named(tmp_path: Path) -> None:
    fill(tmp_path / "train", ["cats", "dogs"], 1)
    fill(tmp_path / "test", ["cats", "mice"], 1)
    with pytest.raises(DatasetError) as caught:
        scan(tmp_path)
    assert "class 'dogs' is in train but not in test" in str(caught.value)
    assert "class 'mice' is in test but not in train" in str(caught.value)


def test_two_folders_for_one_split(tmp_path: Path) -> None:
    for name in ("train", "training", "test"):
        fill(tmp_path / name, ["cats", "dogs"], 1)
    with pytest.raises(DatasetError, match="train and training are both the train split"):
        scan(tmp_path)


def test_test_split_without_training(tmp_path: Path) -> None:
    fill(tmp_path / "test", ["cats", "dogs"], 1)
    with pytest.raises(DatasetError, match="no training split"):
        scan(tmp_path)


def test_class_of_unreadable_photos(photos: Path) -> None:
    dataset = scan(photos)
    gone = {p.relative: "text" for p in dataset.photos if p.relative.startswith("training_set/dogs")}
    with pytest.raises(DatasetError, match="train: class 'dogs' has no readable photo"):
        without(dataset, gone)


def test_order_does_not_depend_on_the_disk(photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "copy")
    assert [p.relative for p in scan(photos).photos] == [p.relative for p in scan(tmp_path / "copy").photos]
