"""What a TF.js graph model must be, besides right."""

import json
import subprocess
import sys

import pytest

from exporters.formats import tfjs
from tests.exporters import networks


@pytest.fixture(params=tfjs.VARIANTS)
def variant(request):
    return request.param


@pytest.fixture
def entry(variant, artefact_of):
    return artefact_of("residual", "tfjs", variant)


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
    assert about["contract"] == networks.contract("residual").to_json()


def test_only_operators_of_the_wasm_backend(model):
    names = tfjs.operators(model)
    assert set(names) <= tfjs.WASM_OPERATORS
    assert (names["_FusedConv2D"], names["FusedDepthwiseConv2dNative"]) == (2, 1), (
        "each carries its bias and activation"
    )
    assert not {"Transpose", "Shape", "StridedSlice", "Pack"} & set(names)


def test_nothing_is_nchw(model):
    formats = [
        node["attr"]["data_format"]["s"] for node in model["modelTopology"]["node"] if "data_format" in node["attr"]
    ]
    assert set(formats) == {"TkhXQw=="}, "base64 of NHWC"


def test_every_input_comes_before_its_reader(model):
    seen: set[str] = set()
    for node in model["modelTopology"]["node"]:
        assert {name.split(":")[0] for name in node.get("input", [])} <= seen
        seen.add(node["name"])


def test_weights_are_stored_as_promised(model, variant, entry):
    [group] = model["weightsManifest"]
    large = [w for w in group["weights"] if len(w["shape"]) > 1]
    small = [w for w in group["weights"] if len(w["shape"]) <= 1]
    stored = {"fp32": None, "fp16": "float16", "uint8": "uint8"}[variant]
    assert {w.get("quantization", {}).get("dtype") for w in large} == {stored}
    assert not [w for w in small if "quantization" in w]
    assert sorted(path.name for path in entry.parent.iterdir()) == sorted(["model.json", *group["paths"]])


def test_the_placeholders_are_gone():
    """Nobody else finds an empty tf_keras; and jax is never among them, for Keras looks inside it."""
    tfjs._converter()
    assert not [name for name in ("tf_keras", "tensorflow_hub", "tensorflow_decision_forests") if name in sys.modules]
    assert "jax" not in tfjs._PLACEHOLDERS


def test_converts_in_silence(tmp_path):
    """A process of its own: nothing of TensorFlow's or the converter's reaches the terminal."""
    code = (
        "import sys; from pathlib import Path\n"
        "from exporters import formats; from tests.exporters import networks\n"
        "for name in formats.names(): formats.get(name).write(networks.source('grey'), 'fp32', Path(sys.argv[1]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
