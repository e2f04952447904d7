"""The image of an 8-bit network: every level of a photo is one step of its first tensor."""

import numpy as np
import pytest

from exporters.formats import tflite as tflite_format
from exporters.frameworks import keras
from exporters.quantization import tflite
from exporters.quantization.exact_input import exact_input
from exporters.quiet import quiet
from exporters.source import ExportSource
from gemelo.preprocessing import Preprocessing

layers = keras.layers


def _source(*scaling, depthwise: bool = False, padded: bool = False) -> ExportSource:
    keras.utils.set_random_seed(1)
    image = keras.Input((12, 12, 3), name="image")
    x = image
    for step in scaling:
        x = step(x)
    x = layers.ZeroPadding2D(1)(x) if padded else x
    first = layers.DepthwiseConv2D(3, depth_multiplier=2) if depthwise else layers.Conv2D(6, 3, activation="relu")
    x = layers.Conv2D(64, 3, activation="relu")(first(x))
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(image, layers.Dense(2, activation="softmax")(x))
    first.set_weights([first.get_weights()[0], np.linspace(-0.2, 0.3, 6).astype(np.float32)])
    images = np.random.default_rng(4).integers(0, 256, (24, 12, 12, 3), dtype=np.uint8)
    return ExportSource.from_model(model, Preprocessing(12, 12), ["a", "b"], images)


def _caffe(x):
    return x[..., ::-1] - np.array([103.939, 116.779, 123.68], np.float32)


SCALINGS = {
    "minus-one-to-one": [layers.Rescaling(1 / 127.5, offset=-1)],
    "two-steps": [layers.Rescaling(1 / 255), layers.Normalization(mean=[0.4, 0.5, 0.6], variance=[0.05, 0.06, 0.07])],
    "zero-to-one": [layers.Rescaling(1 / 255)],
    "caffe": [_caffe],
}


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("name", SCALINGS)
def test_the_network_answers_as_before(name, padded):
    source = _source(*SCALINGS[name], padded=padded)
    found = exact_input(source)
    images = source.calibration.astype(np.float32)
    assert np.abs(np.asarray(source.model(images)) - np.asarray(found.model(images))).max() < (2e-3 if padded else 2e-6)
    assert len(found.model.layers) <= len(source.model.layers) + 1
    first = next(layer for layer in found.model.layers if layer.weights)
    assert isinstance(first, layers.Conv2D)


def test_a_depthwise_layer_takes_it_too():
    source = _source(layers.Rescaling(1 / 127.5, offset=-1), depthwise=True)
    images = source.calibration.astype(np.float32)
    found = exact_input(source)
    assert found is not source
    assert np.abs(np.asarray(source.model(images)) - np.asarray(found.model(images))).max() < 2e-6


@pytest.mark.parametrize(
    "scaling",
    [[], [layers.Lambda(lambda x: x * x / 255)], [layers.AveragePooling2D(2), layers.Rescaling(1 / 255)]],
    ids=["none", "no-line", "another-size"],
)
def test_what_does_not_begin_so_is_left_alone(scaling):
    source = _source(*scaling)
    assert exact_input(source) is source


def test_the_file_tells_neighboring_levels_apart():
    """TFLite's own way loses every third: its steps are wider than a level."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    source = _source(layers.Rescaling(1 / 128, offset=-127 / 128))
    with quiet():
        content, _ = tflite.quantize(source, tflite_format._converter)
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(
        model_content=content, experimental_op_resolver_type=plain, experimental_preserve_all_tensors=True
    )
    interpreter.allocate_tensors()
    levels = np.resize(np.arange(256, dtype=np.float32), (1, 12, 12, 3))
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], levels)
    interpreter.invoke()
    details = [one for one in interpreter.get_tensor_details() if tuple(one["shape"]) == (1, 12, 12, 3)]
    eight = [one for one in details if one["dtype"] == np.int8]
    assert eight
    for one in eight:
        scale, _ = one["quantization"]
        assert scale == pytest.approx(1, abs=1e-6)
        assert len(np.unique(interpreter.get_tensor(one["index"]))) == 256
