"""Keras 3 models: what a run holds answers as the model does, and the exporters take it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.source import ExportSource
from gemelo.goldens import load_goldens
from gemelo.preprocessing import Preprocessing, prepare
from gemelo.store.run import Run
from importers.declare import Scale
from importers.frameworks import keras
from tests.importers import models
from tests.importers.conftest import Import

ABC, AB = ("ant", "bee", "cat"), ("no", "yes")
layers = keras.layers


def images(run: Run) -> np.ndarray:
    return np.stack([prepare(golden.data, run.preprocessing) for golden in load_goldens()]).astype(np.float32)


def probabilities(run: Run) -> np.ndarray:
    """The reference outputs, which are those of what the exporters make of the run too."""
    source = ExportSource.from_run(run)
    answers = np.stack([golden.probabilities for golden in run.reference.goldens])
    np.testing.assert_allclose(np.asarray(source.model(images(run), training=False)), answers, atol=1e-5)
    assert np.ptp(answers, axis=0).max() > 0.01, "photos get different answers"
    return answers


def said(run: Run) -> dict[str, tuple[str, str]]:
    assert run.manifest.imported is not None
    return {row.name: (row.value, row.by) for row in run.manifest.imported.declared}


@pytest.mark.parametrize(
    ("scale", "order", "owner"),
    [
        ("0..1", "rgb", lambda x: x / 255),
        ("-1..1", "rgb", lambda x: x / 127.5 - 1),
        ("0..255", "bgr", lambda x: x[..., ::-1]),
        ("caffe", None, keras.applications.resnet.preprocess_input),
        ("torch", None, keras.applications.densenet.preprocess_input),
        ("10,20,30/2,4,5", "bgr", lambda x: (x[..., ::-1] - [10, 20, 30]) / [2, 4, 5]),
    ],
)
def test_a_declared_scale_is_the_owner_s(
    scale: str, order: str | None, owner: Any, brought: Import, tmp_path: Path
) -> None:
    model = models.network()
    path = models.saved(model, tmp_path / "my.keras")
    run = brought(path, labels=ABC, scale=Scale.parse(scale), channel_order=order)
    expected = np.asarray(model(owner(images(run).copy()).astype(np.float32)))
    np.testing.assert_allclose(probabilities(run), expected, atol=2e-6)
    assert said(run)["scale"] == (scale, "option")
    assert run.preprocessing.shape == (24, 32, 3)


@pytest.mark.parametrize(
    "before",
    [
        [layers.Rescaling(1 / 127.5, offset=-1)],
        [layers.RandomFlip(), layers.Normalization(mean=[100.0, 110.0, 120.0], variance=[400.0, 500.0, 600.0])],
        [keras.applications.resnet.preprocess_input],
        [keras.applications.densenet.preprocess_input],
    ],
)
def test_scaling_inside_is_read(before: list[Any], brought: Import, tmp_path: Path) -> None:
    model = models.network(before=before)
    run = brought(models.saved(model, tmp_path / "my.keras"), labels=ABC)
    np.testing.assert_allclose(probabilities(run), np.asarray(model(images(run), training=False)), atol=2e-6)
    assert said(run)["scale"] == ("0..255", "file")


def test_transfer_learning_as_in_keras_s_guide(brought: Import, tmp_path: Path) -> None:
    model = models.transfer()
    run = brought(models.saved(model, tmp_path / "my.keras"), labels=AB)
    logit = np.asarray(model(images(run), training=False)).astype(np.float64)[:, 0]
    np.testing.assert_allclose(probabilities(run)[:, 1], 1 / (1 + np.exp(-logit)), atol=2e-6)
    assert said(run)["output"] == ("logits", "file")


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_logits_grey_and_one_unit(suffix: str, brought: Import, tmp_path: Path) -> None:
    model = models.network((20, 20, 1), 1, "sigmoid")
    run = brought(models.saved(model, tmp_path / f"grey{suffix}"), labels=AB, scale=Scale.parse("0..1"))
    one = np.asarray(model(images(run) / 255))[:, 0]
    np.testing.assert_allclose(probabilities(run), np.stack([1 - one, one], axis=1), atol=2e-6)
    logits = models.network(units=3, activation=None)
    run = brought(
        models.saved(logits, tmp_path / f"logits{suffix}"), labels=ABC, scale=Scale.parse("0..1"), overwrite=True
    )
    exact = np.asarray(keras.ops.softmax(logits(images(run) / 255)))
    np.testing.assert_allclose(probabilities(run), exact, atol=2e-6)


def test_bytes_and_any_size(brought: Import, tmp_path: Path) -> None:
    model = models.network(before=[layers.Rescaling(1 / 255)], dtype="uint8")
    run = brought(models.saved(model, tmp_path / "bytes.keras"), labels=ABC)
    np.testing.assert_allclose(probabilities(run), np.asarray(model(images(run).astype(np.uint8))), atol=2e-6)
    wide = models.network((None, None, 3))
    run = brought(
        *[models.saved(wide, tmp_path / "any.keras")],
        **dict(labels=ABC, scale=Scale.parse("0..1"), width=40, height=20, overwrite=True),
    )
    np.testing.assert_allclose(probabilities(run), np.asarray(wide(images(run) / 255)), atol=2e-6)
    assert run.preprocessing.shape == (20, 40, 3)


def test_a_resizing_inside_says_size_filter_and_fit(brought: Import, tmp_path: Path) -> None:
    """With `training` left open, Keras's Resizing would have the batch norms after it learn."""
    resizing = layers.Resizing(20, 28, interpolation="nearest", crop_to_aspect_ratio=True)
    model = models.network((None, None, 3), before=[resizing, layers.Rescaling(1 / 255)])
    run = brought(models.saved(model, tmp_path / "my.keras"), labels=ABC)
    assert run.preprocessing == Preprocessing(28, 20, 3, "keras-crop", "tf-nearest")
    np.testing.assert_allclose(probabilities(run), np.asarray(model(images(run), training=False)), atol=2e-6)
    image = np.random.default_rng(0).integers(0, 256, (41, 90, 3), dtype=np.uint8)
    own, ours = (
        model(each[None].astype(np.float32), training=False) for each in (image, prepare(image, run.preprocessing))
    )
    np.testing.assert_allclose(np.asarray(ours), np.asarray(own), atol=1e-6)


def test_channels_first_become_channels_last(brought: Import, tmp_path: Path) -> None:
    model = models.channels_first()
    run = brought(models.saved(model, tmp_path / "my.keras"), labels=AB, scale=Scale.parse("0..1"))
    expected = model(np.moveaxis(images(run) / 255, -1, 1))
    np.testing.assert_allclose(probabilities(run), np.asarray(expected), atol=2e-6)
    kept = keras.models.load_model(run.file("model.keras"))
    kinds = [type(layer).__name__ for inside in kept.layers if hasattr(inside, "layers") for layer in inside.layers]
    assert "Conv2D" in kinds
    assert "Permute" not in kinds, "no transposition is left"


def test_photos_are_tested_on_and_calibrated_on(brought: Import, photos: Path, tmp_path: Path) -> None:
    path = models.saved(models.network(), tmp_path / "my.keras")
    (photos / "bee" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    try:
        run = brought(path, photos=photos, scale=Scale.parse("0..1"))
    finally:
        (photos / "bee" / "broken.png").unlink()
    assert run.labels == ["ant", "bee", "cat"]
    calibration = np.load(run.file("calibration.npy"))
    assert len(run.reference.test) + len(calibration) == 36
    assert calibration.shape[1:] == (24, 32, 3)
    assert run.manifest.dataset.unreadable == 1
    figures = run.manifest.metrics
    right = [image.label == image.probabilities.argmax() for image in run.reference.test]
    assert figures.accuracy == pytest.approx(np.mean(right))
    assert said(run)["labels"] == ("ant, bee, cat", "photos")
    assert "It is right on" in run.file("report.html").read_text()


def test_an_import_is_the_same_twice(brought: Import, photos: Path, tmp_path: Path) -> None:
    path = models.saved(models.network(), tmp_path / "my.keras")
    first = brought(path, photos=photos, scale=Scale.parse("0..1"))
    again = brought(path, photos=photos, scale=Scale.parse("0..1"), overwrite=True)
    for name in ("reference.json", "reference.npy", "calibration.npy"):
        assert first.manifest.files[name] == again.manifest.files[name]
