"""Whole trainings, small ones: what is left on disk, and what is refused."""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from gemelo.errors import (
    DatasetError,
    InputSizeError,
    NotFoundError,
    TrainingError,
    UnfinishedRunError,
    UnknownNameError,
    UsageError,
)
from gemelo.preprocessing import Preprocessing, prepare
from gemelo.reports.statistics import percent
from gemelo.store.files import sha256_file
from gemelo.store.reference import tensor_sha256
from gemelo.store.run import Run
from gemelo.store.schema import as_json
from trainer import train_step
from trainer.architectures import compact
from trainer.train import TrainOptions, train

from .conftest import fill, paint

FILES = {
    "run.json",
    "model.keras",
    "history.csv",
    "history.json",
    "report.html",
    "dataset.json",
    "reference.json",
    "reference.npy",
    "calibration.npy",
    "goldens",
}


@pytest.fixture(scope="module")
def options(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainOptions:
    return TrainOptions(photos, tmp_path_factory.mktemp("runs") / "pets", size=36, epochs=3, batch=8, seed=5)


@pytest.fixture(scope="module")
def run(options: TrainOptions) -> Run:
    return train(options)


def test_files_of_a_run(run: Run) -> None:
    assert {path.name for path in run.path.iterdir()} == FILES
    assert Run.open(run.path).manifest == run.manifest


def test_manifest(run: Run, photos: Path) -> None:
    manifest = run.manifest
    assert (manifest.name, manifest.architecture, manifest.convolutions) == ("pets", "lecture", 2)
    assert manifest.labels == ["cats", "dogs"]
    assert manifest.preprocessing == Preprocessing(36, 36)
    assert manifest.dataset.train == 40
    assert manifest.dataset.test == 16
    assert manifest.dataset.root == str(photos.resolve())
    wanted = {"optimizer": "adam", "epochs": 3, "batch": 8, "recipe": "lecture", "seed": 5, "learning_rate": 1e-3}
    assert wanted.items() <= vars(manifest.training).items()
    assert manifest.training.ops == ["Shear(degrees=0.2)", "Zoom(amount=0.2)", "HorizontalFlip()"]
    figures = as_json(manifest.metrics)
    assert all(figures[name] for name in ("accuracy", "loss", "ece", "per_class", "confusion", "best_epoch", "epochs"))
    assert np.sum(manifest.metrics.confusion) == 16
    assert manifest.versions["keras"] == keras.__version__


def test_history(run: Run) -> None:
    with run.file("history.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"} <= set(rows[0])
    as_json = json.loads(run.file("history.json").read_text())
    assert [str(row["val_loss"]) for row in as_json] == [row["val_loss"] for row in rows]
    best = max(float(row["val_accuracy"]) for row in rows)
    assert run.manifest.metrics.best_val_accuracy == best == run.manifest.metrics.accuracy


def test_recorded_is_what_the_saved_model_answers_to_the_bytes(run: Run, photos: Path) -> None:
    model = keras.models.load_model(run.file("model.keras"))
    assert model.inputs[0].name == "image"
    reference = run.reference
    assert len(reference.goldens) == 24
    assert [image.path for image in reference.test] == sorted(image.path for image in reference.test)
    for image, path in [(i, photos / i.path) for i in reference.test] + [
        (i, run.file(i.path)) for i in reference.goldens
    ]:
        image_u8 = prepare(path.read_bytes(), run.preprocessing)
        assert image.sha256 == sha256_file(path)
        assert image.tensor_sha256 == tensor_sha256(image_u8)
        p = np.asarray(model(image_u8[None].astype(np.float32)))[0, 0]
        assert image.probabilities == pytest.approx([1 - p, p], abs=1e-6)
        assert image.probabilities[0] == np.float32(1) - image.probabilities[1]
    assert {image.label for image in reference.test} == {0, 1}


def test_calibration_photos(run: Run) -> None:
    images_u8 = np.load(run.file("calibration.npy"))
    assert images_u8.dtype == np.uint8
    assert images_u8.shape == (40, 36, 36, 3)


def test_same_seed_same_run(run: Run, options: TrainOptions, tmp_path: Path) -> None:
    again = train(replace(options, out=tmp_path / "pets"))
    for name in ("history.csv", "reference.json", "reference.npy", "calibration.npy", "dataset.json"):
        assert again.file(name).read_bytes() == run.file(name).read_bytes(), name
    other = train(replace(options, out=tmp_path / "other", seed=6))
    assert other.file("history.csv").read_bytes() != run.file("history.csv").read_bytes()


def test_report_needs_nothing_but_itself(run: Run) -> None:
    html = run.file("report.html").read_text()
    assert "http" not in html
    assert "<script" not in html
    assert html.count("src=") == html.count("data:image/webp;base64,") == html.count('<article class="photo"')
    assert html.count("<svg") == 3
    assert "prefers-color-scheme" in html
    assert "Every photo could be read" in html
    assert "chosen on the test photos" in html
    assert f"mirror image is right on {percent(run.manifest.metrics.accuracy_mirrored)}" in html


def test_three_classes_grey_and_awkward_names(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for i, name in enumerate(["<b>&", "$x^{", "c d"]):
        for k in range(14):
            paint(data / name / f"{k}.png", (80 * i, 40, 200 - 80 * i), 100 * i + k)
    (data / "<b>&" / "<script>.jpg").write_bytes(b"no photo")
    run = train(TrainOptions(data, tmp_path / "run", arch="lecture-28", epochs=1))
    assert run.preprocessing.shape == (28, 28, 1)
    assert len(run.reference.test[0].probabilities) == 3
    assert sum(run.reference.test[0].probabilities) == pytest.approx(1, abs=1e-5)
    html = run.file("report.html").read_text()
    assert "<script" not in html
    assert "&lt;b&gt;&amp;" in html
    found = json.loads(run.file("dataset.json").read_text())
    assert found["unreadable"][0]["path"] == "<b>&/<script>.jpg"
    assert found["small_classes"] == {}


def test_compact_keeps_the_average_of_the_last_epoch(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compact, "_STAGES", ((8, 1), (8, 2)))  # fewer layers: this is quicker
    options = TrainOptions(photos, tmp_path / "run", arch="compact", size=16, epochs=2, batch=16)
    run = train(replace(options, validation_fraction=0))
    assert run.manifest.metrics.kept_epoch == 2
    rows = json.loads(run.file("history.json").read_text())
    assert run.manifest.metrics.accuracy == rows[-1]["val_accuracy"]
    assert run.manifest.metrics.loss == pytest.approx(rows[-1]["val_loss"], rel=1e-4)


def test_a_training_that_learns_nothing_more_is_stopped(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_step, "learning_rate", lambda *_: 0.0)
    options = TrainOptions(photos, tmp_path / "run", size=36, epochs=9, settings={"patience": 2, "mixup": 0.3})
    run = train(options)
    assert run.manifest.metrics.epochs == 3
    assert run.manifest.metrics.kept_epoch == 1
    assert run.manifest.training.ops[-1] == "Mixup(alpha=0.3, share=1.0)"


def test_flaws_of_the_photos_are_reported(photos: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(photos, data)
    shutil.copy(data / "training_set/cats/003.png", data / "test_set/cats/copy.png")
    (data / "training_set/dogs/empty.jpg").write_bytes(b"")
    for path in sorted((data / "training_set/cats").iterdir())[9:]:
        path.unlink()
    options = TrainOptions(data, tmp_path / "run", size=36, epochs=1)
    with pytest.raises(DatasetError, match=r"1 photo cannot be read:\n  training_set/dogs/empty.jpg: the file"):
        train(replace(options, strict=True))
    assert not options.out.exists()
    run = train(options)
    found = json.loads(run.file("dataset.json").read_text())
    assert found["unreadable"] == [{"path": "training_set/dogs/empty.jpg", "reason": "the file is empty (0 bytes)"}]
    assert found["duplicates"] == [["test_set/cats/copy.png", "training_set/cats/003.png"]]
    assert found["copied"] == 1
    assert found["small_classes"] == {"cats": 9}
    html = run.file("report.html").read_text()
    assert "4 warnings" in html


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        ({"arch": "resnet"}, UnknownNameError, "unknown architecture 'resnet'"),
        ({"recipe": "wild"}, UnknownNameError, "unknown recipe 'wild'"),
        ({"fit": "stretch"}, UnknownNameError, "unknown fit 'stretch'"),
        (
            {"epochs": 0, "batch": -1},
            UsageError,
            r"epochs 0: one or more \(0 is for pretrained networks\); batch -1: one or more",
        ),
        ({"learning_rate": 0.0}, UsageError, "learning rate 0.0: more than 0"),
        ({"channels": 2}, UsageError, "channels 2"),
        ({"seed": -1}, UsageError, "seed -1"),
        ({"settings": {"optimizer": "sgd"}}, UnknownNameError, "unknown optimizer 'sgd'"),
        ({"settings": {"keep": "all"}}, UnknownNameError, "unknown choice of weights to keep 'all'"),
        (
            {"settings": {"ema": 1.0, "mixup": -1.0, "early_size": 0.0, "patience": 0}},
            UsageError,
            "ema 1.0: 0, or below 1; mixup -1.0: 0 or more; early size 0.0: more than 0, up to 1; patience 0",
        ),
        ({"size": 20}, InputSizeError, "20x20 pixels is too small"),
        ({"size": (64, 35)}, InputSizeError, "64x35 pixels is too small"),
        ({"resume": True}, NotFoundError, "there is nothing to resume"),
        ({"data": Path("/nowhere")}, NotFoundError, "there is no such folder"),
    ],
)
def test_refused(options: TrainOptions, tmp_path: Path, wrong: dict, error: type, says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        train(replace(options, **{"out": tmp_path / "run", **wrong}))
    assert caught.value.exit_code == 2
    assert not (tmp_path / "run").exists()


def test_class_of_no_readable_photo(tmp_path: Path) -> None:
    fill(tmp_path / "data", ["cats", "dogs"], 4)
    for path in (tmp_path / "data" / "dogs").iterdir():
        path.write_bytes(b"text")
    with pytest.raises(DatasetError, match="class 'dogs' has no readable photo"):
        train(TrainOptions(tmp_path / "data", tmp_path / "run"))


def test_a_finished_run_stays(run: Run, options: TrainOptions) -> None:
    with pytest.raises(UsageError, match="there is a finished run"):
        train(options)
    with pytest.raises(UsageError, match="this run is finished"):
        train(replace(options, resume=True))
    assert Run.open(run.path).manifest == run.manifest


def test_overwrite_replaces_a_run_and_nothing_else(options: TrainOptions, tmp_path: Path) -> None:
    quick = replace(options, out=tmp_path / "run", epochs=1)
    train(quick)
    assert train(replace(quick, seed=9, overwrite=True)).manifest.training.seed == 9
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.txt").write_text("dear to someone")
    with pytest.raises(UsageError, match="something else is there"):
        train(replace(quick, out=other, overwrite=True))
    assert (other / "chapter.txt").read_text() == "dear to someone"
    with pytest.raises(UsageError, match="something else is there"):
        train(replace(quick, out=other / "chapter.txt"))


def test_loss_that_is_no_number(options: TrainOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = replace(options, out=tmp_path / "run")
    own = train_step.learning_rate
    with monkeypatch.context() as patch:
        patch.setattr(
            train_step, "learning_rate", lambda s, step, steps: own(s, step, steps) if step < 6 else float("nan")
        )
        with pytest.raises(TrainingError, match="in epoch 2; the checkpoint of epoch 1 is kept") as caught:
            train(broken)
    assert "--learning-rate" in str(caught.value.hint)
    assert caught.value.exit_code == 1
    with pytest.raises(UnfinishedRunError):
        Run.open(broken.out)
    assert len((broken.out / "history.csv").read_text().splitlines()) == 2
    with pytest.raises(UsageError, match="there is an unfinished run"):
        train(broken)
    with pytest.raises(UsageError, match=r"batch: 8 then, 4 now\n  learning_rate: 0.001 then, 1e-05 now"):
        train(replace(broken, resume=True, learning_rate=1e-5, batch=4))
    run = train(replace(broken, resume=True, learning_rate=1e-5))
    rows = json.loads(run.file("history.json").read_text())
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert [row["learning_rate"] for row in rows] == pytest.approx([1e-3, 1e-5, 1e-5])
