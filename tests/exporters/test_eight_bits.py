"""Kernels in 8 bits: how near they come, and that a training which ends on the grid loses nothing."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from exporters import onnx_graph
from exporters.formats import onnx as onnx_format
from exporters.formats import tfjs
from exporters.source import ExportSource
from gemelo import eight_bits, runtimes
from tests.exporters import networks

RNG = np.random.default_rng(0)


def on_grid(name: str) -> ExportSource:
    """A network whose kernels 8 bits hold, as a training may leave them; batch norm is still to be folded."""
    from trainer.rounding import round_kernels

    model = networks.build(name)
    round_kernels(model)
    return ExportSource.from_model(
        model, networks.preprocessing(name), networks.LABELS[name], networks.images(name, 24)
    )


@pytest.fixture(scope="module", params=["lecture", "residual", "grey"])
def rounded(request: pytest.FixtureRequest) -> ExportSource:
    return on_grid(request.param)


def answers(path: Path, name: str, source: ExportSource) -> np.ndarray:
    session = runtimes.get(name).open(path)
    try:
        return session.run(images(source).astype(np.float32))
    finally:
        session.close()


def images(source: ExportSource) -> np.ndarray:
    return source.calibration[:12]


def test_levels_times_scales_are_within_half_a_level() -> None:
    kernel = RNG.normal(size=(3, 3, 8, 5)).astype(np.float32) * np.float32([1e-3, 1, 1e2, 0, 7])
    levels, scale = eight_bits.split(kernel, [3])
    assert (levels.dtype, scale.shape) == (np.int8, (1, 1, 1, 5))
    assert np.abs(levels).max(axis=(0, 1, 2)).tolist() == [127, 127, 127, 0, 127]
    assert (np.abs(levels * scale - kernel) <= scale / 2 * 1.0001).all()


@pytest.mark.parametrize(("shape", "axis"), [((16, 3, 3, 3), 0), ((20, 7), 1), ((32, 1, 3, 3), 0)])
def test_what_lies_on_a_grid_is_found(shape: tuple[int, ...], axis: int) -> None:
    levels = RNG.integers(-127, 128, shape).astype(np.float32)
    factors = RNG.uniform(0.01, 9, [n if i == axis else 1 for i, n in enumerate(shape)]).astype(np.float32)
    np.moveaxis(levels, axis, 0).reshape(shape[axis], -1)[:, 0] = 127
    kernel = levels * factors
    found = eight_bits.split_exactly(kernel)
    assert found is not None
    np.testing.assert_array_equal(found[0], levels)
    np.testing.assert_allclose(found[0] * found[1], kernel, rtol=1e-6)
    kernel.flat[-1] += np.abs(kernel).max() * 1e-4
    assert eight_bits.split_exactly(kernel) is None


def test_nothing_else_is_on_it() -> None:
    assert eight_bits.split_exactly(RNG.normal(size=(16, 3, 3, 3)).astype(np.float32)) is None
    assert eight_bits.split_exactly(np.zeros((0, 3), np.float32)) is None
    assert eight_bits.split_exactly(np.arange(1, 10, dtype=np.float32).reshape(9, 1, 1, 1)) is None, (
        "a scale for each would be larger"
    )


def test_onnx_fp32_of_rounded_kernels_is_small_and_exact(rounded: ExportSource, tmp_path: Path) -> None:
    entry = tmp_path / onnx_format.write(rounded, "fp32", tmp_path)
    stored = onnx.load(entry)
    [*kernels] = [tensor for tensor in stored.graph.initializer if tensor.data_type == onnx.TensorProto.INT8]
    layers = [layer for layer in rounded.model.layers if hasattr(layer, "kernel")]
    assert len(kernels) >= len(layers) - 1, "the head of two columns may be smaller as it is"
    found = answers(entry, "onnx", rounded)
    exact = networks.answer(rounded.model, images(rounded), len(rounded.labels))
    assert np.abs(found - exact).max() < 2e-6


def test_onnxruntime_folds_them_when_it_loads(rounded: ExportSource, tmp_path: Path) -> None:
    """So it is as fast as if they had been stored in float32."""
    entry = tmp_path / onnx_format.write(rounded, "fp32", tmp_path)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    onnxruntime.InferenceSession(entry, options, providers=["CPUExecutionProvider"])
    made = onnx.load(tmp_path / "optimized.onnx").graph
    assert not [node for node in made.node if node.op_type == "Cast"]
    assert not [tensor for tensor in made.initializer if tensor.data_type == onnx.TensorProto.INT8]


def test_names_say_whose_they_are(rounded: ExportSource) -> None:
    model = onnx_graph.finish(onnx_format._fp32(rounded), rounded.metadata)
    assert {"conv_1.weight.factor", "conv_1.weight.x.stored"} <= {tensor.name for tensor in model.graph.initializer}


def test_other_kernels_stay_float32(source_of) -> None:
    model = onnx_format._fp32(source_of("residual"))
    assert not [node for node in model.graph.node if node.op_type == "Cast"]


@pytest.mark.parametrize("name", ["lecture", "residual"])
def test_tfjs_uint8_of_rounded_kernels_answers_as_keras(name: str, tmp_path: Path) -> None:
    source = on_grid(name)
    entry = tmp_path / tfjs.write(source, "uint8", tmp_path)
    found = answers(entry, "tfjs", source)
    exact = networks.answer(source.model, images(source), len(source.labels))
    assert np.abs(found - exact).max() < 1e-5


def test_tfjs_uint8_keeps_channels_of_every_size(source_of, tmp_path: Path) -> None:
    """One scale for a whole kernel, TF.js's own way, rounds the small channels away."""
    source = source_of("residual")
    entry = tmp_path / tfjs.write(source, "uint8", tmp_path)
    model = json.loads(entry.read_text(encoding="utf-8"))
    weights = {weight["name"]: weight for group in model["weightsManifest"] for weight in group["weights"]}
    levels = {name: weight for name, weight in weights.items() if name.endswith("/levels")}
    assert len(levels) == sum(hasattr(layer, "kernel") for layer in source.model.layers)
    for name, weight in levels.items():
        assert weight["quantization"] == {"dtype": "uint8", "min": -128.0, "scale": 1.0, "original_dtype": "float32"}
        scale = weights[name.replace("/levels", "/scale")]
        assert scale["shape"] == weight["shape"][-len(scale["shape"]) :]
        assert "quantization" not in scale


def test_a_small_channel_is_judged_by_itself() -> None:
    kernel = np.ones((2, 3, 3, 3), np.float32)
    kernel[1] = 3e-5 * RNG.normal(size=(3, 3, 3))
    assert eight_bits.split_exactly(kernel) is None


def test_what_is_below_float32_keeps_its_sign() -> None:
    levels, scale = eight_bits.split(np.float32([[2e-43, 1.0], [1e-43, -1.0]]), [1])
    assert levels.tolist() == [[0, 127], [0, -127]]
    assert scale[0, 0] == 1


def test_a_transposed_convolution_has_scales_too(tmp_path: Path) -> None:
    layers = networks.layers
    image = networks.keras.Input((24, 24, 3), name="image")
    x = layers.Conv2DTranspose(5, 3, strides=2, padding="same")(layers.Conv2D(4, 3)(layers.Rescaling(1 / 255)(image)))
    model = networks.keras.Model(image, layers.Dense(3, activation="softmax")(layers.GlobalMaxPooling2D()(x)))
    source = ExportSource.from_model(
        model, networks.preprocessing("residual"), networks.LABELS["residual"], networks.images("residual", 12)
    )
    entry = tmp_path / tfjs.write(source, "uint8", tmp_path)
    exact = networks.answer(model, images(source), 3)
    assert np.abs(answers(entry, "tfjs", source) - exact).max() < 0.01
    assert entry.read_text(encoding="utf-8").count('/levels"') >= 3
