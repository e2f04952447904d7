"""A validation split taken from training: which photos, and what the run says of it."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from gemelo.errors import UsageError
from trainer.dataset import Dataset, Photo
from trainer.holdout import hold_out
from trainer.scan import scan
from trainer.train import TrainOptions, train

from .conftest import fill


def dataset(counts: dict[str, int], held: dict[str, str] | None = None) -> Dataset:
    """Photos in memory: so many of each class to learn from, and two to test on."""
    photos = []
    for label, (name, count) in enumerate(counts.items()):
        photos += [Photo(Path(name), f"train/{name}/{i:03d}", label, "train") for i in range(count)]
        photos += [Photo(Path(name), f"test/{name}/{i}", label, "test") for i in range(2)]
    return Dataset(Path("root"), list(counts), photos, held or {"test": "test_set"}, [])


def own(data: Dataset) -> dict[str, str]:
    return {photo.relative: photo.relative for photo in data.photos}


def test_a_share_of_each_class_chosen_by_the_seed() -> None:
    data = dataset({"cats": 40, "dogs": 200})
    first, again, other = (hold_out(data, own(data), 0.1, seed) for seed in (1, 1, 2))
    assert first.counts()["val"] == {"cats": 4, "dogs": 20}
    assert first.counts()["train"] == {"cats": 36, "dogs": 180}
    assert first.counts()["test"] == data.counts()["test"]
    assert first == again
    assert first.photos != other.photos
    assert first.validation == "val"
    said = "watched on 24 of the training photos (10\u00a0% of each class, seed 1) while training, final"
    assert first.notes == [f"{said} figures on test_set"]


def test_nothing_is_held_out() -> None:
    data = dataset({"cats": 40, "dogs": 200})
    assert hold_out(data, own(data), 0, 1) is data
    lonely = dataset({"cats": 1, "dogs": 1})
    assert hold_out(lonely, own(lonely), 0.5, 1) is lonely
    both = dataset({"cats": 40, "dogs": 40}, {"val": "val", "test": "test"})
    assert hold_out(both, own(both), 0.5, 1) is both


def test_never_all_of_a_class() -> None:
    data = dataset({"cats": 2, "dogs": 3})
    held = hold_out(data, own(data), 0.99, 1)
    assert held.counts()["train"] == {"cats": 1, "dogs": 1}


@pytest.mark.parametrize("seed", range(8))
def test_photos_of_the_same_bytes_stay_together(seed: int) -> None:
    data = dataset({"cats": 40, "dogs": 40})
    # Every photo three times, the last three even in two classes.
    sha256 = {
        p.relative: f"{p.label}{int(p.relative[-3:]) // 3}" if p.split == "train" else p.relative for p in data.photos
    }
    sha256 |= {f"train/cats/{i:03d}": "both" for i in (37, 38)} | {"train/dogs/037": "both"}
    held = hold_out(data, sha256, 0.2, seed)
    sides = Counter((sha256[p.relative], p.split) for p in held.photos if p.split != "test")
    assert len(sides) == len({name for name, _ in sides})
    for count in held.counts()["val"].values():
        assert 8 <= count <= 11


def test_a_single_split_beside_training_is_the_test_split(tmp_path: Path) -> None:
    fill(tmp_path / "train", ["cats", "dogs"], 4)
    fill(tmp_path / "val", ["cats", "dogs"], 2)
    data = scan(tmp_path)
    held = hold_out(data, own(data), 0.25, 0)
    assert held.counts() == {split: {"cats": n, "dogs": n} for split, n in (("train", 3), ("val", 1), ("test", 2))}
    assert "final figures on val" in held.notes[0]


def test_the_run_says_how(photos: Path, tmp_path: Path) -> None:
    options = TrainOptions(photos, tmp_path / "run", size=36, epochs=2, validation_fraction=0.2)
    run = train(options)
    found = run.manifest.dataset
    assert [getattr(found, name) for name in ("train", "val", "test", "validation")] == [32, 8, 16, "val"]
    assert run.manifest.training.validation_fraction == 0.2
    assert len(run.reference.test) == 16
    assert found.notes[0].startswith("watched on 8 of the training photos (20\u00a0% of each class, seed 0)")
    rows = json.loads(run.file("history.json").read_text())
    assert {row["val_accuracy"] * 8 % 1 for row in rows} == {0.0}
    html = run.file("report.html").read_text()
    assert "watched on 8 of the training photos" in html
    assert "chosen on the test photos" not in html
    images = [image.path for image in run.reference.test]
    assert all(path.startswith("test_set/") for path in images)
    with pytest.raises(UsageError, match=r"validation fraction 1\.0: 0, or below 1"):
        train(replace(options, out=tmp_path / "other", validation_fraction=1.0))
