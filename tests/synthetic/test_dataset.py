"""The folder of drawings: layout, repeatability, and never half of it."""

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from gemelo.errors import GemeloError, StorageError, UnknownNameError, UsageError
from gemelo.progress import Step
from gemelo.synthetic import dataset, draw_dataset
from gemelo.synthetic.dataset import drawing_bytes

SMALL = (32, 48)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.jpg")}


def test_the_lecture_s_layout(tmp_path: Path) -> None:
    counts = draw_dataset(tmp_path / "pets", 40, size=SMALL)
    assert counts == {"training_set": {"cats": 16, "dogs": 16}, "test_set": {"cats": 4, "dogs": 4}}
    files = contents(tmp_path / "pets")
    assert len(files) == 40
    assert {"training_set/cats/cat.1.jpg", "training_set/dogs/dog.16.jpg", "test_set/cats/cat.17.jpg"} <= set(files)
    assert len(set(files.values())) == 40
    with Image.open(tmp_path / "pets" / "test_set/dogs/dog.20.jpg") as image:
        assert image.format == "JPEG"
        assert all(SMALL[0] <= side <= SMALL[1] for side in image.size)


def test_nothing_but_the_photos_shows(tmp_path: Path) -> None:
    draw_dataset(tmp_path / "pets", 20, size=SMALL)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pets"]
    seen = [path for path in (tmp_path / "pets").iterdir() if not path.name.startswith(".")]
    assert sorted(path.name for path in seen) == ["test_set", "training_set"]


def test_processes_and_count_change_no_drawing(tmp_path: Path) -> None:
    draw_dataset(tmp_path / "few", 30, size=SMALL)
    draw_dataset(tmp_path / "many", 120, size=SMALL, workers=2)
    draw_dataset(tmp_path / "alone", 120, size=SMALL, workers=1)
    many = contents(tmp_path / "many")
    assert many == contents(tmp_path / "alone")
    by_name = {Path(name).name: data for name, data in many.items()}
    assert all(by_name[Path(name).name] == data for name, data in contents(tmp_path / "few").items())
    assert by_name["dog.7.jpg"] == drawing_bytes("dogs", 0, 7, SMALL)


def test_another_seed_gives_other_drawings() -> None:
    assert drawing_bytes("cats", 0, 1, SMALL) == drawing_bytes("cats", 0, 1, SMALL)
    assert drawing_bytes("cats", 0, 1, SMALL) != drawing_bytes("cats", 1, 1, SMALL)


def test_one_label_and_odd_counts(tmp_path: Path) -> None:
    counts = draw_dataset(tmp_path / "odd", 23, size=SMALL)
    assert counts == {"training_set": {"cats": 10, "dogs": 9}, "test_set": {"cats": 2, "dogs": 2}}
    assert sum(draw_dataset(tmp_path / "dogs", 20, labels=("dogs",), size=SMALL)["test_set"].values()) == 4


def test_progress_reaches_the_count(tmp_path: Path) -> None:
    seen: list[int] = []

    class Watch:
        @contextmanager
        def step(self, what: str, total: int) -> Iterator[Step]:
            assert (what, total) == ("drawing", 50)
            yield lambda done=1, note="": seen.append(done)

    draw_dataset(tmp_path / "pets", 50, size=SMALL, progress=Watch())
    assert sum(seen) == 50


def test_drawing_again_is_free_and_touches_nothing(tmp_path: Path) -> None:
    first = draw_dataset(tmp_path / "pets", 20, size=SMALL)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "pets").rglob("*")}
    assert draw_dataset(tmp_path / "pets", 20, size=SMALL) == first
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "pets").rglob("*")} == before


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "pets").mkdir()
    draw_dataset(tmp_path / "pets", 20, size=SMALL)
    assert len(contents(tmp_path / "pets")) == 20


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "pets"
    draw_dataset(target, 20, size=SMALL)
    with pytest.raises(UsageError, match="not empty"):
        draw_dataset(target, 20, size=SMALL, seed=1)
    (target / "training_set/cats/cat.3.jpg").unlink()
    with pytest.raises(UsageError, match=r"cat\.3\.jpg"):
        draw_dataset(target, 20, size=SMALL)
    (target / ".drawing.json").write_text("not json")
    with pytest.raises(UsageError, match="not empty"):
        draw_dataset(target, 20, size=SMALL)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="is a file"):
        draw_dataset(tmp_path / "file", 20, size=SMALL)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"count": 3}, UsageError, "too few"),
        ({"labels": ("cats", "cows")}, UnknownNameError, "cows"),
        ({"labels": ()}, UsageError, "label"),
        ({"labels": ("cats", "cats")}, UsageError, "once"),
        ({"size": (90, 40)}, UsageError, "pixels"),
        ({"size": (4, 40)}, UsageError, "pixels"),
        ({"seed": -1}, UsageError, "negative"),
        ({"workers": 0}, UsageError, "workers"),
    ],
)
def test_numbers_that_make_no_sense(
    change: dict[str, object], error: type[GemeloError], words: str, tmp_path: Path
) -> None:
    options: dict[str, object] = {"count": 20, "size": SMALL, **change}
    with pytest.raises(error, match=words):
        draw_dataset(tmp_path / "pets", **options)  # type: ignore[arg-type]
    assert not any(tmp_path.iterdir())


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(dataset, "_draw_chunk", full)
    with pytest.raises(StorageError, match="No space left"):
        draw_dataset(tmp_path / "pets", 20, size=SMALL)
    assert not any(tmp_path.iterdir())


def _draw_slowly(target: str) -> None:
    draw_dataset(target, 4000, workers=1)


def test_a_killed_drawing_never_looks_whole(tmp_path: Path) -> None:
    target = tmp_path / "pets"
    process = multiprocessing.get_context("spawn").Process(target=_draw_slowly, args=(str(target),))
    process.start()
    deadline = time.monotonic() + 60
    while not any(tmp_path.rglob("*.jpg")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    assert any(tmp_path.rglob("*.jpg"))
    assert not target.exists()
    draw_dataset(target, 20, size=SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["pets"]
    assert json.loads((target / ".drawing.json").read_text())["seed"] == 0
