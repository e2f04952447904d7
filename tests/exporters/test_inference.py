"""The inference form: what is folded and stripped changes no answer, and what cannot be rebuilt is named."""

import numpy as np
import pytest

from exporters.frameworks import keras
from exporters.source import ExportSource
from gemelo.errors import ExportError, LabelMismatchError
from gemelo.parity.gates import convolutions
from gemelo.preprocessing import Preprocessing
from tests.exporters import networks

layers = keras.layers
NOTHING = np.zeros((0, 8, 8, 3), np.uint8)


def export(output, image, labels=("a", "b")) -> ExportSource:
    return ExportSource.from_model(keras.Model(image, output), Preprocessing(8, 8), list(labels), NOTHING)


@pytest.fixture
def image():
    return keras.Input((8, 8, 3), name="photo")


@pytest.mark.parametrize("name", list(networks.SHAPES))
def test_the_answers_stay(name, source_of):
    original, images_u8 = networks.build(name), networks.images(name)
    expected = networks.answer(original, images_u8, len(networks.LABELS[name]))
    found = np.asarray(source_of(name).model(images_u8.astype(np.float32), training=False))
    assert np.abs(found - expected).max() < 2e-6
    assert np.ptp(expected, axis=0).max() > 0.01, "a network that answers always the same proves nothing"


def test_what_is_left_is_convolutions_and_their_like(source_of):
    model = source_of("residual").model
    kinds = {type(layer).__name__ for layer in model.layers}
    assert not kinds & {"Dropout", "SpatialDropout2D", "GaussianNoise", "RandomFlip"}
    assert sum(isinstance(layer, layers.BatchNormalization) for layer in model.layers) == 1
    assert convolutions(model) == 4
    assert [tensor.name for tensor in model.inputs] == ["image"]


def test_the_notes_say_what_was_done(source_of):
    assert source_of("residual").notes == [
        (
            "4 training-only layers stripped: random_flip (RandomFlip), gaussian_noise (GaussianNoise), "
            "spatial_dropout2d (SpatialDropout2D), dropout (Dropout)"
        ),
        "4 batch normalizations folded into the layers before them",
        "1 batch normalization kept: nothing before them to fold into",
    ]
    assert source_of("lecture").notes == ["the one-unit sigmoid head expanded to two columns, [1 - p, p]"]


def test_folding_is_exact_in_float64():
    """Against the formula worked out in float64: what remains is one rounding of each weight."""
    layer, norm = layers.Conv2D(5, 3, name="conv"), layers.BatchNormalization(name="norm")
    image = keras.Input((8, 8, 3))
    model = keras.Model(image, layers.Dense(2, activation="softmax")(layers.Flatten()(norm(layer(image)))))
    rng = np.random.default_rng(0)
    norm.set_weights([rng.uniform(0.1, 3, 5) for _ in range(4)])
    layer.set_weights([layer.get_weights()[0], rng.normal(size=5)])
    kernel, bias = (weight.astype(np.float64) for weight in layer.get_weights())
    gamma, beta, mean, variance = (weight.astype(np.float64) for weight in norm.get_weights())
    factor = gamma / np.sqrt(variance + norm.epsilon)
    source = ExportSource.from_model(model, Preprocessing(8, 8), ["a", "b"], NOTHING)
    folded_kernel, folded_bias = source.model.get_layer("conv").get_weights()
    assert np.array_equal(folded_kernel, (kernel * factor).astype(np.float32))
    assert np.array_equal(folded_bias, ((bias - mean) * factor + beta).astype(np.float32))


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_a_convolution_read_twice_keeps_its_norm(image, padding):
    x = layers.Conv2D(4, 3, padding=padding)(image)
    x = layers.Add()([x, layers.BatchNormalization()(x)])
    source = export(layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(x)), image)
    assert source.notes == ["1 batch normalization kept: nothing before them to fold into"]


def test_a_shared_convolution_keeps_its_norm(image):
    shared = layers.Conv2D(3, 3, padding="same")
    x = layers.BatchNormalization()(shared(layers.ReLU()(shared(image))))
    source = export(layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(x)), image)
    assert "1 batch normalization kept" in source.notes[0]


def test_a_sigmoid_far_from_a_half_loses_nothing(image):
    """1 - p is made without a subtraction: where p rounds to 1, the other column is still right."""
    z = layers.Dense(1, activation="sigmoid", bias_initializer=keras.initializers.Constant(20.0))
    source = export(z(layers.GlobalAveragePooling2D()(layers.Rescaling(0.0)(image))), image)
    [[no, yes]] = np.asarray(source.model(np.zeros((1, 8, 8, 3), np.float32)))
    assert yes == 1.0
    assert no == pytest.approx(np.exp(-20.0), rel=1e-5)


def test_a_sigmoid_that_stands_alone(image):
    x = layers.Activation("sigmoid")(layers.Dense(1)(layers.GlobalAveragePooling2D()(layers.Rescaling(1e-3)(image))))
    source = export(x, image)
    assert source.model.output_shape == (None, 2)
    assert source.notes == ["the single output p expanded to two columns, [1 - p, p]"]


def test_mixed_precision_is_left_behind(image):
    x = layers.Conv2D(4, 3, dtype="mixed_float16", kernel_initializer="zeros")(layers.Rescaling(1 / 255)(image))
    source = export(layers.Dense(2, activation="softmax", dtype="float32")(layers.Flatten()(x)), image)
    assert {layer.compute_dtype for layer in source.model.layers} == {"float32"}


def block(name: str, channels: int, *more) -> keras.Model:
    """A model of two layers, of the same names in every such model, and what else it shall end with."""
    photo = keras.Input((None, None, channels))
    x = layers.BatchNormalization(name="norm")(layers.Conv2D(4, 3, name="conv", use_bias=False)(photo))
    for layer in more:
        x = layer(x)
    return keras.Model(photo, x, name=name)


def test_models_within_the_model_are_taken_apart(image):
    """As transfer learning is written, `base(x, training=False)`: twice, in a Sequential, and within each other."""
    x = block("base", 3)(layers.Rescaling(1 / 255)(image), training=False)
    x = keras.Sequential([block("first", 4, layers.ReLU()), layers.Activation("hard_silu")], name="whole")(x)
    model = keras.Model(image, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(x)))
    rng = np.random.default_rng(3)
    for weight in model.weights:
        weight.assign(rng.uniform(0.2, 1.0, weight.shape))
    images = rng.integers(0, 256, (6, 8, 8, 3)).astype(np.float32)
    expected = np.asarray(model(images, training=False))
    source = ExportSource.from_model(model, Preprocessing(8, 8), ["a", "b"], NOTHING)
    assert np.abs(np.asarray(source.model(images, training=False)) - expected).max() < 1e-6
    assert not any(isinstance(layer, keras.Model) for layer in source.model.layers)
    assert "2 batch normalizations folded into the layers before them" in source.notes
    assert convolutions(source.model) == 2


def test_a_normalization_keeps_what_it_learned(image):
    norm = layers.Normalization()
    norm.adapt(np.random.default_rng(1).normal(90, 40, (20, 8, 8, 3)))
    source = export(layers.Dense(2, activation="softmax")(layers.Flatten()(norm(image))), image)
    assert {type(layer).__name__ for layer in source.model.layers} >= {"Normalization"}


@pytest.mark.parametrize("units", [1, 2])
def test_refuses_logits(image, units):
    """Of one unit, [1 - p, p] sums to 1 whatever p is."""
    with pytest.raises(ExportError, match=r"outputs reach from .* these are not probabilities"):
        export(layers.Dense(units)(layers.GlobalAveragePooling2D()(image)), image)


def test_refuses_probabilities_of_labels_that_exclude_nothing(image):
    head = layers.Dense(2, activation="sigmoid", bias_initializer="ones")
    with pytest.raises(ExportError, match="does not sum to 1"):
        export(head(layers.Rescaling(0.0)(layers.Flatten()(image))), image)


def test_refuses_weights_that_are_not_finite(image):
    head = layers.Dense(2, activation="softmax")
    model = keras.Model(image, head(layers.GlobalAveragePooling2D()(image)))
    head.set_weights([np.full((3, 2), np.nan), np.zeros(2)])
    with pytest.raises(ExportError, match="differs from the model by nan"):
        ExportSource.from_model(model, Preprocessing(8, 8), ["a", "b"], NOTHING)


@pytest.mark.parametrize("labels", [["a"], ["a", "b"], ["a", "b", "c", "d"]])
def test_labels_must_match_the_output(image, labels):
    with pytest.raises(LabelMismatchError, match=f"does not match {len(labels)} labels"):
        export(layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(image)), image, labels)


def test_the_preprocessing_must_match_the_input(image):
    model = keras.Model(image, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(image)))
    with pytest.raises(LabelMismatchError, match="input"):
        ExportSource.from_model(model, Preprocessing(9, 8), ["a", "b"], NOTHING)


@pytest.mark.parametrize("filters", [3, 6])
@pytest.mark.parametrize("form", ["layer", "argument", "operation"])
def test_what_converters_lack_is_made_of_what_they_have(image, filters, form):
    """ConvNeXt: a group for each channel is a call of XLA in TensorFlow, and GELU the operator Erfc."""
    activation = "gelu" if form == "argument" else None
    x = layers.Conv2D(filters, 3, groups=3, padding="same", activation=activation, bias_initializer="normal")(image)
    x = layers.LayerNormalization()(x)
    x = layers.Activation("gelu")(x) if form == "layer" else keras.ops.gelu(x, approximate=False)
    x = layers.BatchNormalization(moving_mean_initializer="normal")(layers.Conv2D(6, 3, groups=filters)(x))
    source = export(layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(x)), image)
    operators = {operation.type for operation in source.frozen_function().graph.get_operations()}
    assert operators.isdisjoint({"PartitionedCall", "StatefulPartitionedCall", "Erfc"})
    assert {"DepthwiseConv2dNative", "Erf"} <= operators
