"""Classes of unequal size: the note, the weights, and what they change."""

import shutil
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from typer.testing import CliRunner

from gemelo import metrics
from gemelo.cli.info import print_run
from trainer.balance import class_weights, note, photo_weights
from trainer.linear_probe import learn_head
from trainer.train import TrainOptions, train
from trainer.train_step import _loss


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"cats": 90, "dogs": 10}, "90 training photos of 'cats', 10 of 'dogs'"),
        ({"cats": 3, "dogs": 9, "owls": 5}, "9 training photos of 'dogs', 3 of 'cats'"),
        ({"cats": 29, "dogs": 10}, None),
        ({"cats": 5}, None),
        ({}, None),
    ],
)
def test_skewed_classes_are_noted(counts: dict[str, int], said: str | None) -> None:
    found = note(counts)
    assert found is None if said is None else said in found and "--balance" in found


def test_each_class_weighs_the_same_and_a_photo_1_on_average() -> None:
    labels = np.array([0] * 6 + [1] * 2 + [2] * 1)
    assert class_weights(labels, 4).tolist() == [0.5, 1.5, 3.0, 0.0]  # a fourth class without a photo
    weights = photo_weights(labels, 4)
    assert [float(weights[labels == label].sum()) for label in range(3)] == [3.0, 3.0, 3.0]
    assert photo_weights(np.array([1, 0, 0, 0]), 2).tolist() == pytest.approx([2, 2 / 3, 2 / 3, 2 / 3])


@pytest.mark.parametrize("units", [1, 2])
def test_the_loss_weighs_classes_alike(units: int) -> None:
    labels = np.array([0, 0, 0, 1])
    targets = labels[:, None].astype(np.float32) if units == 1 else np.eye(2, dtype=np.float32)[labels]
    answered = np.full((4, 1), 0.2, np.float32) if units == 1 else np.tile(np.float32([0.8, 0.2]), (4, 1))
    found = float(_loss(units == 1, 0.0, class_weights(labels, 2))(keras.ops.array(targets), keras.ops.array(answered)))
    assert found == pytest.approx((-np.log(0.8) - np.log(0.2)) / 2, abs=1e-5)


def test_a_balanced_head_finds_more_of_the_rare_class() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], [380, 20])
    found = (rng.normal(0, 1, (400, 8)) + labels[:, None] * 0.7).astype(np.float32)
    targets = labels[:, None].astype(np.float32)

    def recall(rows: np.ndarray | None) -> float:
        kernel, bias = learn_head(found, targets, rows=rows)
        decided = (found @ kernel + bias)[:, 0] > 0
        return float(decided[labels == 1].mean())

    assert recall(photo_weights(labels, 2)) > recall(None) + 0.2
    plain, ones = learn_head(found, targets), learn_head(found, targets, rows=np.ones(400, np.float32))
    assert all((one == other).all() for one, other in zip(plain, ones, strict=True))


def test_balanced_accuracy() -> None:
    labels = np.repeat([0, 1], [90, 10])
    decided = np.repeat([0, 1], [98, 2])  # little was learned of the second; there is no photo of the third
    assert metrics.balanced_accuracy(decided, labels, 3) == pytest.approx(0.6)


@pytest.fixture
def skewed(drawings: Path, tmp_path: Path) -> Path:
    for split, counts in (("train", (12, 3)), ("test", (4, 2))):
        for name, count in zip(("cats", "dogs"), counts, strict=True):
            (tmp_path / "photos" / split / name).mkdir(parents=True)
            # Of one folder, so that no photo is in both splits.
            found = sorted((drawings / "training_set" / name).iterdir())
            for photo in found[:count] if split == "train" else found[-count:]:
                shutil.copy(photo, tmp_path / "photos" / split / name)
    return tmp_path / "photos"


@pytest.mark.parametrize("balance", [True, False])
def test_it_is_noted_before_the_training(skewed: Path, monkeypatch: pytest.MonkeyPatch, balance: bool) -> None:
    def stop(module: str) -> None:
        raise KeyboardInterrupt

    from gemelo import cli
    from gemelo.cli import train as command

    monkeypatch.setattr(command, "load_heavy", stop)
    words = ["train", str(skewed), "--out", str(skewed.parent / "run"), *(["--balance"] if balance else [])]
    done = CliRunner().invoke(cli.app, words)
    assert ("12 training photos of 'cats', 3 of 'dogs'" in done.stderr) is not balance


def test_a_balanced_run_says_so(skewed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = TrainOptions(skewed, tmp_path / "run", arch="lecture", size=36, epochs=1, cache=tmp_path / "cache")
    run = train(replace(options, settings={"balance": True}))
    assert run is not None
    assert run.manifest.training.balance is True
    assert run.manifest.training.command.endswith("--balance")
    assert 0 <= run.manifest.metrics.balanced_accuracy <= 1
    print_run(run)
    assert "(each class counts alike)" in capsys.readouterr().out
