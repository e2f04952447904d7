"""What a TFLite file must be, besides right."""

import io
import json
import zipfile

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from exporters import tflite_metadata
from exporters.formats import tflite
from tests.exporters import networks


@pytest.fixture(params=tflite.VARIANTS)
def variant(request):
    return request.param


@pytest.fixture
def content(variant, artifact_of):
    return artifact_of("residual", "tflite", variant).read_bytes()


@pytest.fixture
def model(content):
    return schema.ModelT.InitFromPackedBuf(content, 0)


def table(data: bytes, at: int) -> flatbuffers.table.Table:
    return flatbuffers.table.Table(bytearray(data), at)


def field(parent: flatbuffers.table.Table, slot: int) -> int:
    offset = parent.Offset(4 + 2 * slot)
    assert offset, f"field {slot} is absent"
    return offset + parent.Pos


def child(parent: flatbuffers.table.Table, slot: int) -> flatbuffers.table.Table:
    return flatbuffers.table.Table(parent.Bytes, parent.Indirect(field(parent, slot)))


def children(parent: flatbuffers.table.Table, slot: int) -> list[flatbuffers.table.Table]:
    offset = field(parent, slot) - parent.Pos
    start, count = parent.Vector(offset), parent.VectorLen(offset)
    return [flatbuffers.table.Table(parent.Bytes, parent.Indirect(start + 4 * i)) for i in range(count)]


def text(parent: flatbuffers.table.Table, slot: int) -> str:
    return parent.String(field(parent, slot)).decode()


def test_ends(variant, content):
    interpreter = Interpreter(model_content=content)
    [image], [probabilities] = interpreter.get_input_details(), interpreter.get_output_details()
    assert (image["name"], probabilities["name"]) == ("image", "probabilities")
    assert image["shape"].tolist() == [1, 24, 24, 3]
    assert image["shape_signature"].tolist() == [1, 24, 24, 3], "the batch is fixed"
    assert probabilities["shape"].tolist() == [1, 3]
    assert image["dtype"] == probabilities["dtype"] == np.float32
    assert interpreter.get_signature_list() == {"serving_default": {"inputs": ["image"], "outputs": ["probabilities"]}}


def test_only_built_in_operators(content):
    names = tflite.operators(content)
    assert names["CONV_2D"] + names["DEPTHWISE_CONV_2D"] == 4
    assert not [name for name in names if name.startswith("CUSTOM")]


def test_int8_is_integers_throughout(artifact_of):
    content = artifact_of("residual", "tflite", "int8").read_bytes()
    [graph] = schema.ModelT.InitFromPackedBuf(content, 0).subgraphs
    floats = [t.name.decode() for t in graph.tensors if t.type == schema.TensorType.FLOAT32]
    assert sorted(floats) == ["image", "probabilities"]


def test_int8_dynamic_has_int8_weights(artifact_of):
    content = artifact_of("lecture", "tflite", "int8-dynamic").read_bytes()
    [graph] = schema.ModelT.InitFromPackedBuf(content, 0).subgraphs
    assert sum(t.type == schema.TensorType.INT8 for t in graph.tensors) >= 2


def test_buffers_are_aligned(content, model):
    """Weights are read in place by vector instructions: 16 bytes, as the schema's force_align says."""
    packed = schema.Model.GetRootAs(content, 0)
    seen = 0
    for index in range(packed.BuffersLength()):
        buffer = packed.Buffers(index)
        if buffer.DataLength():
            start = buffer._tab.Vector(buffer._tab.Offset(4))
            assert start % 16 == 0
            seen += 1
    assert seen > 5


def test_no_traces_of_the_converter(model):
    names = b" ".join(tensor.name for graph in model.subgraphs for tensor in graph.tensors)
    assert b"gemelo" not in names
    assert {entry.name for entry in model.metadata} - {b"reduced_precision_support"} == {
        *(b"min_runtime_version", b"TFLITE_METADATA")
    }


def test_is_a_zip_of_labels_and_preprocessing(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["labels.txt", "gemelo.json"]
        assert archive.read("labels.txt").decode().splitlines() == networks.LABELS["residual"]
        about = json.loads(archive.read("gemelo.json"))
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
    assert about["labels"] == networks.LABELS["residual"]
    assert about["preprocessing"] == networks.preprocessing("residual").to_json()


def test_metadata_reads_back(model):
    """Field by field of the public schema, by number: what MediaPipe reads."""
    [entry] = [entry for entry in model.metadata if entry.name == b"TFLITE_METADATA"]
    data = bytes(model.buffers[entry.buffer].data)
    assert data[4:8] == b"M001"
    root = table(data, int.from_bytes(data[:4], "little"))
    assert text(root, 7) == "1.0.0"
    [graph] = children(root, 3)
    [image], [output] = children(graph, 2), children(graph, 3)
    assert (text(image, 0), text(output, 0)) == ("image", "probabilities")
    content = child(image, 3)
    assert content.Get(flatbuffers.number_types.Uint8Flags, field(content, 0)) == 2, "ImageProperties"
    properties = child(content, 1)
    assert properties.Get(flatbuffers.number_types.Int8Flags, field(properties, 0)) == 1, "RGB"
    [unit] = children(image, 4)
    assert unit.Get(flatbuffers.number_types.Uint8Flags, field(unit, 0)) == 1, "NormalizationOptions"
    options = child(unit, 1)
    for slot, value in ((0, 0.0), (1, 1.0)):
        offset = options.Offset(4 + 2 * slot)
        assert options.VectorLen(offset) == 1
        assert options.Get(flatbuffers.number_types.Float32Flags, options.Vector(offset)) == value
    [labels] = children(output, 6)
    assert text(labels, 0) == "labels.txt"
    assert labels.Get(flatbuffers.number_types.Int8Flags, field(labels, 2)) == 2, "TENSOR_AXIS_LABELS"


def test_a_label_of_two_lines_is_one_label(artifact_of):
    bare = artifact_of("grey", "tflite", "fp32").read_bytes()
    metadata = {"labels": ["a\nb", "c"]}
    content = tflite_metadata.populate(bare, networks.preprocessing("grey"), metadata)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("labels.txt") == b"a b\nc\n"
        assert json.loads(archive.read("gemelo.json")) == metadata
