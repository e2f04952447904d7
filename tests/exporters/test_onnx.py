"""What an ONNX file must be, besides right."""

import json
from collections import Counter

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, numpy_helper

from exporters import onnx_graph, onnx_weights
from exporters.formats import onnx as onnx_format
from exporters.source import ExportSource
from tests.exporters import networks

VARIANTS = ("fp32", "fp16", "int8")
OPSETS = {"fp32": 17, "fp16": 17, "int8": 21}
WEIGHT_TYPES = {"fp32": TensorProto.FLOAT, "fp16": TensorProto.FLOAT16, "int8": TensorProto.UINT8}


@pytest.fixture(params=VARIANTS)
def variant(request):
    return request.param


@pytest.fixture
def model(variant, artifact_of):
    return onnx.load(artifact_of("residual", "onnx", variant))


def test_opset_and_checker(model, variant):
    onnx.checker.check_model(model, full_check=True)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", OPSETS[variant])]
    assert model.ir_version == (10 if variant == "int8" else 8)
    assert model.producer_name == "gemelo"


def test_ends(model):
    [image], [probabilities] = model.graph.input, model.graph.output
    dims = [[d.dim_param or d.dim_value for d in e.type.tensor_type.shape.dim] for e in (image, probabilities)]
    assert (image.name, probabilities.name) == ("image", "probabilities")
    assert dims == [["batch", 24, 24, 3], ["batch", 3]]
    assert {e.type.tensor_type.elem_type for e in (image, probabilities)} == {TensorProto.FLOAT}


def test_the_batch_is_open(variant, artifact_of):
    session = onnxruntime.InferenceSession(artifact_of("residual", "onnx", variant))
    images = networks.images("residual", 5).astype(np.float32)
    [together] = session.run(None, {"image": images})
    alone = np.concatenate([session.run(None, {"image": image[np.newaxis]})[0] for image in images])
    assert np.abs(together - alone).max() < 1e-6


def test_says_what_it_is(model):
    props = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
    assert props["labels"] == props["gemelo"]["labels"] == networks.LABELS["residual"]
    assert props["gemelo"]["preprocessing"] == networks.preprocessing("residual").to_json()


def test_one_transpose_at_the_edge(model, artifact_of):
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("Transpose") == 1
    producers = {node.output[0]: node for node in model.graph.node}
    [transpose] = [node for node in model.graph.node if node.op_type == "Transpose"]
    before = producers[transpose.input[0]]
    assert before.op_type in ("Mul", "Add"), "only the rescaling comes before it"


def test_no_transpose_before_a_flatten(artifact_of):
    # A single channel needs none at the edge either: NHWC and NCHW are the same bytes then.
    kinds = Counter(node.op_type for node in onnx.load(artifact_of("grey", "onnx", "fp32")).graph.node)
    assert kinds["Transpose"] == 0


def test_names_are_tidy(model):
    names = [node.name for node in model.graph.node] + [tensor.name for tensor in model.graph.initializer]
    assert len(names) == len(set(names))
    assert not [name for name in names if set(name) & set(":/;")]
    assert {"conv_1", "conv_1.bias", "softmax_1"} <= set(names) | {n.output[0] for n in model.graph.node}
    assert not model.graph.value_info
    assert not model.graph.doc_string


def test_weights_are_stored_as_promised(model, variant):
    weights = [t for t in model.graph.initializer if ".weight" in t.name and len(t.dims) > 1]
    assert len(weights) == 6
    assert {t.data_type for t in weights} == {WEIGHT_TYPES[variant]}


def test_int8_is_integers_in_and_out_of_every_convolution(artifact_of):
    """Conv, Gemm and MatMul between Dequantize and Quantize; nothing else is quantized, unsigned."""
    graph = onnx.load(artifact_of("residual", "onnx", "int8")).graph
    producers = {node.output[0]: node for node in graph.node}
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    computed = [node for node in graph.node if node.op_type in ("Conv", "Gemm", "MatMul")]
    assert len(computed) == 6
    for node in computed:
        assert {producers[name].op_type for name in node.input[:2]} == {"DequantizeLinear"}
        scale = tensors[producers[node.input[1]].input[1]]
        channels = tensors[node.input[1] + ".x"].shape[0 if node.op_type == "Conv" else 1]
        assert scale.shape in ((), (channels,))
    points = [tensors[node.input[2]] for node in graph.node if node.op_type == "QuantizeLinear"]
    assert {point.dtype for point in points} == {np.dtype(np.uint8)}
    assert {node.op_type for node in graph.node} <= {
        *(
            "Mul",
            "Add",
            "Sum",
            "Transpose",
            "QuantizeLinear",
            "DequantizeLinear",
            "Conv",
            "Gemm",
            "MatMul",
            "Relu",
            "Clip",
            "Concat",
        ),
        *("MaxPool", "AveragePool", "GlobalAveragePool", "Squeeze", "Reshape", "Flatten", "Softmax"),
    }


def test_no_sum_of_int8_is_computed_by_rules_of_a_processor(artifact_of, tmp_path):
    """QLinearAdd, which onnxruntime would make, answers otherwise on arm64: tests/arm64 runs it there."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    options.log_severity_level = 3
    entry = artifact_of("residual", "onnx", "int8")
    onnxruntime.InferenceSession(entry, options, providers=["CPUExecutionProvider"])
    asked = Counter(node.op_type for node in onnx.load(entry).graph.node)
    made = Counter(node.op_type for node in onnx.load(tmp_path / "optimized.onnx").graph.node)
    assert (asked["Sum"], made["Sum"], made["QLinearAdd"]) == (1, 1, 0)


def test_a_weight_beyond_float16_is_refused():
    weight = numpy_helper.from_array(np.full((2, 2), 1e5, np.float32), "w")
    node = onnx.helper.make_node("MatMul", ["image", "w"], ["probabilities"])
    ends = [onnx.helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 2]) for n in ("image", "probabilities")]
    model = onnx.helper.make_model(onnx.helper.make_graph([node], "g", ends[:1], ends[1:], [weight]))
    with pytest.raises(ValueError, match="beyond float16"):
        onnx_graph.half_weights(model)


@pytest.mark.parametrize("variant", ["fp16", "fp32"])
def test_the_same_bytes_in_whatever_order_a_converter_has_its_weights(variant):
    """tf2onnx's order differs from one process to the next."""
    from trainer.rounding import round_kernels

    found = set()
    model = networks.build("residual")
    round_kernels(model)
    source = ExportSource.from_model(
        model, networks.preprocessing("residual"), networks.LABELS["residual"], networks.images("residual", 8)
    )
    for turned in (False, True):
        graph = onnx_format._graph(source)
        tensors = list(graph.graph.initializer)
        del graph.graph.initializer[:]
        graph.graph.initializer.extend(reversed(tensors) if turned else tensors)
        (onnx_graph.half_weights if variant == "fp16" else onnx_graph.eight_bit_weights)(graph)
        found.add(onnx_graph.to_bytes(onnx_graph.finish(graph, source.metadata)))
    assert len(found) == 1


def test_weights_that_the_converter_never_saw_are_where_it_would_have_put_them(monkeypatch):
    source = ExportSource.from_model(
        networks.build("residual"),
        networks.preprocessing("residual"),
        networks.LABELS["residual"],
        networks.images("residual", 8),
    )
    found = set()
    for large in (100, 10**9):  # all kernels are kept out; none is
        monkeypatch.setattr(onnx_weights, "_LARGE", large)
        found.add(onnx_graph.to_bytes(onnx_graph.finish(onnx_format._graph(source), source.metadata)))
    assert len(found) == 1


def test_constants_that_a_layer_has_made_are_no_inputs(tmp_path):
    """Keras's Normalization (EfficientNet's second layer) works its mean out when it is built."""
    image = keras.Input((24, 24, 3), name="image")
    x = keras.layers.Normalization(mean=[120, 110, 100], variance=[60, 50, 40])(image)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(x))
    model = keras.Model(image, keras.layers.Dense(3, activation="softmax")(x))
    source = ExportSource.from_model(
        model, networks.preprocessing("residual"), networks.LABELS["residual"], networks.images("residual", 8)
    )
    assert [value.name for value in onnx_format._graph(source).graph.input] == ["image"]
    session = onnxruntime.InferenceSession(tmp_path / onnx_format.write(source, "int8", tmp_path))
    assert [value.name for value in session.get_inputs()] == ["image"]


def test_zeros_that_are_padded_count_in_a_maximum():
    """onnxruntime-web 1.30 would make one pooling of both, and answer with what is below zero."""
    image = keras.Input((8, 8, 3), name="image")
    x = keras.layers.Conv2D(4, 3, bias_initializer=keras.initializers.Constant(-1e4))(image)
    x = keras.layers.MaxPooling2D(3, strides=2)(keras.layers.ZeroPadding2D(1)(x))
    x = keras.layers.GlobalAveragePooling2D()(x)
    network = keras.Model(image, keras.layers.Dense(2, activation="softmax")(x))
    source = ExportSource.from_model(
        network, networks.Preprocessing(8, 8), ["a", "b"], np.zeros((0, 8, 8, 3), np.uint8)
    )
    model = onnx_format._fp32(source)
    finished = onnx_graph.finish(model, source.metadata)
    made = {node.output[0]: node.op_type for node in finished.graph.node}
    [pooling] = [node for node in finished.graph.node if node.op_type == "MaxPool"]
    assert "Pad" in made.values()
    assert made[pooling.input[0]] == "Sum"
