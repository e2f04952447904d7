"""The layers of a network as outputs: the same numbers as Keras's own layers, in both models."""

import json
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from google.protobuf.json_format import ParseDict

from exporters import layers as making
from exporters.export import export
from exporters.formats import tfjs
from exporters.frameworks import keras, tf
from exporters.quiet import quiet
from exporters.source import ExportSource
from gemelo.cli.info import print_bundle
from gemelo.errors import ExportError
from gemelo.goldens import load_goldens
from gemelo.parity import Subject
from gemelo.preprocessing import prepare
from gemelo.runtimes import onnx
from gemelo.store import schema
from gemelo.store.bundle import Bundle
from gemelo.store.files import describe_files, read_json
from gemelo.store.layers import Layer, Layers, Weight
from tests.exporters.chains import LABELS, PREPROCESSING, separate, source_of


@pytest.fixture(scope="module")
def goldens_of(tmp_path_factory):
    """Six goldens and what the network answers to them."""

    @cache
    def make(name: str) -> list[Subject]:
        source, folder = source_of(name), tmp_path_factory.mktemp(name)
        subjects = []
        for golden in load_goldens()[:6]:
            (folder / golden.name).write_bytes(golden.data)
            image = prepare(folder / golden.name, source.preprocessing)[np.newaxis].astype(np.float32)
            expected = np.asarray(source.model(image, training=False))[0]
            subjects.append(Subject(folder / golden.name, golden.name, None, expected, golden=True))
        return subjects

    return make


@pytest.fixture(scope="module")
def made(goldens_of, tmp_path_factory):
    """The folder with a network's layers, and what was written."""

    @cache
    def make(name: str):
        work = tmp_path_factory.mktemp(f"{name}-layers")
        outcome = making.add(source_of(name), work, ("onnx", "tfjs"), goldens_of(name), 2)
        assert outcome == making.Outcome("layers/layers.json"), outcome
        return work, schema.read(Layers, read_json(work / outcome.entry), outcome.entry)

    return make


def run_tfjs(entry, images):
    """A graph model as it was written, its operators run by TensorFlow: {output: values}."""
    model = json.loads(entry.read_text(encoding="utf-8"))
    graph = ParseDict(model["modelTopology"], tf.compat.v1.GraphDef())
    weights = weights_of(entry)
    for node in graph.node:
        if node.op == "Const":
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(weights[node.name]))
    outputs = {name: end["name"] for name, end in model["signature"]["outputs"].items()}
    with tf.Graph().as_default() as wrapped:
        tf.import_graph_def(graph, name="")
        with tf.compat.v1.Session(graph=wrapped) as session:
            return session.run(outputs, {"image:0": images})


def weights_of(entry):
    """{name: values} of a graph model's weights, read independently of `gemelo.store.layers`."""
    [group] = json.loads(entry.read_text(encoding="utf-8"))["weightsManifest"]
    data, found = b"".join((entry.parent / name).read_bytes() for name in group["paths"]), {}
    for row in group["weights"]:
        values = np.frombuffer(data, row["dtype"], int(np.prod(row["shape"], dtype=int)))
        found[row["name"]] = values.reshape(row["shape"])
        data = data[values.nbytes :]
    assert data == b""
    return found


def noise_for(name, count=3):
    shape = source_of(name).preprocessing.shape
    return np.random.default_rng(5).integers(0, 256, (count, *shape)).astype(np.float32)


CHAINS = ["lecture", "grey", "averaged", "awkward", "shared", "separate"]


@pytest.mark.parametrize("name", [*CHAINS, "forked"])
def test_both_models_answer_alike(made, name):
    """In a batch that is not the goldens' one, row by row, and the last one as the network itself."""
    work, layers = made(name)
    images = noise_for(name)
    ours, theirs = onnx.open(work / layers.onnx).outputs(images), run_tfjs(work / layers.tfjs, images)
    names = [row.name for row in layers.layers]
    assert list(ours) == names
    assert set(theirs) == set(names)
    for row in layers.layers:
        assert ours[row.name].shape == theirs[row.name].shape == (3, *row.shape)
        np.testing.assert_allclose(ours[row.name], theirs[row.name], rtol=1e-4, atol=1e-5)
    expected = np.asarray(source_of(name).model(images, training=False))
    np.testing.assert_allclose(ours["probabilities"], expected, atol=1e-5)


@pytest.mark.parametrize("name", ["lecture", "grey", "averaged", "awkward"])
def test_a_row_is_what_keras_makes_there(made, name):
    """The last row of each Keras layer against that layer's own output in the network."""
    work, layers = made(name)
    model, images = source_of(name).model, noise_for(name)
    found = onnx.open(work / layers.onnx).outputs(images)
    last = {row.of: row.name for row in layers.layers}
    for layer in model.layers[1:]:
        inner = keras.Model(model.input, layer.output)
        if layer.name in last:
            np.testing.assert_allclose(found[last[layer.name]], np.asarray(inner(images)), rtol=1e-4, atol=1e-5)
    assert {layer.name for layer in model.layers[1:] if layer.weights} <= set(last)


@pytest.mark.parametrize("name", CHAINS)
def test_activations_are_their_function_of_the_row_before(made, name):
    work, layers = made(name)
    found = onnx.open(work / layers.onnx).outputs(noise_for(name))
    functions = {
        "relu": lambda x: np.maximum(x, 0),
        "relu6": lambda x: np.clip(x, 0, 6),
        "leaky_relu": lambda x: np.where(x < 0, 0.3 * x, x),
        "elu": lambda x: np.where(x < 0, np.expm1(np.minimum(x, 0)), x),
        "silu": lambda x: x / (1 + np.exp(-x)),
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "softmax": lambda x: (
            np.exp(x - x.max(-1, keepdims=True)) / np.exp(x - x.max(-1, keepdims=True)).sum(-1)[:, None]
        ),
    }
    activations = [(a, b) for a, b in zip(layers.layers, layers.layers[1:], strict=False) if b.type == "Activation"]
    assert activations
    for before, row in activations:
        assert row.kernel is row.bias is row.strides is None
        expected = functions[row.activation](found[before.name])
        np.testing.assert_allclose(found[row.name], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [*CHAINS, "forked"])
def test_kernels_are_keras_own_bytes(made, name):
    work, layers = made(name)
    stored = weights_of(work / layers.tfjs)
    bundle = Bundle(work, SimpleNamespace(artifacts=[], files=describe_files(work)))
    by_name = {layer.name: layer for layer in source_of(name).model.layers}
    rows = [(row.of, row.kernel, row.bias) for row in layers.layers]
    if layers.cam is not None:
        rows.append((source_of(name).model.layers[-1].name, layers.cam.kernel, layers.cam.bias))
    checked = 0
    for of, *weights in rows:
        for key, weight in zip(("kernel", "bias"), weights, strict=True):
            if weight is not None:
                own = np.asarray(getattr(by_name[of if of in by_name else "dense"], key))
                assert weight.shape == own.shape
                assert stored[weight.name].tobytes() == own.tobytes()
                assert layers.weight(bundle, weight).tobytes() == own.tobytes()
                checked += 1
    assert checked >= 2


def test_operators_are_few_and_known(made):
    """Nothing is fused: a fused convolution has no output before its activation."""
    for name in (*CHAINS, "forked"):
        work, layers = made(name)
        model = json.loads((work / layers.tfjs).read_text(encoding="utf-8"))
        kinds = set(tfjs.operators(model))
        assert kinds <= tfjs.WASM_OPERATORS
        assert not [kind for kind in kinds if "Fused" in kind]
        assert model["userDefinedMetadata"]["labels"] == list(source_of(name).labels)
        # The tensors have the rows' names: whoever asks the executor for a node by name finds it.
        ends = model["signature"]["outputs"]
        assert {key: end["name"] for key, end in ends.items()} == {r.name: f"{r.name}:0" for r in layers.layers}


def test_rows_of_the_lecture(made):
    _, layers = made("lecture")
    assert (layers.chain, layers.reason, layers.cam) == (True, None, None)
    rows = [(row.name, row.type, row.shape) for row in layers.layers]
    assert rows == [
        ("rescaling", "Rescaling", (40, 40, 3)),
        ("conv2d", "Conv2D", (13, 13, 32)),
        ("conv2d_relu", "Activation", (13, 13, 32)),
        ("max_pooling2d", "MaxPooling2D", (6, 6, 32)),
        ("conv2d_1", "Conv2D", (2, 2, 32)),
        ("conv2d_1_relu", "Activation", (2, 2, 32)),
        ("max_pooling2d_1", "MaxPooling2D", (1, 1, 32)),
        ("flatten", "Flatten", (32,)),
        ("dense", "Dense", (128,)),
        ("dense_relu", "Activation", (128,)),
        ("dense_1", "Dense", (2,)),
        ("probabilities", "Activation", (2,)),
    ]
    scaling, convolution, relu, pooling = layers.layers[:4]
    assert (scaling.scale, scaling.offset) == (1 / 255, 0)
    assert convolution == Layer(
        *("conv2d", "Conv2D", "conv2d", None, (13, 13, 32)),
        kernel=Weight("conv2d/kernel", (3, 3, 3, 32)),
        bias=Weight("conv2d/bias", (32,)),
        strides=(3, 3),
        padding="valid",
    )
    assert relu == Layer("conv2d_relu", "Activation", "conv2d", "relu", (13, 13, 32))
    assert (pooling.pool, pooling.strides, pooling.padding) == ((2, 2), (2, 2), "valid")
    assert (layers.layers[-1].of, layers.layers[-1].activation) == ("dense_1", "sigmoid")


def test_a_chain_with_class_activation(made):
    _, layers = made("averaged")
    names = [(row.name, row.type, row.activation) for row in layers.layers]
    assert names == [
        ("rescaling", "Rescaling", None),
        ("conv2d", "Conv2D", None),
        ("re_lu", "Activation", "relu6"),
        ("depthwise_conv2d", "DepthwiseConv2D", None),
        ("depthwise_conv2d_silu", "Activation", "silu"),
        ("global_average_pooling2d", "GlobalAveragePooling2D", None),
        ("logits", "Dense", None),
        ("probabilities", "Activation", "softmax"),
    ]
    assert (layers.layers[1].strides, layers.layers[1].padding) == ((2, 1), "same")
    assert layers.layers[3].kernel == Weight("depthwise_conv2d/kernel", (3, 3, 4, 2))
    assert layers.cam.features == "depthwise_conv2d_silu"
    assert layers.cam.kernel == Weight("probabilities/kernel", (8, 3))
    assert layers.cam.bias == Weight("probabilities/bias", (3,))


def test_awkward_names(made):
    _, layers = made("awkward")
    rows = {row.name: row for row in layers.layers}
    assert list(rows) == [
        *("Image_2", "top_1", "top_1_relu", "network_2", "network_leaky_relu", "network_LEAKY_relu_2"),
        *("conv_1", "max_pooling2d", "flatten", "logits", "logits_elu", "logits_2", "probabilities"),
    ]
    assert (rows["top_1"].of, rows["Image_2"].of) == ("top>1", "Image")
    assert (rows["Image_2"].scale, rows["Image_2"].offset) == (None, 0), "every channel has a scale of its own"
    assert rows["network_LEAKY_relu_2"].strides is None, "its windows have holes"
    assert (rows["max_pooling2d"].pool, rows["max_pooling2d"].padding) == ((2, 3), "same")


def test_a_layer_called_twice(made):
    _, layers = made("shared")
    first, second = (row for row in layers.layers if row.type == "Conv2D")
    assert (first.name, second.name) == ("twice", "twice_2")
    assert first.of == second.of == "twice"
    assert first.kernel == second.kernel == Weight("twice/kernel", (3, 3, 3, 3))


def test_operations_have_no_number_of_keras_counter(made):
    _, layers = made("separate")
    assert [row.name for row in layers.layers] == [
        *("true_divide", "subtract", "conv2d", "relu", "global_average_pooling2d", "dense", "probabilities"),
    ]
    assert layers.cam.features == "relu"


def test_what_a_class_activation_map_needs(made):
    """sum over channels of features * kernel, averaged over the places, plus the bias, is what goes into softmax."""
    work, layers = made("forked")
    assert (layers.chain, layers.reason) == (False, "stem is read by 2 layers: this network is no plain chain")
    assert [(row.name, row.type, row.of, row.activation) for row in layers.layers] == [
        ("top_relu", "Activation", "top", "relu"),
        ("probabilities", "Activation", "dense", "softmax"),
    ]
    outputs = onnx.open(work / layers.onnx).outputs(noise_for("forked"))
    bundle = Bundle(work, SimpleNamespace(artifacts=[], files=describe_files(work)))
    kernel, bias = (layers.weight(bundle, weight) for weight in (layers.cam.kernel, layers.cam.bias))
    maps = outputs[layers.cam.features] @ kernel
    logits = maps.mean(axis=(1, 2)) + bias
    found = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, outputs["probabilities"], atol=1e-5)


def test_neither(tmp_path, goldens_of):
    outcome = making.add(source_of("residual"), tmp_path, ["onnx", "tfjs"], goldens_of("residual"), 4)
    assert outcome.entry is None
    assert str(outcome.reason) == (
        "re_lu is read by 2 layers: this network is no plain chain, "
        "and it does not end in global average pooling and one dense layer"
    )
    assert outcome.notes == ()
    assert not list(tmp_path.iterdir())


def test_a_network_of_which_they_cannot_be_made(tmp_path, goldens_of):
    """TF.js has no loops: its layers are left out, all of them, and people are told."""
    outcome = making.add(source_of("recurrent"), tmp_path, ["onnx", "tfjs"], goldens_of("recurrent"), 0)
    assert outcome.entry is None
    assert "wasm backend has no operator" in outcome.reason
    assert outcome.notes == (f"no layers to look at: {outcome.reason}",)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("formats", [["onnx"], ["tfjs"]])
def test_other_answers_than_recorded(tmp_path, goldens_of, formats):
    first, *others = goldens_of("grey")
    goldens = [replace(first, expected=first.expected + np.float32([2e-5, -2e-5])), *others]
    outcome = making.add(source_of("grey"), tmp_path, formats, goldens, 1)
    assert outcome.entry is None
    assert (
        f"layers/{formats[0]}: its layers do not answer as Keras did: a probability differs by 2e-05" in outcome.reason
    )
    assert not list(tmp_path.iterdir())
    assert making.add(source_of("grey"), tmp_path / "deep", formats, goldens, 21).entry, "the gate of deep networks"


def test_another_shape_than_written(tmp_path, made, goldens_of):
    work, layers = made("grey")
    rows = [replace(row, shape=(3, *row.shape)) if row.name == "flatten" else row for row in layers.layers]
    run = onnx.open(work / layers.onnx).outputs
    gate = making.parity.gate_for("fp32", 1)
    with pytest.raises(ExportError, match=r"layers/onnx: .*flatten is \[468\] instead of \[3, 468\]"):
        making._verify("layers/onnx", run, rows, source_of("grey").preprocessing, goldens_of("grey"), gate)


@pytest.mark.parametrize(
    ("formats", "files", "missing"),
    [
        (["onnx"], ["layers.json", "layers.onnx"], "tfjs"),
        (["tfjs", "tflite"], ["layers.json", "tfjs/group1-shard1of1.bin", "tfjs/model.json"], "onnx"),
    ],
)
def test_formats_that_were_not_asked_for(run, tmp_path, capsys, formats, files, missing):
    bundle = export(run.path, tmp_path / "bundle", formats, ["fp32"]).bundle
    assert list(describe_files(bundle.path / "layers")) == files
    layers = Layers.load(bundle)
    assert getattr(layers, missing) is None
    assert [f"layers/{name}" for name in files] == [name for name in bundle.files if name.startswith("layers/")]
    print_bundle(bundle)
    assert "look inside   all 12 layers\n" in capsys.readouterr().out


def test_no_format_that_layers_are_made_in(run, tmp_path, capsys):
    bundle = export(run.path, tmp_path / "bundle", ["tflite"], ["fp32"]).bundle
    assert bundle.manifest.layers is None
    assert bundle.manifest.layers_reason == "no tfjs or onnx format was asked for"
    assert not (bundle.path / "layers").exists()
    assert Layers.load(bundle) is None
    print_bundle(bundle)
    assert "look inside   no: no tfjs or onnx format was asked for\n" in capsys.readouterr().out


def test_the_same_bytes_whatever_was_made_before(tmp_path, goldens_of, made):
    """Keras and TensorFlow number by counters that never start again: no such number is in the files."""
    work, _ = made("separate")
    for _ in range(3):
        separate()
        keras.layers.Activation("relu")
    making.add(source_of("separate"), tmp_path, ["onnx", "tfjs"], goldens_of("separate"), 2)
    assert describe_files(tmp_path) == describe_files(work)
    # The network loaded anew, as another export does it: only its operations are numbered on.
    with quiet():
        source_of("separate").model.save(tmp_path / "m.keras")
        model = keras.models.load_model(tmp_path / "m.keras", compile=False)
    noise = np.zeros((1, *PREPROCESSING.shape), np.uint8)
    source = ExportSource.from_model(model, PREPROCESSING, LABELS, noise)
    making.add(source, tmp_path / "again", ["onnx", "tfjs"], goldens_of("separate"), 2)
    assert describe_files(tmp_path / "again") == describe_files(work)


def test_an_export_holds_them_to_the_recorded_answers(run, tmp_path):
    bundle = Bundle.open(export(run.path, tmp_path / "bundle", ["onnx", "tfjs"], ["fp32"]).bundle.path)
    layers = Layers.load(bundle)
    outputs = onnx.open(bundle.file(layers.onnx)).outputs
    for golden in bundle.reference.goldens:
        image = prepare(bundle.file(golden.path), bundle.preprocessing)[np.newaxis].astype(np.float32)
        assert np.abs(outputs(image)["probabilities"][0] - golden.probabilities).max() <= 1e-5
    assert bundle.manifest.layers_reason is None
