"""What a TFLite file says of itself: TFLite Metadata, as MediaPipe and Android read it, and gemelo's JSON.

Two places: a flatbuffer of the schema in
https://github.com/tensorflow/tflite-support/blob/master/tensorflow_lite_support/metadata/metadata_schema.fbs,
held in a buffer of the model under the name TFLITE_METADATA, and the files it names in a zip appended to the model.
"""

import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

from gemelo.preprocessing import Preprocessing

from .inference import INPUT, OUTPUT

LABELS_FILE = "labels.txt"
GEMELO_FILE = "gemelo.json"

_MODEL_IDENTIFIER, _METADATA_IDENTIFIER = b"TFL3", b"M001"
_METADATA_NAME = b"TFLITE_METADATA"
_PARSER_VERSION = "1.0.0"
_ALIGNMENT = 16

# Numbers of fields, enums and unions in the schema.
_IMAGE_PROPERTIES, _NORMALIZATION, _FEATURE_PROPERTIES = 2, 1, 1
_AXIS_LABELS, _DESCRIPTIONS = 2, 1
_COLOR_SPACES = {3: 1, 1: 2}


def populate(model: bytes, preprocessing: Preprocessing, metadata: Mapping[str, Any]) -> bytes:
    """Tidy a converted model and write the metadata into it.

    Args:
        model: A TFLite file with one input and one output.
        preprocessing: How a photo becomes its input.
        metadata: The JSON that becomes `gemelo.json`; its labels also become `labels.txt`, a label a line.

    Returns:
        The file's bytes, a function of the arguments alone.
    """
    parsed = schema.ModelT.InitFromPackedBuf(model, 0)
    _tidy(parsed)
    _add_buffer(parsed, _METADATA_NAME, _model_metadata(preprocessing))
    builder = _AlignedBuilder(len(model) + 4096)
    builder.Finish(parsed.Pack(builder), file_identifier=_MODEL_IDENTIFIER)
    # A line is a label: a class folder with a line break in its name must not make two.
    lines = [re.sub(r"[\r\n]+", " ", label) for label in metadata["labels"]]
    files = {LABELS_FILE: "\n".join(lines) + "\n", GEMELO_FILE: json.dumps(metadata, ensure_ascii=False)}
    return _with_files(bytes(builder.Output()), files)


class _AlignedBuilder(flatbuffers.Builder):  # type: ignore[misc]
    """Aligns vectors of bytes as the schema's `force_align: 16` asks, which Python's packing forgets.

    Kernels read weights in place with vector instructions: unaligned, they are slow or refused on some processors.
    """

    def StartVector(self, elemSize: int, numElems: int, alignment: int) -> Any:  # noqa: N802, N803
        return super().StartVector(elemSize, numElems, _ALIGNMENT if elemSize == 1 else alignment)


def _tidy(model: Any) -> None:
    """Names of ours at the ends, and a signature; no scopes, description or record of flags of the converter's."""
    model.description = b"gemelo"
    model.metadata = [entry for entry in model.metadata or [] if entry.name != b"CONVERSION_METADATA"]
    graph = model.subgraphs[0]
    for tensor in graph.tensors:
        tensor.name = re.sub(rb"gemelo(_\d+)?/", b"", tensor.name)
    graph.tensors[graph.inputs[0]].name = INPUT.encode()
    graph.tensors[graph.outputs[0]].name = OUTPUT.encode()
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = b"serving_default", 0
    signature.inputs, signature.outputs = [_end(INPUT, graph.inputs[0])], [_end(OUTPUT, graph.outputs[0])]
    model.signatureDefs = [signature]


def _end(name: str, index: int) -> Any:
    tensor = schema.TensorMapT()
    tensor.name, tensor.tensorIndex = name.encode(), int(index)
    return tensor


def _add_buffer(model: Any, name: bytes, data: bytes) -> None:
    entry, buffer = schema.MetadataT(), schema.BufferT()
    entry.name, entry.buffer, buffer.data = name, len(model.buffers), list(data)
    model.metadata.append(entry)
    model.buffers.append(buffer)


def _model_metadata(preprocessing: Preprocessing) -> bytes:
    b = flatbuffers.Builder(1024)
    size = _table(b, (0, "Uint32", preprocessing.width), (1, "Uint32", preprocessing.height))
    properties = _table(b, (0, "Int8", _COLOR_SPACES[preprocessing.channels]), (1, "UOffset", size))
    content = _table(b, (0, "Uint8", _IMAGE_PROPERTIES), (1, "UOffset", properties))
    # The scaling is inside the model: a client has nothing to normalize, and this says so.
    options = _table(b, (0, "UOffset", _floats(b, [0.0])), (1, "UOffset", _floats(b, [1.0])))
    unit = _table(b, (0, "Uint8", _NORMALIZATION), (1, "UOffset", options))
    image = _tensor(b, INPUT, "The photo, RGB or grey, NHWC, values 0-255.", content, (4, [unit]))
    content = _table(b, (0, "Uint8", _FEATURE_PROPERTIES), (1, "UOffset", _table(b)))
    labels = _file(b, LABELS_FILE, "The labels in the order of the output.", _AXIS_LABELS)
    output = _tensor(b, OUTPUT, "The probability of each label.", content, (6, [labels]))
    graph = _table(b, (2, "UOffset", _tables(b, [image])), (3, "UOffset", _tables(b, [output])))
    about = _file(b, GEMELO_FILE, "The labels, and how a photo becomes the input.", _DESCRIPTIONS)
    fields = {0: _text(b, "gemelo"), 3: _tables(b, [graph]), 6: _tables(b, [about]), 7: _text(b, _PARSER_VERSION)}
    root = _table(b, *((slot, "UOffset", offset) for slot, offset in fields.items()))
    b.Finish(root, file_identifier=_METADATA_IDENTIFIER)
    return bytes(b.Output())


def _tensor(b: Any, name: str, description: str, content: int, extra: tuple[int, Sequence[int]]) -> int:
    slot, tables = extra
    fields = {0: _text(b, name), 1: _text(b, description), 3: content, slot: _tables(b, tables)}
    return _table(b, *((slot, "UOffset", offset) for slot, offset in fields.items()))


def _file(b: Any, name: str, description: str, kind: int) -> int:
    texts = _text(b, name), _text(b, description)
    return _table(b, (0, "UOffset", texts[0]), (1, "UOffset", texts[1]), (2, "Int8", kind))


def _table(b: Any, *fields: tuple[int, str, int]) -> int:
    """A table of (number of the field, its kind, value or offset)."""
    b.StartObject(8)
    for slot, kind, value in fields:
        if kind == "UOffset":
            b.PrependUOffsetTRelativeSlot(slot, value, 0)
        else:
            getattr(b, f"Prepend{kind}Slot")(slot, value, 0)
    return int(b.EndObject())


def _text(b: Any, text: str) -> int:
    return int(b.CreateString(text))


def _floats(b: Any, values: Sequence[float]) -> int:
    b.StartVector(4, len(values), 4)
    for value in reversed(values):
        b.PrependFloat32(value)
    return int(b.EndVector())


def _tables(b: Any, offsets: Sequence[int]) -> int:
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    return int(b.EndVector())


def _with_files(model: bytes, files: Mapping[str, str]) -> bytes:
    """The model with a zip behind it: stored, not deflated, and without a date of today."""
    stream = io.BytesIO(model)
    with zipfile.ZipFile(stream, "a") as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, text.encode())
    return stream.getvalue()
