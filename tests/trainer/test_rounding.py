"""Kernels on a grid of 8 bits: what is rounded, what is not, and that the run's answers are those of the rounded."""

from pathlib import Path

import keras
import numpy as np
import pytest

from gemelo.errors import UsageError
from gemelo.preprocessing import Preprocessing, prepare
from trainer import architectures
from trainer.predict import answerer
from trainer.rounding import round_kernels
from trainer.train import TrainOptions, train


def levels(kernel: np.ndarray, *, depthwise: bool = False) -> np.ndarray:
    """In units of a 127th of each channel's largest weight."""
    inner = (0, 1) if depthwise else tuple(range(kernel.ndim - 1))
    largest = np.abs(kernel).max(axis=inner, keepdims=True)
    return kernel / np.where(largest > 0, largest, 1) * 127


def is_whole(kernel: np.ndarray, *, depthwise: bool) -> bool:
    found = levels(kernel, depthwise=depthwise)
    return bool(np.abs(found - np.round(found)).max() < 1e-4)


@pytest.mark.parametrize("name", ["compact", "efficientnet-lite0-tiny", "lecture"])
def test_kernels_alone_are_rounded(name: str) -> None:
    keras.utils.set_random_seed(5)
    model = architectures.get(name).build(Preprocessing(64, 64), 3)
    before = {variable.path: np.asarray(variable) for variable in model.variables}
    round_kernels(model)
    kernels = {layer.kernel.path: layer for layer in model.layers if hasattr(layer, "kernel")}
    assert len(kernels) > 2
    for variable in model.variables:
        old, new = before[variable.path], np.asarray(variable)
        if variable.path in kernels:
            depthwise = isinstance(kernels[variable.path], keras.layers.DepthwiseConv2D)
            assert is_whole(new, depthwise=depthwise)
            assert not is_whole(old, depthwise=depthwise)
            off = np.abs(levels(old, depthwise=depthwise) - levels(new, depthwise=depthwise))
            assert off.max() <= 0.5001
        else:
            np.testing.assert_array_equal(old, new)


def test_a_channel_of_zeros_stays() -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.layers[0].kernel.assign(np.float32([[1, 0], [2, 0], [3, 0], [4, 0]]))
    round_kernels(model)
    assert np.asarray(model.layers[0].kernel)[:, 1].tolist() == [0, 0, 0, 0]
    assert np.asarray(model.layers[0].kernel)[-1, 0] == pytest.approx(4)


def test_a_model_inside_a_model_is_rounded() -> None:
    inner = keras.Sequential([keras.Input((8,)), keras.layers.Dense(5)])
    model = keras.Sequential([keras.Input((8,)), inner, keras.layers.Dense(2)])
    round_kernels(model)
    assert is_whole(np.asarray(inner.layers[0].kernel), depthwise=False)


def test_a_training(photos: Path, tmp_path: Path) -> None:
    options = TrainOptions(photos, tmp_path / "run", size=36, epochs=2, settings={"weight_bits": 8})
    run = train(options)
    assert run is not None
    assert run.manifest.training.weight_bits == 8
    assert "--weight-bits 8" in run.manifest.training.command
    model = keras.models.load_model(run.file("model.keras"))
    kernels = [np.asarray(layer.kernel) for layer in model.layers if hasattr(layer, "kernel")]
    assert all(is_whole(kernel, depthwise=False) for kernel in kernels)
    golden = run.reference.goldens[0]
    image = prepare(run.file(golden.path), run.preprocessing)
    np.testing.assert_allclose(answerer(model)(image[None])[0], golden.probabilities, atol=1e-6)


def test_other_bits_are_refused(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="weight bits 4: 8 or 32"):
        train(TrainOptions(photos, tmp_path / "run", settings={"weight_bits": 4}))
