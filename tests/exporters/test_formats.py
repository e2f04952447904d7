"""What holds for every format and variant there is: parametrised over the folder, so that a new file is tested."""

import numpy as np
import pytest

from exporters import formats
from exporters.frameworks import keras
from exporters.source import ExportSource
from gemelo import runtimes
from gemelo.errors import ExportError, UnknownNameError
from gemelo.preprocessing import Preprocessing
from tests.exporters import networks

ARTIFACTS = [(name, variant) for name in formats.names() for variant in formats.get(name).VARIANTS]
# One channel changes nothing in how weights are stored: fp32 is enough there.
CASES = [(n, *a) for n in networks.SHAPES for a in ARTIFACTS if n != "grey" or a[1] == "fp32"]
# Nets of random weights, calibrated on noise: how far 8 bits may be off says little, that they are not far says enough.
TOLERANCE = {"fp32": 2e-6, "fp16": 2e-3}
LOOSE = 0.05


def test_the_folder_is_the_registry():
    assert formats.names() == ["onnx", "tfjs", "tflite"]
    assert {(name, formats.get(name).VARIANTS) for name in formats.names()} == {
        ("onnx", ("fp32", "fp16", "int8")),
        ("tfjs", ("fp32", "fp16", "uint8")),
        ("tflite", ("fp32", "fp16", "int8", "int8-dynamic")),
    }


@pytest.mark.parametrize(("network", "name", "variant"), CASES)
def test_answers_as_keras_does(network, name, variant, artifact_of):
    images_u8, labels = networks.images(network), networks.LABELS[network]
    expected = networks.answer(networks.build(network), images_u8, len(labels))
    session = runtimes.get(name).open(artifact_of(network, name, variant))
    try:
        found = session.run(images_u8.astype(np.float32))
        assert session.labels == labels
    finally:
        session.close()
    assert found.shape == expected.shape
    assert found.dtype == np.float32
    assert np.abs(found - expected).max() <= TOLERANCE.get(variant, LOOSE)


@pytest.mark.parametrize(("name", "variant"), ARTIFACTS)
def test_the_same_bytes_twice(name, variant, artifact_of, tmp_path):
    """From a model rebuilt anew, after other conversions have moved all counters on."""
    first = artifact_of("residual", name, variant)
    again = tmp_path / formats.get(name).write(networks.source("residual"), variant, tmp_path)
    root = first.parents[len(again.relative_to(tmp_path).parts) - 1]
    files = sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    for file in files:
        assert (root / file).read_bytes() == (tmp_path / file).read_bytes(), file


@pytest.mark.parametrize(("name", "variant"), [a for a in ARTIFACTS if a[1] != "fp32"])
def test_smaller_than_fp32(name, variant, artifact_of):
    def size(variant: str) -> int:
        entry = artifact_of("lecture", name, variant)
        return sum(path.stat().st_size for path in (entry.parent.iterdir() if name == "tfjs" else [entry]))

    # The rest of the file stays: on 14,497 parameters it weighs.
    assert size(variant) < (0.65 if variant == "fp16" else 0.5) * size("fp32")


@pytest.mark.parametrize("name", formats.names())
def test_converts_in_silence(name, source_of, tmp_path, capfd):
    """Nothing of TensorFlow's or of the converter's reaches the terminal, not past Python either."""
    formats.get(name).write(source_of("grey"), "fp32", tmp_path)
    assert tuple(capfd.readouterr()) == ("", "")


@pytest.mark.parametrize("name", formats.names())
def test_an_unknown_variant_is_named(name, source_of, tmp_path):
    with pytest.raises(UnknownNameError, match="'int3'"):
        formats.get(name).write(source_of("lecture"), "int3", tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "words"), [("tflite", "Erfinv"), ("tfjs", "Atan2")])
def test_an_operator_that_a_client_lacks_is_refused(name, words, tmp_path):
    image = keras.Input((4, 4, 3), name="image")
    x = keras.ops.arctan2(keras.layers.Flatten()(image), 1.0) if name == "tfjs" else _erfinv(image)
    model = keras.Model(image, keras.layers.Dense(2, activation="softmax")(x))
    source = ExportSource.from_model(model, Preprocessing(4, 4), ["a", "b"], np.zeros((0, 4, 4, 3), np.uint8))
    with pytest.raises(ExportError, match=words):
        formats.get(name).write(source, "fp32", tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def _erfinv(image):
    """An operator that TFLite has only by way of TensorFlow's own."""
    return keras.ops.erfinv(keras.layers.Flatten()(image) / 300.0)
