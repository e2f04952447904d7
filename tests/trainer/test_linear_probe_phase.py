"""Pretrained networks: the head learns first, alone; then all of it, its batch norm's statistics left as they are."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from gemelo import metrics
from gemelo.errors import MissingDependencyError, StorageError, UsageError
from gemelo.reports.statistics import percent
from gemelo.store.manifest import HeadFigures
from gemelo.store.run import Run
from trainer import history, linear_probe, train_step
from trainer.architectures import compact
from trainer.batches import Targets
from trainer.linear_probe import features, fitness, learn_head
from trainer.photos import Photos
from trainer.predict import answerer
from trainer.pretrained import efficientnet_lite0
from trainer.train import TrainOptions, train


def tinted(classes: int, count: int = 60) -> Photos:
    """Noisy photos of one tint for each class."""
    rng = np.random.default_rng(1)
    labels = np.arange(count) % classes
    tints = rng.integers(60, 190, (classes, 1, 1, 3))
    images_u8 = np.clip(rng.normal(tints[labels], 40, (count, 8, 8, 3)), 0, 255).astype(np.uint8)
    names = [str(i) for i in range(count)]
    return Photos(images_u8, np.arange(count), labels, names, names)


def network(classes: int) -> keras.Model:
    keras.utils.set_random_seed(2)
    image = keras.Input((8, 8, 3), name="image")
    x = keras.layers.Rescaling(1 / 255)(image)
    x = keras.layers.Conv2D(5, 3, activation="relu")(x)
    x = keras.layers.Dropout(0.5)(keras.layers.GlobalAveragePooling2D()(x))
    units, activation = (1, "sigmoid") if classes == 2 else (classes, "softmax")
    return keras.Model(image, keras.layers.Dense(units, activation=activation)(x))


@pytest.mark.parametrize("classes", [2, 4])
def test_the_head_is_at_the_minimum(classes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    photos, model = tinted(classes), network(classes)
    wanted = Targets(photos.labels, model.output_shape[-1])[:]
    seen: list[int] = []
    monkeypatch.setattr(linear_probe, "_BATCH", 7)
    kernel, bias = learn_head(features(model, photos, lambda count, text="": seen.append(count)), wanted)
    assert sum(seen) == 60
    model.layers[-1].set_weights([kernel, bias])
    below = keras.Model(model.input, model.layers[-1].input)
    x = np.asarray(below(photos.images_u8[:].astype(np.float32), training=False))
    # Where the loss with its ridge is least, its slope is none: by the features as they were normalized.
    deviation = np.maximum(x.std(0), 0.01 * x.std(0).max())
    z = (x - x.mean(0)) / deviation
    p = np.asarray(model(photos.images_u8[:].astype(np.float32), training=False))
    slope = z.T @ (p - wanted) / 60 + 0.1 * kernel * deviation[:, None]
    assert np.abs(slope).max() < 1e-4
    assert np.abs((p - wanted).mean(0)).max() < 1e-4
    answers = answerer(model)(photos.images_u8).argmax(1)
    assert (answers == photos.labels).mean() > 0.9


@pytest.mark.parametrize("units", [1, 5])
def test_a_head_learned_block_by_block_is_the_same(units: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, max(2, units), 300)
    found = (rng.normal(5, 2, (300, 20)) + labels[:, None]).astype(np.float32)
    weights, asked = rng.uniform(0.5, 1.5, 300).astype(np.float32), []

    class Asked(Targets):
        def __getitem__(self, rows: Any) -> np.ndarray:
            asked.append(rows.stop - (rows.start or 0))
            return super().__getitem__(rows)

    targets = Asked(labels, units)
    whole = learn_head(found, targets, rows=weights)
    figures = fitness(found, whole, targets)
    monkeypatch.setattr(linear_probe, "_NUMBERS", 7 * (20 + units))
    asked.clear()
    parts = learn_head(found, targets, rows=weights)
    assert max(asked) == 7, "photos times classes are never there at once"
    assert all(np.abs(one - other).max() < 1e-4 for one, other in zip(whole, parts, strict=True))
    assert fitness(found, parts, targets) == pytest.approx(figures, abs=1e-4)


def test_features_lie_in_a_file_that_nobody_has_to_remove(tmp_path: Path) -> None:
    photos, model = tinted(4), network(4)
    found = features(model, photos, lambda *_: None, tmp_path)
    assert isinstance(found, np.memmap)
    assert not list(tmp_path.iterdir())
    assert np.array_equal(found, features(model, photos, lambda *_: None))
    with pytest.raises(StorageError, match="gone"):
        features(model, photos, lambda *_: None, tmp_path / "gone")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small network that is given "pretrained" weights, for speed."""
    settings = {"pretrained": "efficientnet-lite0", "frozen_norm": True, "keep": "best", "validation_fraction": 0.2}
    monkeypatch.setattr(compact, "_STAGES", ((8, 1), (8, 2)))
    monkeypatch.setattr(compact, "DEFAULTS", replace(compact.DEFAULTS, **settings))
    monkeypatch.setattr(efficientnet_lite0, "load", spread)


def spread(model: keras.Model) -> None:
    rng = np.random.default_rng(5)
    model.set_weights([np.abs(w + rng.normal(0, 0.1, w.shape)).astype(np.float32) for w in model.get_weights()])


def statistics(model: keras.Model) -> list[np.ndarray]:
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    return [np.array(value) for norm in norms for value in norm.get_weights()[2:]]


@pytest.mark.usefixtures("small")
def test_statistics_stay_and_weights_move(photos: Path, tmp_path: Path) -> None:
    run = train(TrainOptions(photos, tmp_path / "run", arch="compact", size=16, epochs=2, batch=8))
    model, fresh = keras.models.load_model(run.file("model.keras")), compact.build(run.preprocessing, 2)
    spread(fresh)
    assert all(np.array_equal(a, b) for a, b in zip(statistics(model), statistics(fresh), strict=True))
    kernels = [np.array(m.layers[2].get_weights()[0]) for m in (model, fresh)]
    assert not np.array_equal(*kernels)
    found = run.manifest.metrics.frozen
    assert found.val_accuracy * 8 % 1 == 0
    assert f"validation accuracy {percent(found.val_accuracy)}" in run.file("report.html").read_text()


@pytest.mark.usefixtures("small")
def test_without_epochs_the_head_alone_learns(photos: Path, tmp_path: Path) -> None:
    options = TrainOptions(photos, tmp_path / "run", arch="compact", size=16, epochs=0, batch=8)
    run = train(options)
    model = keras.models.load_model(run.file("model.keras"))
    keras.utils.set_random_seed(options.seed)
    fresh = compact.build(run.preprocessing, 2)
    spread(fresh)
    below = [m.get_weights()[:-2] for m in (model, fresh)]
    assert all(np.array_equal(a, b) for a, b in zip(*below, strict=True))
    assert not np.array_equal(model.layers[-1].get_weights()[0], fresh.layers[-1].get_weights()[0])
    (row,) = history.from_json(json.loads(run.file("history.json").read_text()))
    assert (row.epoch, row.learning_rate, run.manifest.metrics.kept_epoch) == (0, 0, 0)
    assert HeadFigures(row.val_accuracy, row.val_loss) == run.manifest.metrics.frozen
    assert 0.5 < row.accuracy <= 1
    assert run.manifest.training.command.count("--epochs 0") == 1


@pytest.mark.parametrize("classes", [2, 4])
def test_fitness_is_what_the_network_answers(classes: int) -> None:
    photos, model = tinted(classes), network(classes)
    wanted = Targets(photos.labels, model.output_shape[-1])[:]
    found = features(model, photos, lambda *_: None)
    answers = answerer(model)(photos.images_u8)
    loss, accuracy = fitness(found, model.layers[-1].get_weights(), wanted)
    assert loss == pytest.approx(metrics.log_loss(answers, photos.labels), abs=1e-5)
    assert accuracy == metrics.accuracy(answers, photos.labels)


def test_no_epochs_and_nothing_pretrained(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="epochs 0: one or more"):
        train(TrainOptions(photos, tmp_path / "run", arch="compact", epochs=0))


@pytest.mark.usefixtures("small")
def test_resumed_without_learning_the_head_again(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = TrainOptions(photos, tmp_path / "whole", arch="compact", size=16, epochs=2, batch=8)
    whole, broken, learn = train(options), replace(options, out=tmp_path / "broken"), train_step.Learner.learn

    def interrupted(self: train_step.Learner, *args: Any) -> tuple[float, float]:
        if self.step >= 1:  # of 4 steps an epoch: in the first
            raise KeyboardInterrupt
        return learn(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(train_step.Learner, "learn", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(broken)
    monkeypatch.setattr("trainer.fit.learn_head", lambda *_: pytest.fail("it was learned already"))
    resumed = train(replace(broken, resume=True))
    for name in ("history.csv", "reference.json", "reference.npy"):
        assert resumed.file(name).read_bytes() == whole.file(name).read_bytes(), name
    assert resumed.manifest.metrics == whole.manifest.metrics


def test_efficientnet_lite0_learns_from_few_photos(photos: Path, tmp_path: Path) -> None:
    try:
        efficientnet_lite0.WEIGHTS.path()
    except MissingDependencyError as error:
        pytest.skip(str(error))
    options = TrainOptions(photos, tmp_path / "run", arch="efficientnet-lite0", size=64, epochs=1, batch=8)
    run = train(options)
    assert run == Run.open(tmp_path / "run")
    assert run.manifest.convolutions == 49
    assert run.manifest.training.pretrained == "efficientnet-lite0"
    assert run.manifest.dataset.validation == "val"
    assert run.manifest.metrics.frozen.val_accuracy == 1
    assert run.manifest.metrics.accuracy >= 0.9
