"""Bias correction: the means of the layers after rounding are what they were before."""

from dataclasses import replace

import numpy as np
import pytest

from exporters.frameworks import keras
from exporters.quantization import bias
from exporters.source import ExportSource
from gemelo.preprocessing import Preprocessing
from tests.exporters import networks


def coarse(weights: np.ndarray) -> np.ndarray:
    """Three bits, and always down: a shift that is seen."""
    step = np.abs(weights).max() / 4
    return (np.floor(weights / step) * step).astype(np.float32)


def rounded(source: ExportSource, rounding) -> keras.Model:
    """The network as a converter would leave it."""
    model = keras.models.clone_model(source.model)
    model.set_weights(source.model.get_weights())
    for layer in model.layers:
        if getattr(layer, "kernel", None) is not None:
            kernel, bias = layer.get_weights()
            layer.set_weights([rounding(kernel.reshape(-1, bias.size)).reshape(kernel.shape), bias])
    return model


@pytest.mark.parametrize("name", ["lecture", "residual"])
def test_the_answers_come_nearer(name, source_of):
    source = source_of(name)
    images = networks.images(name, 48, seed=2).astype(np.float32)
    exact = np.asarray(source.model(images))
    plain = np.asarray(rounded(source, coarse)(images)) - exact
    corrected = np.asarray(rounded(bias.corrected(source, coarse), coarse)(images)) - exact
    assert np.abs(plain.mean(axis=0)).max() > 0.005, "the rounding does no harm: nothing is shown"
    assert np.abs(corrected.mean(axis=0)).max() < 0.3 * np.abs(plain.mean(axis=0)).max()
    assert np.abs(corrected).mean() < np.abs(plain).mean()


def test_the_means_of_a_layer_are_restored():
    """Of a first layer nearly exactly: nothing before it is rounded, and the shift is far more than chance."""
    keras.utils.set_random_seed(0)
    image = keras.Input((6, 6, 3), name="image")
    layer = keras.layers.DepthwiseConv2D(3, depth_multiplier=2, activation="relu", name="first")
    x = keras.layers.GlobalAveragePooling2D()(layer(image))
    model = keras.Model(image, keras.layers.Dense(2, activation="softmax")(x))
    images = np.random.default_rng(0).integers(0, 256, (10, 6, 6, 3), dtype=np.uint8)
    source = ExportSource.from_model(model, Preprocessing(6, 6), ["a", "b"], images)

    def means(model: keras.Model) -> np.ndarray:
        first = model.get_layer("first")
        first.activation = keras.activations.linear
        return np.asarray(first(images.astype(np.float32))).mean(axis=(0, 1, 2))

    corrected = rounded(bias.corrected(source, coarse), coarse)
    wanted = means(source.model)
    assert np.abs(means(rounded(source, coarse)) - wanted).max() > 5
    assert np.abs(means(corrected) - wanted).max() < 0.05 * np.abs(means(rounded(source, coarse)) - wanted).max()


def test_kernels_and_source_are_not_touched(source_of):
    source = source_of("residual")
    before = [weight.copy() for weight in source.model.get_weights()]
    corrected = bias.corrected(source, coarse)
    for old, kept, new in zip(before, source.model.get_weights(), corrected.model.get_weights(), strict=True):
        assert np.array_equal(old, kept)
        assert old.ndim == 1 or np.array_equal(old, new)
    assert [layer.activation for layer in corrected.model.layers if hasattr(layer, "activation")] == [
        layer.activation for layer in source.model.layers if hasattr(layer, "activation")
    ]


def test_without_calibration_nothing_changes(source_of):
    source = source_of("lecture")
    bare = replace(source, calibration=source.calibration[:0])
    assert bias.corrected(bare, coarse) is bare


def test_a_shift_that_chance_explains_is_left():
    rng = np.random.default_rng(5)
    noise = rng.normal(0, 1, (16, 4, 4, 3)).astype(np.float32)
    noise -= noise.mean(axis=(0, 1, 2))
    shifted = noise + np.array([0, 1e-4, 5], np.float32)
    assert bias.mean_shift(shifted) == pytest.approx([0, 0, 5], abs=0.05)
    assert bias.mean_shift(shifted)[1] < 1e-4
    assert bias.mean_shift(shifted[:1, 0, 0][:, None]).shape == (3,)


def test_symmetric_is_what_tflite_stores(artifact_of, source_of):
    """The weights in the file are the rounded ones of `symmetric`; the converter has put the scaling into the first."""
    from ai_edge_litert import schema_py_generated as schema

    content = artifact_of("lecture", "tflite", "int8").read_bytes()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    kernels = [layer.get_weights()[0] for layer in source_of("lecture").model.layers if layer.weights]
    expected = [bias.symmetric(k.reshape(-1, k.shape[-1])) for k in kernels]
    found = []
    for tensor in model.subgraphs[0].tensors:
        if tensor.type == schema.TensorType.INT8 and len(tensor.quantization.scale) > 1:
            steps = np.asarray(model.buffers[tensor.buffer].data).view(np.int8).reshape(tensor.shape)
            scales = tensor.quantization.scale.reshape(-1, *[1] * (steps.ndim - 1))
            found.append((steps * scales).reshape(len(scales), -1).T)
    assert len(found) == len(expected) == 4
    for matrix in [expected[0] / 255, *expected[1:]]:
        distances = [np.abs(f - matrix).max() for f in found if f.shape == matrix.shape]
        assert min(distances) < 1e-5 * np.abs(matrix).max()
