"""transformers.js and Hugging Face's Python side: a folder that their `image-classification` pipelines read.

    config.json  preprocessor_config.json  onnx/model.onnx  onnx/model_fp16.onnx  onnx/model_quantized.onnx

They know no network of ours, but they run any ONNX file of a family that they know: a "vit" is given `pixel_values`
NCHW and gives back `logits`. So each of the bundle's ONNX files gets a transpose before it, and after it the logarithm
of the probabilities, of which the softmax that these pipelines end in is those probabilities again. A network that
sees in grey gets the preprocessing's luma before it, for the pipelines have color alone.
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, numpy_helper

from gemelo.preprocessing import Preprocessing
from gemelo.store.files import atomic_write, write_json

from .. import onnx_graph
from ..inference import INPUT, OUTPUT
from ..source import ExportSource

NEEDS = ("onnx/fp32",)

PIXELS, LOGITS = "pixel_values", "logits"
# What transformers.js calls the files of its `dtype` fp32, fp16 and q8.
FILES = {"fp32": "model.onnx", "fp16": "model_fp16.onnx", "int8": "model_quantized.onnx"}

_BILINEAR = 2  # Pillow's number
_NCHW_TO_NHWC = [0, 2, 3, 1]
_LUMA, _LUMA_HALF, _LUMA_SCALE = (19595.0, 38470.0, 7471.0), 32768.0, 1 / 65536  # the preprocessing's step 5
_SMALLEST = np.finfo(np.float32).tiny


def write(source: ExportSource, bundle: Path, folder: Path) -> list[str]:
    """Write the folder that `pipeline("image-classification", folder)` reads.

    Raises:
        StorageError: The disk is full.
    """
    for variant, name in FILES.items():
        path = bundle / "onnx" / f"{variant}.onnx"
        if path.is_file():
            atomic_write(folder / "onnx" / name, onnx_graph.to_bytes(_wrapped(onnx.load(path), source.preprocessing)))
    write_json(folder / "config.json", _config(source))
    write_json(folder / "preprocessor_config.json", _preprocessor(source.preprocessing))
    return _notes(source.preprocessing)


def run(folder: Path, images: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """What onnxruntime and a softmax make of each file that was written."""
    import onnxruntime

    pixels = np.ascontiguousarray(np.moveaxis(np.broadcast_to(images, (*images.shape[:3], 3)), 3, 1))
    answers = {}
    for variant, name in FILES.items():
        if (path := folder / "onnx" / name).is_file():
            session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
            [logits] = session.run([LOGITS], {PIXELS: pixels})
            powers = np.exp(logits - logits.max(axis=1, keepdims=True))
            answers[variant] = powers / powers.sum(axis=1, keepdims=True)
    return answers


def _wrapped(model: ModelProto, preprocessing: Preprocessing) -> ModelProto:
    graph = model.graph
    before, constants = _before(preprocessing)
    floor = numpy_helper.from_array(np.float32(_SMALLEST), "client.smallest")
    after = [
        _node("Max", [OUTPUT, floor.name], "client.positive"),  # the logarithm of 0 is no number to go on with
        _node("Log", ["client.positive"], LOGITS),
    ]
    classes = graph.output[0].type.tensor_type.shape.dim[1].dim_value
    size = [onnx_graph.BATCH, 3, preprocessing.height, preprocessing.width]
    wrapped = onnx.helper.make_graph(
        [*before, *graph.node, *after],
        graph.name,
        [onnx.helper.make_tensor_value_info(PIXELS, TensorProto.FLOAT, size)],
        [onnx.helper.make_tensor_value_info(LOGITS, TensorProto.FLOAT, [onnx_graph.BATCH, classes])],
        [*graph.initializer, *constants, floor],
    )
    made = onnx.helper.make_model(
        wrapped,
        opset_imports=model.opset_import,
        ir_version=model.ir_version,
        producer_name=model.producer_name,
        producer_version=model.producer_version,
    )
    # The labels alone: the preprocessing inside the bundle's file is about the input that is now covered.
    labels = next(entry.value for entry in model.metadata_props if entry.key == "labels")
    onnx.helper.set_model_props(made, {"labels": labels})
    onnx.checker.check_model(made, full_check=True)
    return made


def _before(preprocessing: Preprocessing) -> tuple[list[NodeProto], list[TensorProto]]:
    """From `pixel_values`, RGB NCHW, to `image`, and the constants of it."""
    if preprocessing.channels == 3:
        return [_node("Transpose", [PIXELS], INPUT, perm=_NCHW_TO_NHWC)], []
    # Sums of whole numbers below 2^24: exact in float32, in any order.
    values: dict[str, Any] = {
        "client.luma": np.array(_LUMA, np.float32).reshape(1, 3, 1, 1),
        "client.channels": np.array([1], np.int64),
        "client.half": np.float32(_LUMA_HALF),
        "client.scale": np.float32(_LUMA_SCALE),
    }
    nodes = [
        _node("Mul", [PIXELS, "client.luma"], "client.weighted"),
        _node("ReduceSum", ["client.weighted", "client.channels"], "client.sum", keepdims=1),
        _node("Add", ["client.sum", "client.half"], "client.rounded"),
        _node("Mul", ["client.rounded", "client.scale"], "client.shifted"),
        _node("Floor", ["client.shifted"], "client.grey"),
        _node("Transpose", ["client.grey"], INPUT, perm=_NCHW_TO_NHWC),
    ]
    return nodes, [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()]


def _node(kind: str, inputs: list[str], output: str, **attributes: Any) -> NodeProto:
    return onnx.helper.make_node(kind, inputs, [output], name=f"client.{kind.lower()}.{output}", **attributes)


def _config(source: ExportSource) -> dict[str, Any]:
    """The least that makes both sides take the folder for a vision transformer with these labels."""
    preprocessing = source.preprocessing
    return {
        "architectures": ["ViTForImageClassification"],
        "model_type": "vit",
        "image_size": [preprocessing.height, preprocessing.width],
        "num_channels": 3,
        "id2label": {str(index): label for index, label in enumerate(source.labels)},
        "label2id": {label: index for index, label in enumerate(source.labels)},
        # In a browser its own choice would be q8.
        "transformers.js_config": {"dtype": "fp32"},
    }


def _preprocessor(preprocessing: Preprocessing) -> dict[str, Any]:
    """Values stay 0-255, for scaling is a layer inside the model; the size as the preprocessing's fit comes to it."""
    size = {"height": preprocessing.height, "width": preprocessing.width}
    crop = preprocessing.fit == "crop" and preprocessing.height == preprocessing.width
    return {
        "image_processor_type": "ViTImageProcessor",
        "do_convert_rgb": True,
        "do_resize": True,
        "size": {"shortest_edge": preprocessing.width} if crop else size,
        "resample": _BILINEAR,
        **({"do_center_crop": True, "crop_size": size} if crop else {}),
        # By 1: Python's side makes float32 of the bytes only where it scales.
        "do_rescale": True,
        "rescale_factor": 1.0,
        "do_normalize": False,
    }


def _notes(preprocessing: Preprocessing) -> list[str]:
    square = preprocessing.height == preprocessing.width
    notes = ["photos of another size are resized by the client's own means: give it photos of the input's size"]
    if preprocessing.fit not in ("squash", "crop") or (preprocessing.fit == "crop" and not square):
        notes.append(f"the client does not {preprocessing.fit}: photos of another shape are squashed")
    return notes
