"""`keras:NAME`: the network that Keras has, its preprocessing inside."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from gemelo.errors import InputSizeError, UnknownNameError, WeightsError
from gemelo.preprocessing import Preprocessing
from trainer import architectures, pretrained
from trainer.architectures._keras import backbones, scale_and_offset, wants_bgr
from trainer.fused import fused
from trainer.train import TrainOptions, train

# Scaled by the caller, in blue first, and by the network itself (with one layer more where it has weights).
NAMES = ("MobileNet", "VGG16", "EfficientNetB0")


def module(name: str) -> Any:
    import inspect

    return inspect.getmodule(getattr(keras.applications, name))


@pytest.mark.parametrize("name", backbones())
def test_preprocessing_is_kerases(name: str) -> None:
    colors = np.random.default_rng(1).uniform(0, 255, (2, 3, 4, 3))
    wanted = module(name).preprocess_input(colors.copy())
    scale, offset = scale_and_offset(name)
    found = colors * scale + offset
    assert np.allclose(found[..., ::-1] if wants_bgr(name) else found, wanted, atol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_answers_as_keras_with_its_weights(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras's own way (its weights, its preprocessing) against ours; what it would fetch is made here."""
    keras.utils.set_random_seed(1)
    made = getattr(keras.applications, name)(include_top=False, weights=None)
    rng = np.random.default_rng(2)
    made.set_weights([np.abs(w + rng.normal(0, 0.02, w.shape)) if w.ndim == 1 else w for w in made.get_weights()])
    made.save_weights(tmp_path / "imagenet.weights.h5")
    source = module(name)
    monkeypatch.setattr(source.file_utils, "get_file", lambda *_, **__: str(tmp_path / "imagenet.weights.h5"))
    theirs = getattr(keras.applications, name)(
        include_top=False, weights="imagenet", pooling="avg", input_shape=(128, 128, 3)
    )
    ours = architectures.get(f"keras:{name}").build(Preprocessing(128, 128), 2)
    pretrained.get("keras-applications").load(ours)
    images = rng.integers(0, 256, (2, 128, 128, 3)).astype(np.float32)
    wanted = np.asarray(theirs(source.preprocess_input(images.copy()), training=False))
    for model in (ours, fused(ours)):
        pooled = keras.Model(model.input, model.get_layer("features").output)
        found = np.asarray(pooled(images, training=False))
        assert np.abs(found - wanted).max() < 1e-4 * max(1, np.abs(wanted).max())
    assert wanted.std() > 1e-3


def test_trains_without_weights(photos: Path, tmp_path: Path) -> None:
    options = TrainOptions(photos, tmp_path / "run", arch="keras:MobileNet", size=32, epochs=1, batch=20)
    run = train(replace(options, settings={"pretrained": "", "frozen_norm": False}))
    assert run.manifest.architecture == "keras:MobileNet"
    assert run.manifest.convolutions == 27
    assert run.preprocessing == Preprocessing(32, 32, fit="crop")


def test_grey_and_more_classes() -> None:
    model = architectures.get("keras:MobileNet").build(Preprocessing(40, 32, 1), 5)
    answer = np.asarray(model(np.full((2, 32, 40, 1), 200, np.float32)))
    assert answer.shape == (2, 5)


def test_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown network of keras\.applications 'resnet'") as caught:
        architectures.get("keras:resnet")
    assert "ResNet50V2" in str(caught.value)
    with pytest.raises(InputSizeError, match="71x71"):
        architectures.get("keras:Xception").build(Preprocessing(70, 70), 2)
    model = architectures.get("keras:MobileNet").build(Preprocessing(32, 32), 2)

    def offline(*_: Any, **__: Any) -> None:
        raise OSError("URL fetch failure on https://example.org")

    monkeypatch.setattr(module("MobileNet").file_utils, "get_file", offline)
    with pytest.raises(WeightsError, match="Keras cannot get the ImageNet weights: URL fetch failure") as refused:
        pretrained.get("keras-applications").load(model)
    assert "--from-scratch" in str(refused.value.hint)


def test_an_unknown_architecture_is_told_of_them() -> None:
    with pytest.raises(UnknownNameError) as caught:
        architectures.get("resnet")
    assert "compact" in str(caught.value.hint)
    assert "keras:NAME" in str(caught.value.hint)
