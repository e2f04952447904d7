"""What a TF.js graph model must be, besides right."""

import json
import sys

import numpy as np
import pytest

from exporters.formats import tfjs
from exporters.frameworks import keras
from exporters.source import ExportSource
from gemelo.errors import ExportError, RuntimeFailure
from gemelo.preprocessing import Preprocessing
from gemelo.runtimes import tfjs as runtime
from tests.exporters import networks


@pytest.fixture(params=tfjs.VARIANTS)
def variant(request):
    return request.param


@pytest.fixture
def entry(variant, artifact_of):
    return artifact_of("residual", "tfjs", variant)


@pytest.fixture
def model(entry):
    return json.loads(entry.read_text(encoding="utf-8"))


def test_ends(model):
    [image], [probabilities] = model["signature"]["inputs"].items(), model["signature"]["outputs"].items()
    assert (image[0], probabilities[0]) == ("image", "probabilities")
    assert [d["size"] for d in image[1]["tensorShape"]["dim"]] == ["-1", "24", "24", "3"]
    assert [d["size"] for d in probabilities[1]["tensorShape"]["dim"]] == ["-1", "3"]
    assert model["format"] == "graph-model"


def test_says_what_it_is(model):
    about = model["userDefinedMetadata"]
    assert about["labels"] == networks.LABELS["residual"]
    assert about["preprocessing"] == networks.preprocessing("residual").to_json()


def test_only_operators_of_the_wasm_backend(model):
    names = tfjs.operators(model)
    assert set(names) <= tfjs.WASM_OPERATORS
    # Biases of zero are dropped before the fusing: such a convolution stands alone.
    assert names["_FusedConv2D"] + names["Conv2D"] == 3
    assert names["FusedDepthwiseConv2dNative"] == 1
    assert not {"BiasAdd", "FusedBatchNormV3", "Relu6"} & set(names), "they are in the convolutions before them"
    assert not {"Transpose", "Shape", "StridedSlice", "Pack"} & set(names)


def test_nothing_is_nchw(model):
    formats = [
        node["attr"]["data_format"]["s"] for node in model["modelTopology"]["node"] if "data_format" in node["attr"]
    ]
    assert set(formats) == {"TkhXQw=="}, "base64 of NHWC"


def test_no_attribute_is_empty(model):
    empty = {(n["op"], name) for n in model["modelTopology"]["node"] for name, value in n["attr"].items() if not value}
    assert not empty, "left by who only looked"


def test_every_input_comes_before_its_reader(model):
    seen: set[str] = set()
    for node in model["modelTopology"]["node"]:
        assert {name.split(":")[0] for name in node.get("input", [])} <= seen
        seen.add(node["name"])


def test_weights_are_stored_as_promised(model, variant, entry):
    [group] = model["weightsManifest"]
    scales = [w for w in group["weights"] if w["name"].endswith("/scale")]
    large = [w for w in group["weights"] if len(w["shape"]) > 1 and w not in scales]
    small = [w for w in group["weights"] if len(w["shape"]) <= 1 or w in scales]
    stored = {"fp32": None, "fp16": "float16", "uint8": "uint8"}[variant]
    assert {w.get("quantization", {}).get("dtype") for w in large} == {stored}
    assert not [w for w in small if "quantization" in w]
    assert sorted(path.name for path in entry.parent.iterdir()) == sorted(["model.json", *group["paths"]])


def test_the_placeholders_are_gone():
    """Nobody else finds an empty tf_keras; and jax is never among them, for Keras looks inside it."""
    tfjs._converter()
    assert not [name for name in ("tf_keras", "tensorflow_hub", "tensorflow_decision_forests") if name in sys.modules]
    assert "jax" not in tfjs._PLACEHOLDERS


@pytest.mark.timeout(60)
def test_a_loop_is_refused_before_the_converter_hangs_on_it(tmp_path):
    layers = networks.layers
    image = keras.Input((24, 24, 3), name="image")
    rows = layers.Reshape((24, 72))(layers.Rescaling(1 / 255)(image))
    model = keras.Model(image, layers.Dense(3, activation="softmax")(layers.GRU(8)(rows)))
    preprocessing = networks.preprocessing("residual")
    source = ExportSource.from_model(model, preprocessing, networks.LABELS["residual"], networks.images("residual", 24))
    with pytest.raises(ExportError, match="the network has a loop"):
        tfjs.write(source, "fp32", tmp_path)


@pytest.fixture
def swish() -> ExportSource:
    """Hard-swish after each kind of kernel that TensorFlow's optimizer fuses activations into."""
    keras.utils.set_random_seed(5)
    layers = keras.layers
    image = keras.Input((12, 12, 3), name="image")
    x = layers.Conv2D(4, 3, activation="hard_silu", bias_initializer="ones")(layers.Rescaling(1 / 32, -4)(image))
    x = layers.DepthwiseConv2D(3, activation="hard_silu", bias_initializer="ones")(x)
    x = layers.Dense(6, activation="hard_silu", bias_initializer="ones")(layers.GlobalAveragePooling2D()(x))
    x = layers.Dense(6, activation="tanh", bias_initializer="ones")(x)
    model = keras.Model(image, layers.Dense(2, activation="softmax")(x))
    images = np.random.default_rng(6).integers(0, 256, (4, 12, 12, 3), dtype=np.uint8)
    return ExportSource.from_model(model, Preprocessing(12, 12), ["a", "b"], images)


@pytest.mark.parametrize("variant", ["fp32", "uint8"])
def test_activations_that_wasm_cannot_fuse_stand_alone(swish, tmp_path, variant):
    session = runtime.open(tmp_path / tfjs.write(swish, variant, tmp_path))
    try:
        images = swish.calibration.astype(np.float32)
        expected = np.asarray(swish.model(images, training=False))
        assert np.abs(session.run(images) - expected).max() <= (1e-5 if variant == "fp32" else 0.05)
    finally:
        session.close()


def test_fused_they_cannot_be_run(swish, tmp_path, monkeypatch):
    """Should TF.js learn it, they need not be taken apart any more."""
    monkeypatch.setattr(tfjs.tfjs_fused, "unfuse", lambda graph: None)
    session = runtime.open(tmp_path / tfjs.write(swish, "fp32", tmp_path))
    try:
        with pytest.raises(RuntimeFailure, match="_fusedhardswish activation not yet supported"):
            session.run(swish.calibration.astype(np.float32))
    finally:
        session.close()
