"""Layers models in the dialect of 2019: what is written is read back by Keras, what cannot be is named."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from exporters.clients import teachable_machine
from exporters.export import Extras, export
from exporters.frameworks import keras
from exporters.source import ExportSource
from gemelo.errors import ExportError
from gemelo.preprocessing import Preprocessing
from tests.exporters import networks

L = keras.layers
PREPROCESSING = Preprocessing(16, 16)
LABELS = ["a", "b", "c"]


def source_of_layers(*stack) -> ExportSource:
    """Layers one after the other, and a softmax."""
    keras.utils.set_random_seed(3)
    image = x = keras.Input(PREPROCESSING.shape, name="image")
    for layer in stack:
        x = layer(x)
    x = L.Dense(3, activation="softmax")(x)
    noise = np.random.default_rng(3).integers(0, 256, (8, *PREPROCESSING.shape), dtype=np.uint8)
    return ExportSource.from_model(keras.Model(image, x), PREPROCESSING, LABELS, noise)


def branches(image):
    """Every way that two become one."""
    a = L.Conv2D(4, 1)(L.Rescaling(1 / 255)(image))
    b = L.Conv2D(4, 3, padding="same")(L.Rescaling(1 / 128, -1)(image))
    merged = [layer([a, b]) for layer in (L.Add(), L.Multiply(), L.Average(), L.Maximum(), L.Minimum())]
    return L.GlobalMaxPooling2D()(L.Concatenate()(merged))


READ = {
    "no rescaling": lambda: [L.Conv2D(4, 3, activation="relu"), L.Flatten()],
    "a rescaling for each channel": lambda: [L.Rescaling([1 / 255, 1 / 128, 1 / 64], [0, -0.5, 1]), L.Flatten()],
    "a rescaling later on": lambda: [L.Conv2D(4, 3), L.Rescaling(1 / 100, 0.25), L.Flatten()],
    "the image read twice": lambda: [branches],
    "convolutions": lambda: [
        L.Rescaling(1 / 128, -1),
        L.Conv2D(4, (3, 2), strides=(2, 1), padding="same", use_bias=False),
        L.Conv2D(4, 3, dilation_rate=2, activation="elu"),
        L.DepthwiseConv2D(3, depth_multiplier=2, padding="same", activation="relu6"),
        L.DepthwiseConv2D(3, use_bias=False),
        L.Flatten(),
    ],
    "pooling and padding": lambda: [
        L.Rescaling(1 / 255),
        L.ZeroPadding2D(((1, 0), (0, 2))),
        L.MaxPooling2D((2, 3), strides=1, padding="same"),
        L.AveragePooling2D(3, strides=2, padding="same"),
        L.Reshape((3, 27, 3)),
        L.GlobalAveragePooling2D(),
    ],
    "activations": lambda: [
        L.Rescaling(1 / 255),
        L.Activation("softplus"),
        L.ReLU(6),
        L.Conv2D(4, 3),
        L.LeakyReLU(0.2),
        L.ReLU(negative_slope=0.1),
        L.Flatten(),
        L.Dense(3),
        L.Softmax(),
        L.Dense(3, activation="tanh"),
    ],
    "normalizations": lambda: [
        L.Rescaling(1 / 255),
        L.BatchNormalization(),
        L.BatchNormalization(scale=False, epsilon=1e-5),
        L.BatchNormalization(center=False),
        L.Flatten(),
    ],
    "one layer called twice": lambda: [*[L.Conv2D(3, 3, padding="same", activation="sigmoid")] * 2, L.Flatten()],
}
FOREIGN = {
    "an activation": (lambda: [L.Conv2D(4, 3, activation="swish"), L.Flatten()], "its activation 'silu' is not in it"),
    "a layer for an activation": (
        lambda: [L.Conv2D(4, 3, activation=L.LeakyReLU(0.3)), L.Flatten()],
        "its activation 'LeakyReLU' is not in it",
    ),
    "groups": (lambda: [L.Conv2D(4, 3), L.Conv2D(6, 3, groups=2), L.Flatten()], "it has groups"),
    "another layer": (
        lambda: [L.LayerNormalization(), L.Flatten()],
        "LayerNormalization.*there is no such layer in it",
    ),
    "an operation": (lambda: [keras.ops.square, L.Flatten()], "Square.*there is no such layer in it"),
    "kept dimensions": (lambda: [L.GlobalMaxPooling2D(keepdims=True), L.Flatten()], "it keeps its dimensions"),
    "a threshold": (lambda: [L.ReLU(threshold=1), L.Flatten()], "it has a threshold"),
    "another axis": (lambda: [L.BatchNormalization(axis=1), L.Flatten()], "it normalizes axis 1"),
    "a softmax over places": (lambda: [L.Softmax(axis=1), L.Flatten()], "it is over axis 1"),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_written_answers_as_keras(tmp_path, name):
    keras.utils.set_random_seed(0)  # layers draw the seeds of their weights when they are made
    source = source_of_layers(*READ[name]())
    teachable_machine.write(source, tmp_path, tmp_path)
    images = source.calibration.astype(np.float32)
    expected = np.asarray(source.model(images, training=False))
    assert np.abs(teachable_machine.run(tmp_path, images)["fp32"] - expected).max() <= 1e-5
    assert expected.std(axis=0).max() > 1e-4, "a network that answers everything alike proves nothing"


@pytest.mark.parametrize("name", FOREIGN)
def test_what_cannot_be_written_is_named(tmp_path, name):
    stack, said = FOREIGN[name]
    with pytest.raises(ExportError, match=said):
        teachable_machine.write(source_of_layers(*stack()), tmp_path, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_rescaling_at_the_beginning_costs_no_layer_of_its_own(source_of, tmp_path):
    teachable_machine.write(source_of("lecture"), tmp_path, tmp_path)
    model = json.loads((tmp_path / "model.json").read_text())["modelTopology"]["model_config"]
    kinds = [layer["class_name"] for layer in model["config"]["layers"]]
    assert model["class_name"] == "Model"
    assert kinds == [
        *("InputLayer", "BatchNormalization", "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D"),
        *("Flatten", "Dense", "Dense"),
    ]
    assert json.loads((tmp_path / "metadata.json").read_text())["imageSize"] == 40


@pytest.mark.parametrize(
    ("preprocessing", "said"),
    [(Preprocessing(40, 30), "square inputs only"), (Preprocessing(40, 40, 1), "another gray")],
)
def test_inputs_that_the_library_does_not_have(source_of, tmp_path, preprocessing, said):
    with pytest.raises(ExportError, match=said):
        teachable_machine.write(replace(source_of("lecture"), preprocessing=preprocessing), tmp_path, tmp_path)


@pytest.mark.parametrize(("fit", "notes"), [("squash", 2), ("pad", 2), ("crop", 1)])
def test_a_note_where_it_cuts_and_the_preprocessing_does_not(source_of, tmp_path, fit, notes):
    source = source_of("lecture")
    source = replace(source, preprocessing=replace(source.preprocessing, fit=fit))
    assert len(teachable_machine.write(source, tmp_path, tmp_path)) == notes


def test_a_client_that_cannot_run_the_network_fails_the_export_that_asked_for_it(tmp_path):
    run = networks.make_run(tmp_path / "run", "grey", tmp_path / "data")
    result = export(run.path, tmp_path / "bundle", ["onnx"], ["fp32"], extras=Extras(["teachable-machine"]))
    [failure] = result.fatal
    assert failure.name == "clients/teachable-machine"
    assert re.search(r"another gray|square inputs", "; ".join(failure.reasons))
    assert [artifact.name for artifact in result.bundle.artifacts] == ["onnx/fp32"]
