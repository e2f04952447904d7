"""Quantization that chooses: what is tried, what is taken, and what is written of it."""

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest

from exporters import formats
from exporters.formats import onnx as onnx_format
from exporters.frameworks import keras
from exporters.quantization import Scheme, judge, qdq, search
from exporters.quantization.judge import Cost
from exporters.quantization.table import Row, Table
from exporters.source import ExportSource
from gemelo.errors import ExportError
from gemelo.preprocessing import Preprocessing
from gemelo.store.files import read_json
from gemelo.store.quantization import DATA


def _row(size: int, mean: float, kept: tuple[str, ...] = (), *, passed: bool = True, agreement: float = 1.0) -> Row:
    return Row(Scheme(True, kept), size, Cost(agreement, 0.0, mean, 2 * mean), passed)


@pytest.mark.parametrize(
    ("rows", "taken"),
    [
        ([_row(100, 0.03), _row(109, 0.01)], 1),
        ([_row(100, 0.01, passed=False), _row(120, 0.02), _row(125, 0.03)], 1),
        ([_row(110, 0.03), _row(104, 0.001, ("conv",))], 0),
        ([_row(100, 0.03, passed=False), _row(150, 0.001, ("conv",))], 1),
        ([_row(100, 0.3, passed=False, agreement=0.8), _row(100, 0.4, passed=False, agreement=0.9)], 1),
    ],
    ids=["the-nearest", "one-fails", "whole-before-float", "float-where-nothing-else", "nothing-passes"],
)
def test_what_is_taken(rows, taken):
    assert search.pick(rows) == taken


def test_the_front_holds_what_nothing_beats():
    rows = [_row(100, 0.03), _row(100, 0.02), _row(110, 0.02), _row(120, 0.01), _row(130, 0.011)]
    assert Table(8, 400, rows, 0, {}, {}).pareto == [1, 3]


def _network(*, outlier: str) -> ExportSource:
    """Three layers, of which the second has weights a thousand times as large as the others, which nobody needs.

    Args:
        outlier: `channel`: one output channel has them, its bias keeps it at nothing; `input`: every channel has them,
            for an input that is always nothing.
    """
    keras.utils.set_random_seed(3)
    image = keras.Input((12, 12, 3), name="image")
    x = keras.layers.Rescaling(1 / 128, offset=-1)(image)
    x = keras.layers.Conv2D(8, 3, activation="relu", name="easy")(x)
    x = keras.layers.Conv2D(8, 3, activation="relu", name="hard")(x)
    x = keras.layers.Flatten()(x)
    model = keras.Model(image, keras.layers.Dense(2, activation="softmax", name="probabilities")(x))
    easy, hard = model.get_layer("easy"), model.get_layer("hard")
    kernel, bias = hard.get_weights()
    if outlier == "channel":
        kernel[..., 0] *= 1000
        bias[0] = -1e5
    else:
        kernel[:, :, 0] *= 1000
        of_easy, of_bias = easy.get_weights()
        of_bias[0] = -50
        easy.set_weights([of_easy, of_bias])
    hard.set_weights([kernel, bias])
    images = np.random.default_rng(4).integers(0, 256, (64, 12, 12, 3), dtype=np.uint8)
    return ExportSource.from_model(model, Preprocessing(12, 12), ["a", "b"], images)


def _chosen(source: ExportSource, folder):
    formats.get("onnx").write(source, "int8", folder)
    return read_json(folder / DATA), onnx.load(folder / "int8.onnx")


def test_a_channel_that_spoils_its_tensor_gets_a_scale_of_its_own(tmp_path):
    found, _ = _chosen(_network(outlier="channel"), tmp_path)
    [taken] = [row for row in found["candidates"] if row["chosen"]]
    assert taken["fp32_layers"] == []
    assert taken["mean_difference"] < 0.01


def test_a_layer_that_cannot_be_in_8_bits_is_found_and_left_out(tmp_path):
    found, model = _chosen(_network(outlier="input"), tmp_path)
    most = max(found["sensitivity"], key=lambda row: row["mean_difference"])
    assert most["layer"] == "2: Conv 8x8x3x3"
    assert not any(row["passed"] for row in found["candidates"] if not row["fp32_layers"])
    [taken] = [row for row in found["candidates"] if row["chosen"]]
    assert most["layer"] in taken["fp32_layers"]
    assert taken["passed"]
    floats = [t for t in model.graph.initializer if t.data_type == onnx.TensorProto.FLOAT and len(t.dims) == 4]
    assert [tuple(tensor.dims) for tensor in floats] == [(8, 8, 3, 3)]


def test_layers_that_are_kept_stay_in_float(source_of, tmp_path):
    source = source_of("residual")
    with onnx_format.converting("a test"):
        plain = onnx.version_converter.convert_version(onnx_format._fp32(source), onnx_format.OPSET_INT8)
        names = list(qdq.layers(plain))
        onnx.save(plain, tmp_path / "plain.onnx")
        ranges = qdq.calibrate(tmp_path / "plain.onnx", source.calibration, tmp_path)
        model = qdq.quantized(tmp_path / "plain.onnx", [names[1]], ranges, tmp_path)
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    options.log_severity_level = 3
    onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    run = onnx.load(tmp_path / "optimized.onnx")
    # On processors with AVX2 and no AVX-512 a factor in float becomes a convolution too, by that name.
    found = [node for node in run.graph.node if node.op_type in ("Conv", "FusedConv")]
    kept = [node for node in found if not node.name.endswith("_mul_nchwc")]
    assert len(kept) == 1, "onnxruntime computes it in 8 bits all the same"
    floats = {tensor.name for tensor in model.graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT}
    of = {node.name: node for node in model.graph.node}
    assert of[names[1]].input[1] in floats
    assert of[names[0]].input[1] not in floats


@pytest.mark.parametrize("name", ["lecture", "residual"])
def test_the_table_tells_the_truth_about_the_file(name, source_of, tmp_path):
    """Bytes and answers of the written file, measured again."""
    source = source_of(name)
    found, model = _chosen(source, tmp_path)
    [taken] = [row for row in found["candidates"] if row["chosen"]]
    assert taken["bytes"] == (tmp_path / "int8.onnx").stat().st_size
    assert found["fp32_bytes"] > taken["bytes"]
    images = source.calibration
    exact = np.asarray(source.model(images.astype(np.float32)))
    again = judge.compare(exact, qdq.answer(model.SerializeToString(), images))
    assert taken["agreement"] == pytest.approx(again.agreement, abs=1 / len(images) + 1e-9)
    assert taken["mean_difference"] == pytest.approx(again.mean_difference, rel=0.02, abs=1e-5)
    assert [row["corrected"] for row in found["candidates"]][:2] == [True, False]
    assert not taken["fp32_layers"] or not any(row["passed"] for row in found["candidates"] if not row["fp32_layers"])


def test_the_same_network_gives_the_same_files(source_of, tmp_path):
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()
        formats.get("onnx").write(source_of("lecture"), "int8", folder)
    for name in ("int8.onnx", DATA):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_weights_and_activations_are_unsigned(source_of, tmp_path):
    """Signed weights saturate on some processors: the answers would depend on the machine."""
    _, model = _chosen(source_of("residual"), tmp_path)
    kinds = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear") and len(node.input) > 2:
            assert kinds[node.input[2]] in (onnx.TensorProto.UINT8, onnx.TensorProto.INT32), node.name


@pytest.mark.parametrize(
    ("cost", "size", "passes"),
    [
        (Cost(1.0, 0.0, 0.001, 0.1), 300, True),
        (Cost(0.9, 0.0, 0.001, 0.1), 300, False),
        (Cost(1.0, 0.0, 0.25, 0.5), 300, False),
        (Cost(1.0, 0.0, float("nan"), float("nan")), 300, False),
        (Cost(1.0, 0.0, 0.001, 0.1), 990, False),
    ],
    ids=["good", "label_changes", "by-luck", "nan", "as-large-as-fp32"],
)
def test_what_passes(cost, size, passes):
    images = np.zeros((100, 1, 1, 3), np.uint8)
    exact = np.zeros((100, 2), np.float32)
    trials = search.Trials(lambda _: b"", lambda *_: exact, 1000, exact, images)
    assert trials._passes(cost, size) is passes


def test_without_training_images_it_says_what_is_missing(source_of, tmp_path):
    source = replace(source_of("lecture"), calibration=source_of("lecture").calibration[:0])
    with pytest.raises(ExportError, match="int8 needs training images"):
        formats.get("onnx").write(source, "int8", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_channel_that_died_has_the_zero_point_of_the_others(tmp_path):
    keras.utils.set_random_seed(3)
    image = keras.Input((12, 12, 3), name="image")
    x = keras.layers.Rescaling(1 / 128, offset=-1)(image)
    x = keras.layers.Conv2D(8, 3, activation="relu")(x)
    x = keras.layers.DepthwiseConv2D(3, activation="relu", name="depthwise")(x)
    x = keras.layers.Flatten()(x)
    model = keras.Model(image, keras.layers.Dense(2, activation="softmax", name="probabilities")(x))
    kernel, bias = model.get_layer("depthwise").get_weights()
    kernel[:, :, (0, 5)] = 1e-38  # what weight decay leaves of a channel that nobody needs
    model.get_layer("depthwise").set_weights([kernel, bias + 0.5])
    images = np.random.default_rng(4).integers(0, 256, (64, 12, 12, 3), dtype=np.uint8)
    source = ExportSource.from_model(model, Preprocessing(12, 12), ["a", "b"], images)
    with onnx_format.converting("a test"):
        plain = onnx.version_converter.convert_version(onnx_format._fp32(source), onnx_format.OPSET_INT8)
        onnx.save(plain, tmp_path / "plain.onnx")
        ranges = qdq.calibrate(tmp_path / "plain.onnx", images, tmp_path)
        found = qdq.quantized(tmp_path / "plain.onnx", [], ranges, tmp_path)
    tensors = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in found.graph.initializer}
    nodes = [node for node in found.graph.node if node.op_type == "DequantizeLinear" and node.input[0] in tensors]
    kernels = [node.input for node in nodes if tensors[node.input[0]].ndim == 4]
    assert len(kernels) == 2
    assert all(set(tensors[names[2]].tolist()) == {128} for names in kernels)
    assert all((tensors[node.input[1]] > 0).all() for node in nodes)
    exact, rounded = (qdq.answer(model.SerializeToString(), images) for model in (plain, found))
    assert np.abs(exact - rounded).max() < 0.05
