"""Training on every hostile folder ends in its own error, and leaves nothing that looks like a run."""

import shutil
from pathlib import Path

import pytest

from gemelo import errors
from tests.hostile.datasets import HOSTILE_DATA, HostileData
from tests.support.cli import run_gemelo
from trainer.train import TrainOptions, train


@pytest.mark.parametrize("row", HOSTILE_DATA, ids=lambda row: row.name.replace(" ", "-"))
def test_training_cannot_begin(row: HostileData, drawings: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(drawings, tmp_path / "pets"))
    row.damage(data)
    options = {"epochs": 1, **row.options}
    with pytest.raises(errors.UsageError, match=row.words) as caught:
        train(TrainOptions(data, tmp_path / "run", cache=tmp_path / "cache", **options))
    assert type(caught.value).__name__ == row.error
    assert caught.value.exit_code == 2
    assert not (tmp_path / "run" / "run.json").exists()


def test_the_command_line_says_it_too(tmp_path: Path) -> None:
    (tmp_path / "pets").mkdir()
    done = run_gemelo("train", tmp_path / "pets", "--out", tmp_path / "run")
    assert done.returncode == 2
    assert "there are no photos in it" in done.stderr
    assert "expected DIR/" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_is_not_put_among_the_photos(drawings: Path) -> None:
    with pytest.raises(errors.UsageError, match="taken for a class"):
        train(TrainOptions(drawings, drawings / "run", epochs=1))
    assert not (drawings / "run").exists()


def test_what_is_odd_about_the_photos_is_said_in_the_terminal(drawings: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(drawings, tmp_path / "pets"))
    first = min((data / "training_set" / "cats").iterdir())
    shutil.copy(first, data / "training_set" / "dogs" / "same.jpg")
    (data / "training_set" / "cats" / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    done = run_gemelo(
        *("train", data, "--out", tmp_path / "run", "--arch", "lecture", "--epochs", "1"),
        GEMELO_CACHE=str(tmp_path / "cache"),
    )
    assert done.returncode == 0, done.stderr
    assert "unreadable, skipped: training_set/cats/IMG_1.HEIC: " in done.stdout
    assert "the same photo in more than one class: training_set/cats/" in done.stdout
    assert "the best on these photos" in done.stdout
