"""Keras models and SavedModels beside an ONNX file with the same weights: they are opened by the importers."""

from pathlib import Path

import numpy as np
import pytest

from gemelo.compare import Asked, CompareOptions, compare
from gemelo.compare.beside import declaration
from tests.support.compared import BIAS, DENSE, KERNEL, SIDE, Tiny

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny network as a .keras file and as a SavedModel."""
    keras = pytest.importorskip("keras", reason="Keras models need TensorFlow")
    folder = tmp_path_factory.mktemp("keras")
    image = keras.Input((SIDE, SIDE, 3), name="photo")
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu", name="conv")(image)
    x = keras.layers.Flatten(name="flatten")(x)
    model = keras.Model(image, keras.layers.Dense(3, activation="softmax", use_bias=False, name="dense")(x))
    dense = DENSE.reshape(4, 5, 5, 3).transpose(1, 2, 0, 3).reshape(-1, 3)
    model.get_layer("conv").set_weights([KERNEL.transpose(2, 3, 1, 0), BIAS])
    model.get_layer("dense").set_weights([dense])
    model.save(folder / "tiny.keras")
    model.export(str(folder / "saved"), verbose=False)
    return folder


def test_keras_and_saved_models_agree_with_the_same_network_in_onnx(models: Path, tiny: Tiny, photos: Path) -> None:
    asked = Asked([tiny.onnx(), models / "tiny.keras", models / "saved"], declaration(scale="0..1"))
    report = compare(asked, photos, CompareOptions(layers=True))
    assert report.passed, report.pairs
    assert [side.format for side in report.sides] == ["ONNX", "Keras", "SavedModel"]
    inside, closed = (pair.departure for pair in report.pairs)
    assert inside is not None
    assert closed is not None
    assert (inside.matched, inside.tensors) == (4, 4)
    assert "cannot be looked at one by one" in closed.sentence


def test_the_layer_of_a_changed_weight_has_its_name_in_keras(models: Path, tiny: Tiny, photos: Path) -> None:
    changed = tiny.onnx(kernel=KERNEL * np.float32(1.2))
    asked = Asked([changed, models / "tiny.keras"], declaration(scale="0..1"))
    (pair,) = compare(asked, photos, CompareOptions(causes=False, layers=True)).pairs
    assert pair.departure is not None
    assert pair.departure.here is not None
    assert (pair.departure.here.name, pair.departure.here.kind) == ("conv", "Conv2D")
