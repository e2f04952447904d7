"""Temperature and threshold: against what is known by hand, in the model that is saved, and in the run."""

import re
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from gemelo import metrics
from gemelo.cli.info import print_run
from gemelo.errors import SchemaError, UsageError
from gemelo.reports.statistics import percent
from gemelo.store.manifest import Abstain
from gemelo.store.run import Run, read_run_manifest
from gemelo.store.schema import as_json
from trainer import calibrate
from trainer.calibrate import abstain, fit_temperature, logits, softmax, threshold
from trainer.photos import Photos
from trainer.predict import answerer
from trainer.train import TrainOptions, train

from .conftest import fill


def ignore(done: int = 1, note: str = "") -> None:
    pass


def drawn(temperature: float, classes: int, count: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `temperature` times what the labels were drawn by."""
    rng = np.random.default_rng(classes)
    honest = rng.normal(0, 2, (count, classes))
    chosen = (softmax(honest).cumsum(1) > rng.random((count, 1))).argmax(1)
    return honest * temperature, chosen


@pytest.mark.parametrize("classes", [2, 8])
@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_finds_the_temperature_that_labels_were_drawn_by(temperature: float, classes: int) -> None:
    found, labels = drawn(temperature, classes)
    fitted = fit_temperature(found, labels)
    assert fitted == pytest.approx(temperature, rel=0.03)
    sure = metrics.reliability(softmax(found / fitted), labels)
    assert metrics.expected_calibration_error(sure) < 0.012


def test_is_the_least_log_loss() -> None:
    found, labels = drawn(2.0, 3, 500)
    fitted = fit_temperature(found, labels)
    losses = [metrics.log_loss(softmax(found / t), labels) for t in (fitted * 0.97, fitted, fitted * 1.03)]
    assert losses[1] == min(losses)


def test_all_right_is_no_reason_to_be_certain() -> None:
    labels = np.arange(400) % 2
    found = np.where(np.arange(2) == labels[:, None], 2.0, -2.0)
    assert softmax(found / fit_temperature(found, labels)).max() == pytest.approx(401 / 402, abs=1e-4)


@pytest.mark.parametrize(("scale", "temperature"), [(1e-3, 0.25), (1e3, 8.0), (0.0, None)])
def test_bounds(scale: float, temperature: float | None) -> None:
    found, labels = drawn(1.0, 4, 400)
    fitted = fit_temperature(found * scale, labels)
    assert 0.25 <= fitted <= 8
    assert temperature is None or fitted == temperature


def test_threshold_leaves_95_of_100() -> None:
    sure = np.random.default_rng(1).permutation(np.linspace(0.5, 0.9, 200))
    least = threshold(sure, 2)
    assert np.mean(sure >= least) == 0.95
    assert threshold(np.full(50, 0.99), 2) == 0.95
    assert threshold(np.full(50, 0.2), 4) == 0.25
    assert threshold(np.full(40, 0.70009), 2) == 0.7


def test_what_a_threshold_does() -> None:
    probabilities = np.array([[0.9, 0.1], [0.55, 0.45], [0.3, 0.7], [0.2, 0.8]], np.float32)
    labels = np.array([0, 1, 1, 0])
    row = abstain("auto", 0.6, probabilities, labels)
    assert row == Abstain(0.6, 0.75, pytest.approx(2 / 3))
    assert abstain(0.8, None, probabilities, labels) == Abstain(0.8, 0.5, 0.5)
    assert abstain(0.95, 0.6, probabilities, labels) == Abstain(0.95, 0.0, None)
    assert abstain("off", 0.6, probabilities, labels) is None
    assert abstain("auto", None, probabilities, labels) is None


@pytest.mark.parametrize("classes", [2, 3])
def test_folded_into_the_last_layer(classes: int) -> None:
    keras.utils.set_random_seed(4)
    units, activation = (1, "sigmoid") if classes == 2 else (classes, "softmax")
    image = keras.Input((6, 6, 3))
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 100)(image))
    model = keras.Model(image, keras.layers.Dense(units, activation, bias_initializer="normal")(x))
    rng = np.random.default_rng(2)
    images_u8 = rng.integers(0, 256, (200, 6, 6, 3), np.uint8)
    names = [str(i) for i in range(200)]
    photos = Photos(images_u8, np.arange(200), rng.integers(0, classes, 200), names, names)
    found, before = logits(model, photos, ignore), answerer(model)(images_u8)
    assert np.allclose(softmax(found), before, atol=1e-5)
    chosen = calibrate.calibrate(model, photos, ignore, own=True)
    assert chosen.temperature > 1.5  # these labels cannot be known
    after = answerer(model)(images_u8)
    assert np.allclose(softmax(found / chosen.temperature), after, atol=1e-5)
    assert metrics.log_loss(after, photos.labels) < metrics.log_loss(before, photos.labels)
    assert np.array_equal(after.argmax(1), before.argmax(1))
    assert np.allclose(calibrate.uncalibrated(after, chosen.temperature), before, atol=1e-5)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("many")
    fill(root / "train", ["cats", "dogs"], 40, 1)
    fill(root / "test", ["cats", "dogs"], 10, 2)
    return root


@pytest.fixture(scope="module")
def run(many: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("runs") / "run"
    return train(TrainOptions(many, out, size=36, epochs=2, validation_fraction=0.4))


def test_run_says_what_was_chosen(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    found, chosen = run.manifest.metrics, run.manifest.abstain
    assert found.calibration == "calibrated on 32 validation photos"
    assert 0.25 <= found.temperature <= 8
    assert found.temperature != 1
    assert found.ece != found.ece_before
    reference = np.stack([image.probabilities for image in run.reference.test])
    labels = np.array([image.label for image in run.reference.test])
    assert found.ece == metrics.expected_calibration_error(metrics.reliability(reference, labels))
    assert chosen is not None
    answered = reference.max(1) >= np.float32(chosen.threshold)
    assert chosen.answered == answered.mean()
    print_run(run)
    assert f"before temperature {found.temperature:.3f}" in (told := capsys.readouterr().out)
    accuracy = f"{percent(found.accuracy, 2)} of {len(reference)} test photos (95\u00a0% interval: "
    assert f"accuracy      {accuracy}" in told
    assert f"below a probability of {chosen.threshold:.4f}" in told
    html = run.file("report.html").read_text()
    assert f"Temperature {found.temperature:.3f}" in html
    assert f"Below {percent(chosen.threshold)} the answer is" in html
    assert run.manifest.training.abstain == "auto"


def test_resumed_before_and_after_it_is_calibrated(
    run: Run, many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = TrainOptions(many, tmp_path / "run", size=36, epochs=2, validation_fraction=0.4)
    for place in ("calibrate", "write_run"):
        with monkeypatch.context() as patch:
            patch.setattr(f"trainer.finalize.{place}", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                train(options)
        options = replace(options, resume=True)
    resumed = train(options)
    assert resumed.manifest.metrics == run.manifest.metrics
    for name in ("reference.json", "reference.npy", "history.csv"):
        assert resumed.file(name).read_bytes() == run.file(name).read_bytes(), name


def test_nothing_is_chosen_on_test_photos_nor_on_a_handful(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = TrainOptions(photos, tmp_path / "a", size=36, epochs=1)
    watched = train(options)
    assert watched.manifest.metrics.temperature == 1
    assert watched.manifest.metrics.ece == watched.manifest.metrics.ece_before
    assert watched.manifest.abstain is None
    print_run(watched)
    assert "not sure      never: every photo is answered" in (told := capsys.readouterr().out)
    assert "not calibrated: the validation photos are the test photos" in " ".join(told.split())
    report = watched.file("report.html").read_text()
    assert "Not calibrated: the validation photos are the test photos, which choose nothing." in report
    assert "Every photo is answered" in report
    asked = replace(options, out=tmp_path / "b", validation_fraction=0.2, abstain=0.6)
    few = train(asked)
    assert few.manifest.metrics.calibration.startswith("not calibrated: 8 validation photos are too few, 30 are needed")
    assert few.manifest.abstain is not None
    assert few.manifest.abstain.threshold == 0.6
    with pytest.raises(UsageError, match=r"abstain 1\.0: auto, off, or a probability below 1"):
        train(replace(options, out=tmp_path / "c", abstain=1.0))


@pytest.mark.parametrize("damaged", [3, {"threshold": 1}, {"threshold": "0.5"}, {"threshold": True}, {}])
def test_damaged_threshold_in_a_manifest(run: Run, damaged: object, tmp_path: Path) -> None:
    value = {**as_json(run.manifest), "abstain": damaged}
    with pytest.raises(SchemaError, match="abstain"):
        read_run_manifest(value, Path("run.json"))


def test_older_runs_have_none(run: Run) -> None:
    value = as_json(run.manifest)
    del value["abstain"]
    assert read_run_manifest(value, Path("run.json")).abstain is None
    assert re.search("not sure", run.file("report.html").read_text())
