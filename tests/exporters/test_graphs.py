"""Runs with a SavedModel go the way of all others: the graph becomes a Keras model, in every format and variant."""

import re
import shutil
from functools import cache

import numpy as np
import pytest

from exporters import clients, formats, layers_network
from exporters import graphs as frozen_graphs
from exporters.export import Extras, export
from exporters.frameworks import keras, tf
from exporters.graphs.raw import GraphOperation, RawOperation
from exporters.source import ExportSource
from gemelo import runtimes
from gemelo.errors import ExportError, LabelMismatchError, MissingFileError, SchemaError
from gemelo.messages.en import ENGLISH
from gemelo.parity.gates import convolutions
from gemelo.preprocessing import Preprocessing
from gemelo.store.bundle import Bundle
from gemelo.store.files import read_json
from gemelo.store.run import MODEL, SAVED_MODEL, Run
from tests.exporters import graphs, networks

L = keras.layers
PREPROCESSING = Preprocessing(graphs.SHAPE[1], graphs.SHAPE[0])
EIGHT_BITS = {
    "subclassed": "onnx/int8",
    "mobile": "tflite/int8",
    "channels_first": "tfjs/uint8",
    "legacy": "tflite/int8",
}
CASES = [(name, f"{form}/fp32") for name in graphs.MODELS for form in formats.names()] + list(EIGHT_BITS.items())


def images(count: int, seed: int = 1) -> np.ndarray:
    """Noise around a color."""
    rng = np.random.default_rng(seed)
    mixed = 0.8 * rng.integers(0, 256, (count, 1, 1, 3)) + 0.2 * rng.integers(0, 256, (count, *graphs.SHAPE))
    return mixed.astype(np.uint8)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The frozen graph of a model and its source, by the model's name."""

    @cache
    def make(name: str):
        frozen = frozen_graphs.of_saved_model(
            graphs.MODELS[name](tmp_path_factory.mktemp(name) / "model"), graphs.SHAPE
        )
        return frozen, ExportSource.from_graph(frozen, PREPROCESSING, graphs.LABELS[name], images(24, seed=2))

    return make


def load(folder, labels=("a", "b", "c")) -> ExportSource:
    return ExportSource.from_graph(
        frozen_graphs.of_saved_model(folder, graphs.SHAPE), PREPROCESSING, list(labels), images(2)
    )


@pytest.mark.parametrize(("name", "artifact"), CASES)
def test_answers_as_the_original(name, artifact, made, tmp_path):
    frozen, source = made(name)
    photos = images(6).astype(np.float32)
    expected = frozen.answer(photos)
    form, _, variant = artifact.partition("/")
    session = runtimes.get(form).open(tmp_path / formats.get(form).write(source, variant, tmp_path))
    try:
        found = session.run(photos)
    finally:
        session.close()
    assert np.ptp(expected, axis=0).max() > 0.01, "a network that answers always the same proves nothing"
    assert np.abs(found - expected).max() <= (2e-6 if variant == "fp32" else 0.05)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("module", "Rescaling Conv2D Activation ZeroPadding2D MaxPooling2D Dense"),
        (
            "subclassed",
            (
                "Rescaling Conv2D BatchNormalization AveragePooling2D Add AveragePooling2D Add "
                "GlobalAveragePooling2D Dense"
            ),
        ),
        (
            "mobile",
            (
                "Rescaling Conv2D Conv2D DepthwiseConv2D Conv2D Add Conv2D DepthwiseConv2D Conv2D Add Conv2D "
                "GlobalAveragePooling2D Dense"
            ),
        ),
        (
            "channels_first",
            (
                "Rescaling Conv2D DepthwiseConv2D Conv2D Add Conv2D Activation Concatenate ZeroPadding2D "
                "MaxPooling2D AveragePooling2D Dense Dense"
            ),
        ),
        ("legacy", "Rescaling Conv2D BatchNormalization DepthwiseConv2D GlobalAveragePooling2D Dense Dense"),
    ],
)
def test_a_graph_becomes_layers_again(name, kinds, made):
    """Biases, batch norms and activations are in the layers before them, and nothing is transposed."""
    frozen, source = made(name)
    found = [type(layer).__name__ for layer in source.model.layers[1:]]
    assert sorted(found) == sorted(kinds.split())
    assert convolutions(source.model) == frozen.convolutions == kinds.count("Conv2D")


def test_layers_have_the_names_of_their_scopes(made):
    names = [layer.name for layer in made("legacy")[1].model.layers]
    assert {"conv2d", "depthwise_conv2d", "global_average_pooling2d", "dense"} <= set(names)


@pytest.mark.parametrize("form", ["complement", "logits"])
def test_one_sigmoid_unit_becomes_two(form):
    """As that of a Keras model does: 1 - p is made without a subtraction, which would lose what is near 1."""
    image = keras.Input(graphs.SHAPE)
    z = L.Dense(1, bias_initializer=keras.initializers.Constant(20.0))(L.GlobalAveragePooling2D()(image * 0.0))
    p = keras.ops.sigmoid(z)
    pair = [1.0 - p, p] if form == "complement" else [-z, z]
    output = keras.ops.concatenate(pair, axis=-1)
    model = keras.Model(image, output if form == "complement" else keras.ops.sigmoid(output))
    source = ExportSource.from_graph(frozen_graphs.of_keras(model, graphs.SHAPE), PREPROCESSING, ["a", "b"], images(2))
    head = source.model.layers[-1]
    assert (head.units, head.activation) == (2, keras.activations.sigmoid)
    assert np.asarray(source.model(images(1).astype(np.float32)))[0, 0] == pytest.approx(np.exp(-20.0), rel=1e-5)


def test_a_keras_model_with_its_channels_first_goes_by_its_graph():
    image, where = keras.Input(graphs.SHAPE), {"data_format": "channels_first"}
    x = L.Conv2D(4, 3, activation="relu", bias_initializer="normal", **where)(L.Permute((3, 1, 2))(image))
    model = keras.Model(image, L.Dense(2, activation="softmax")(L.GlobalMaxPooling2D(**where)(x / 99.0)))
    source = ExportSource.from_model(model, PREPROCESSING, ["a", "b"], images(4))
    assert "has its channels first" in source.notes[0]
    assert [type(layer).__name__ for layer in source.model.layers[1:]] == [
        *("Conv2D", "Rescaling", "GlobalMaxPooling2D", "Dense")
    ]


def test_a_constant_of_one_axis_belongs_to_the_last():
    """Also where that is the width, and as many as there are channels."""
    image = keras.Input((6, 4, 3))
    x = L.Conv2D(4, 1, data_format="channels_first")(L.Permute((3, 1, 2))(image))
    x = keras.ops.mean(x + np.array([1.0, 2.0, 3.0, 4.0], np.float32), axis=(1, 2))
    model = keras.Model(image, L.Softmax()(x))
    source = ExportSource.from_graph(
        frozen_graphs.of_keras(model, (6, 4, 3)), Preprocessing(4, 6), list("abcd"), np.zeros((0, 6, 4, 3), np.uint8)
    )
    assert convolutions(source.model) == 1


def test_several_inputs_are_refused():
    inputs = [keras.Input(graphs.SHAPE) for _ in range(2)]
    model = keras.Model(inputs, L.Dense(2, activation="softmax")(L.Flatten()(L.Add()(inputs))), name="pair")
    with pytest.raises(ExportError, match="'pair' has 2 inputs and 1 outputs"):
        ExportSource.from_model(model, PREPROCESSING, ["a", "b"], images(2))


def test_the_whole_bundle_of_a_saved_model(run, tmp_path):
    """The same network by both ways: the same answers, layers to look at, and clients."""
    model = networks.build("lecture")
    saved = graphs.saved_run(run, tmp_path / "run", lambda image: _both(model(image, training=False)), owner=model)
    result = export(
        saved.path,
        tmp_path / "bundle",
        variants=["fp32", "tfjs/uint8"],
        extras=Extras(clients=["transformers", "teachable-machine"]),
    )
    bundle = Bundle.open(result.bundle.path)
    assert result.report.passed
    assert not result.fatal
    assert sorted(bundle.manifest.clients) == ["teachable-machine", "transformers"]
    rows = [row["type"] for row in read_json(bundle.file("layers/layers.json"))["layers"]]
    assert rows == ["Rescaling", *["Conv2D", "Activation", "MaxPooling2D"] * 2, "Flatten", *["Dense", "Activation"] * 2]


def _both(p):
    return tf.concat([1 - p, p], axis=-1)


def test_a_subclassed_model_goes_by_its_graph():
    keras.utils.set_random_seed(1)
    model = graphs.Subclassed()
    source = ExportSource.from_model(model, PREPROCESSING, ["a", "b", "c"], images(4))
    assert re.match(
        r"the network was rebuilt from its TensorFlow graph: model '\w+' is a subclassed model", source.notes[0]
    )
    photos = images(3).astype(np.float32)
    assert np.abs(np.asarray(source.model(photos)) - np.asarray(model(photos))).max() < 1e-6


def test_a_subclassed_model_within_a_model_goes_by_its_graph():
    image = keras.Input(graphs.SHAPE)
    inside = graphs.Subclassed()
    model = keras.Model(image, L.Dense(1, activation="sigmoid")(inside(image)))
    source = ExportSource.from_model(model, PREPROCESSING, ["no", "yes"], images(4))
    assert source.model.output_shape == (None, 2)
    assert "subclassed model" in source.notes[0]


def test_operators_without_a_layer_stay_as_they_are(tmp_path):
    """Groups, shapes that are computed, transposed convolutions, attention, lists of outputs."""
    keras.utils.set_random_seed(5)
    image = keras.Input(graphs.SHAPE)
    x = L.Conv2D(8, 4, strides=4)(L.Rescaling(1 / 255)(image))
    x = L.Conv2DTranspose(8, 3, strides=2, bias_initializer="normal")(L.Conv2D(8, 3, groups=2, padding="same")(x))
    x = L.DepthwiseConv2D(3, dilation_rate=2)(L.UpSampling2D()(x))
    x = keras.ops.split(L.Reshape((-1, 8))(x), 2, axis=-1)[1]
    x = x + L.MultiHeadAttention(2, 4)(L.LayerNormalization()(x), x)
    x = L.GlobalAveragePooling1D()(L.Dense(4, activation="gelu")(x))
    model = keras.Model(image, L.Dense(3, activation="softmax")(x))
    frozen = frozen_graphs.of_keras(model, graphs.SHAPE)
    source = ExportSource.from_graph(frozen, PREPROCESSING, ["a", "b", "c"], images(2))
    kinds = {type(op).__name__ for op in source.model.operations if isinstance(op, RawOperation)}
    assert kinds >= {"Conv2D", "Conv2DBackpropInput", "SpaceToBatchND", "Split", "BatchMatMulV2"}
    for artifact in ("onnx/fp32", "tflite/int8"):  # int8 runs them one by one, to correct the biases
        form, _, variant = artifact.partition("/")
        path = tmp_path / formats.get(form).write(source, variant, tmp_path)
        found = runtimes.get(form).open(path).run(images(2).astype(np.float32))
        assert np.abs(found - frozen.answer(images(2).astype(np.float32))).max() < (0.05 if variant == "int8" else 2e-6)


def test_a_network_with_a_loop_is_exported_whole(tmp_path):
    """What needs its layers is left out, with a sentence."""
    image = keras.Input(graphs.SHAPE)
    x = L.LSTM(4)(L.Reshape((24, 60))(L.Rescaling(1 / 255)(image)))
    model = keras.Model(image, L.Dense(3, activation="softmax")(x))
    source = ExportSource.from_graph(
        frozen_graphs.of_keras(model, graphs.SHAPE), PREPROCESSING, ["a", "b", "c"], images(2)
    )
    assert any(isinstance(op, GraphOperation) for op in source.model.operations)
    assert source.notes[0].startswith("the graph cannot be taken apart")
    session = runtimes.get("onnx").open(tmp_path / formats.get("onnx").write(source, "fp32", tmp_path))
    photos = images(3).astype(np.float32)
    assert np.abs(session.run(photos) - np.asarray(model(photos))).max() < 1e-6
    assert str(layers_network.expose(source.model, graphs.SHAPE)) == ENGLISH["layers.graph"]
    with pytest.raises(ExportError, match="loop"):
        formats.get("tfjs").write(source, "fp32", tmp_path)
    with pytest.raises(ExportError, match="cannot be written"):
        clients.get("teachable-machine").write(_square(source), tmp_path, tmp_path)


def _square(source: ExportSource) -> ExportSource:
    """With a preprocessing that Teachable Machine takes: only the network is to be refused."""
    return ExportSource(source.model, Preprocessing(24, 24), source.labels, source.calibration)


def probabilities(image):
    return tf.nn.softmax(tf.reduce_mean(image, axis=(1, 2)) / 99.0)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda image: probabilities(image) * np.nan, ExportError, "differs from the model by nan"),
        (lambda image: tf.reduce_mean(image, axis=(1, 2)), ExportError, "are not probabilities"),
        (lambda image: probabilities(image)[:, :2], LabelMismatchError, "does not match 3 labels: a, b, c"),
        (lambda image: probabilities(image[:1]), ExportError, "gives 1 answers for"),
        (lambda image: probabilities(image + tf.random.uniform(())), ExportError, "more than the image: RandomUniform"),
        (lambda image: tf.constant([[0.2, 0.3, 0.5]]), ExportError, "does not depend on the image"),
        (
            lambda image: (
                probabilities(image) + tf.cast(tf.strings.length(tf.io.read_file("/etc/hostname")), tf.float32)
            ),
            ExportError,
            "more than the image: ReadFile",
        ),
    ],
)
def test_what_is_no_function_from_photos_to_probabilities(call, error, words, tmp_path):
    with pytest.raises(error, match=words):
        load(graphs.save(tmp_path / "model", call))


@pytest.mark.parametrize(
    ("ends", "shape", "words"),
    [
        (("images", "probabilities"), graphs.SHAPE, "no signature .*; it is from 'images', float32 to 'probabilities'"),
        (("image", "scores"), graphs.SHAPE, "it is from 'image', float32 to 'scores', float32"),
        (("image", "probabilities"), (20, 24, 3), r"the model's input is \(20, 24, 3\)"),
        (("image", "probabilities"), (24, 3), r"'image' has shape \(None, 24, 3\)"),
    ],
)
def test_a_signature_of_another_form(ends, shape, words, tmp_path):
    axes = (1, 2) if len(shape) == 3 else (1,)
    folder = graphs.save(tmp_path / "model", lambda image: tf.nn.softmax(tf.reduce_mean(image, axis=axes)), shape, ends)
    with pytest.raises((SchemaError, LabelMismatchError), match=words):
        load(folder)


def test_a_saved_model_without_a_signature(tmp_path):
    tf.saved_model.save(tf.Module(), str(tmp_path / "model"))
    with pytest.raises(SchemaError, match="has no signature serving_default from 'image'"):
        load(tmp_path / "model")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "saved_model.pb").write_bytes(b"\xff" * 40), "TensorFlow cannot load the model"),
        (lambda folder: (folder / "saved_model.pb").unlink(), "TensorFlow cannot load the model"),
        (lambda folder: shutil.rmtree(folder / "variables"), "TensorFlow cannot load the model"),
        (lambda folder: _rename_operator(folder / "saved_model.pb"), "TensorFlow cannot load the model: .*Softest"),
    ],
)
def test_a_damaged_saved_model(damage, words, made, tmp_path):
    folder = graphs.subclassed(tmp_path / "model")
    damage(folder)
    with pytest.raises(ExportError, match=words) as found:
        load(folder)
    assert "\n" not in found.value.message


def _rename_operator(path) -> None:
    data = path.read_bytes()
    assert b"Softmax" in data
    path.write_bytes(data.replace(b"Softmax", b"Softest"))


def test_a_file_that_no_hash_covers(run, tmp_path):
    saved = graphs.saved_run(run, tmp_path / "run", lambda image: _both(probabilities(image)[:, :1]))
    (saved.path / SAVED_MODEL / "assets" / "more").write_bytes(b"1")
    with pytest.raises(SchemaError, match="saved_model/assets/more"):
        ExportSource.from_run(Run.open(saved.path))


def test_a_run_without_a_model(run, tmp_path):
    saved = graphs.saved_run(run, tmp_path / "run", lambda image: _both(probabilities(image)[:, :1]))
    shutil.rmtree(saved.path / SAVED_MODEL)
    with pytest.raises(MissingFileError):
        ExportSource.from_run(Run(saved.path, saved.manifest))
    assert not (saved.path / MODEL).exists()
