"""layers.json as it is read: without TensorFlow, and from bundles of every age."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from gemelo.errors import MissingFileError, SchemaError, UnknownNameError, UnsafePathError
from gemelo.store.files import safe_join, write_json
from gemelo.store.layers import Cam, Layer, Layers, Weight

KERNEL, BIAS = Weight("conv2d/kernel", (2, 1, 1, 3)), Weight("conv2d/bias", (3,))
LAYERS = Layers(
    chain=True,
    reason=None,
    tfjs="layers/tfjs/model.json",
    onnx=None,
    layers=(
        Layer("rescaling", "Rescaling", "rescaling", None, (4, 4, 1), scale=0.5, offset=-1),
        Layer("conv2d", "Conv2D", "conv2d", None, (3, 4, 3), KERNEL, BIAS, strides=(1, 1), padding="valid"),
        Layer("max_pooling2d", "MaxPooling2D", "max_pooling2d", None, (1, 2, 3), strides=(2, 2), pool=(2, 2)),
        Layer("probabilities", "Activation", "dense", "softmax", (3,)),
    ),
    cam=Cam("conv2d", Weight("dense/kernel", (3, 3)), None),
)


@pytest.fixture
def bundle(tmp_path):
    """As far as layers are read from it: a folder and a manifest."""
    (tmp_path / "layers" / "tfjs").mkdir(parents=True)
    write_json(tmp_path / "layers" / "layers.json", LAYERS)
    weights = [
        {"name": "conv2d/bias", "shape": [3], "dtype": "float32"},
        {"name": "shape", "shape": [2], "dtype": "int32"},
        {"name": "flag", "shape": [], "dtype": "bool"},
        {"name": "conv2d/kernel", "shape": [2, 1, 1, 3], "dtype": "float32"},
    ]
    model = {"weightsManifest": [{"paths": ["a.bin", "b.bin"], "weights": weights}]}
    write_json(tmp_path / "layers" / "tfjs" / "model.json", model)
    data = np.float32([7, 8, 9]).tobytes() + np.int32([1, 2]).tobytes() + b"\1" + np.arange(6, dtype="<f4").tobytes()
    (tmp_path / "layers" / "tfjs" / "a.bin").write_bytes(data[:30])  # in the midst of a number
    (tmp_path / "layers" / "tfjs" / "b.bin").write_bytes(data[30:])
    return SimpleNamespace(
        path=tmp_path,
        manifest=SimpleNamespace(layers="layers/layers.json"),
        files={f"layers/{name}" for name in ("layers.json", "tfjs/model.json", "tfjs/a.bin", "tfjs/b.bin")},
        file=lambda name: safe_join(tmp_path, name),
    )


def rewrite(bundle, **changes):
    path = bundle.path / "layers" / "layers.json"
    write_json(path, {**json.loads(path.read_text(encoding="utf-8")), **changes})


def test_what_was_written_is_read(bundle):
    assert Layers.load(bundle) == LAYERS


def test_a_bundle_without_layers(bundle):
    bundle.manifest.layers = None
    assert Layers.load(bundle) is None


def test_a_newer_schema(bundle):
    rewrite(bundle, schema=2)
    with pytest.raises(SchemaError, match=r"layers\.json: schema 2 is newer"):
        Layers.load(bundle)


@pytest.mark.parametrize(
    "changes", [{"layers": None}, {"layers": [{"name": "x"}]}, {"cam": {"features": "conv2d", "kernel": None}}]
)
def test_damaged(bundle, changes):
    rewrite(bundle, **changes)
    with pytest.raises(SchemaError, match="missing or damaged"):
        Layers.load(bundle)


@pytest.mark.parametrize("text", ["[]", "{}", "null", '"x"'])
def test_no_layers_at_all(bundle, text):
    (bundle.path / "layers" / "layers.json").write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError, match="missing or damaged"):
        Layers.load(bundle)


def test_a_row_by_name():
    assert LAYERS.layer("conv2d").kernel == KERNEL
    with pytest.raises(UnknownNameError, match="conv3d"):
        LAYERS.layer("conv3d")


def test_weights(bundle):
    """Across shards, behind numbers of other types."""
    kernel, bias = (LAYERS.weight(bundle, weight) for weight in (KERNEL, BIAS))
    assert kernel.tolist() == np.arange(6, dtype=np.float32).reshape(2, 1, 1, 3).tolist()
    assert (bias.dtype, bias.tolist()) == (np.float32, [7, 8, 9])


@pytest.mark.parametrize(
    "weight", [Weight("conv2d/alpha", (3,)), Weight("conv2d/bias", (4,)), Weight("shape", (2,))], ids=lambda w: w.name
)
def test_a_weight_that_is_not_there(bundle, weight):
    with pytest.raises(SchemaError, match=f"the weight {weight.name} cannot be read"):
        LAYERS.weight(bundle, weight)


def test_weights_without_the_tfjs_model(bundle):
    rewrite(bundle, tfjs=None)
    with pytest.raises(MissingFileError, match="weights of the layers are not here"):
        Layers.load(bundle).weight(bundle, KERNEL)


def test_a_path_that_climbs_out(bundle):
    bundle.manifest.layers = "../layers.json"
    with pytest.raises(UnsafePathError):
        Layers.load(bundle)
    rewrite(bundle, tfjs="../model.json")
    bundle.manifest.layers = "layers/layers.json"
    with pytest.raises(SchemaError, match=r"no hash of \.\./model\.json"):
        Layers.load(bundle)


def test_weights_from_a_file_that_no_hash_covers(bundle):
    bundle.files.remove("layers/tfjs/b.bin")
    with pytest.raises(SchemaError, match=r"no hash of b\.bin"):
        Layers.load(bundle).weight(bundle, KERNEL)
