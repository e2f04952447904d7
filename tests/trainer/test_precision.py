"""bfloat16: what is computed in it, what is not, and that a network learns with it as without."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from gemelo.errors import UnknownNameError
from gemelo.preprocessing import Preprocessing
from trainer import architectures
from trainer.fused import FusedBatchNormalization, fused
from trainer.predict import answerer
from trainer.train import TrainOptions, train


@pytest.fixture(scope="module", params=["compact", "lecture"])
def network(request: pytest.FixtureRequest) -> keras.Model:
    keras.utils.set_random_seed(4)
    return architectures.get(request.param).build(Preprocessing(48, 48), 2)


def test_only_what_may_be_rounded_is(network: keras.Model) -> None:
    copy = fused(network, precision="bfloat16")
    convolutions = [layer for layer in copy.layers if "Conv" in type(layer).__name__]
    assert convolutions
    assert {layer.compute_dtype for layer in convolutions} == {"bfloat16"}
    assert copy.layers[-1].compute_dtype == "float32"
    assert {layer.compute_dtype for layer in copy.layers if isinstance(layer, keras.layers.Rescaling)} == {"float32"}
    assert {weight.dtype for weight in copy.weights} == {"float32"}
    for layer in (layer for layer in copy.layers if isinstance(layer, FusedBatchNormalization)):
        rounded = tf.zeros((1, *layer.input.shape[1:]), tf.bfloat16)
        assert layer(rounded, training=True).dtype == layer(rounded).dtype == tf.bfloat16


def test_nearly_the_same_answers(network: keras.Model) -> None:
    images_u8 = np.random.default_rng(2).integers(0, 256, (8, 48, 48, 3), np.uint8)
    exact, rounded = answerer(network)(images_u8), answerer(fused(network, precision="bfloat16"))(images_u8)
    assert rounded.dtype == np.float32
    assert 0 < np.abs(exact - rounded).max() < 0.05


def test_a_training(photos: Path, tmp_path: Path) -> None:
    options = TrainOptions(photos, tmp_path / "run", arch="lecture-described", size=32, epochs=8, batch=8)
    run = train(replace(options, recipe="none", settings={"precision": "bfloat16"}))
    assert run is not None
    assert run.manifest.training.precision == "bfloat16"
    assert "--precision bfloat16" in run.manifest.training.command
    assert {layer.dtype_policy.name for layer in keras.models.load_model(run.file("model.keras")).layers} == {"float32"}
    assert run.manifest.metrics.accuracy > 0.8


def test_none_other(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown precision 'float8'"):
        train(TrainOptions(photos, tmp_path / "run", settings={"precision": "float8"}))
