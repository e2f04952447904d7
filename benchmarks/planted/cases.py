"""The faults and the clean pairs: each makes its files in a folder and says what `gemelo compare` is asked."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto

from benchmarks.planted import edits
from gemelo.compare.beside import declaration
from gemelo.compare.feed import Feed, decode
from gemelo.compare.readers import OpenOptions, find
from gemelo.preprocessing import Preprocessing

PETS = Path("models/cats_vs_dogs")
LARGE = Path("models/cats_vs_dogs_224")
SMALL = Path("bundles/drawings")
CROP = {"fit": "crop", "filter": "pillow-bilinear"}


@dataclass(frozen=True)
class Case:
    """A pair.

    Attributes:
        name: What is planted.
        make: The two files, made in a folder.
        stage: What should be named: the stage of the cause; None where it is a layer, or nothing.
        layer: The tensor of B at which it should depart.
        common, own: What is said of both, of B.
        tolerance: The largest difference; None for the default.
    """

    name: str
    make: Callable[[Path], tuple[Path, Path]]
    stage: str | None = None
    layer: str | None = None
    common: dict[str, Any] | None = None
    own: dict[str, Any] | None = None
    tolerance: float | None = None


def onnx(source: Path, *changes: Callable[[Any], None], keep: bool = True) -> Callable[[Path], tuple[Path, Path]]:
    """The artifact against an edited copy."""
    file = source / "onnx/fp32.onnx"
    return lambda folder: (file, edits.onnx_copy(file, folder / "b.onnx", *changes, keep=keep))


def declared(source: Path, **said: Any) -> Callable[[Path], tuple[Path, Path]]:
    """The artifact against a copy that knows nothing, with a file beside it that says something wrong."""

    def make(folder: Path) -> tuple[Path, Path]:
        file = source / "onnx/fp32.onnx"
        copy = edits.onnx_copy(file, folder / "b.onnx", keep=False)
        (folder / "b.onnx.gemelo.json").write_text(json.dumps(said), encoding="utf-8")
        return file, copy

    return make


def answers(source: Path, photos: Path, **change: Any) -> Callable[[Path], tuple[Path, Path]]:
    """The artifact against what a program wrote down that feeds it in another way."""

    def make(folder: Path) -> tuple[Path, Path]:
        file = source / "onnx/fp32.onnx"
        model = find(file).open(file, OpenOptions())
        said = model.facts.declared
        own = {"fit": said.fit, "filter": said.filter} | {k: v for k, v in change.items() if k in ("fit", "filter")}
        rest = {key: value for key, value in change.items() if key not in own}
        feed = Feed(Preprocessing(said.width, said.height, 3, **own), said.scale, **rest)
        rows = {}
        for path in sorted(photos.rglob("*.jpg")):
            image = feed.numbers(decode(path, feed.decoding)[np.newaxis])
            rows[path.relative_to(photos).as_posix()] = [float(str(p)) for p in model.answer(image)[0]]
        model.close()
        (folder / "b.json").write_text(json.dumps({"labels": list(model.facts.labels or ()), "answers": rows}))
        return file, folder / "b.json"

    return make


def tflite(source: Path, edit: Callable[[Any], None]) -> Callable[[Path], tuple[Path, Path]]:
    """ONNX against an edited TFLite file."""
    file = source / "tflite/int8.tflite"
    return lambda folder: (source / "onnx/fp32.onnx", edits.tflite_copy(file, folder / "b.tflite", edit))


def tfjs(source: Path, variant: str, name: str, edit: Callable[[Any], Any]) -> Callable[[Path], tuple[Path, Path]]:
    """ONNX against a TF.js model with one weight edited."""
    model = source / "tfjs" / variant
    return lambda folder: (source / "onnx/fp32.onnx", edits.tfjs_copy(model, folder / "b", name, edit))


def pair(one: Path, other: Path) -> Callable[[Path], tuple[Path, Path]]:
    """Two files as they are."""
    return lambda folder: (one, other)


def _bgr_tflite(model: Any) -> None:
    """The first convolution wants BGR."""
    graph = model.subgraphs[0]
    first = next(op for op in graph.operators if len(op.inputs) == 3 and graph.tensors[op.inputs[1]].shape[-1] == 3)
    tensor = graph.tensors[first.inputs[1]]
    buffer = model.buffers[tensor.buffer]
    data = np.frombuffer(bytes(buffer.data), np.int8).reshape(list(tensor.shape))
    buffer.data = np.ascontiguousarray(data[..., ::-1]).view(np.uint8).reshape(-1)


def _narrow_tflite(model: Any) -> None:
    """The range of one activation is a fifth of what it was."""
    graph = model.subgraphs[0]
    made = [op.outputs[0] for op in graph.operators if len(op.inputs) == 3]
    quantization = graph.tensors[made[8]].quantization
    quantization.scale = [float(value) * 0.2 for value in quantization.scale]


def faults(photos: Path) -> list[Case]:
    """Twenty-five faults."""
    x, bgr = "conv_1.weight.x.stored", edits.channels_reversed
    second = "gemelo_1/conv2d_1_2/convolution/ReadVariableOp"
    nhwc = np.array([-1, 3, 96, 96], np.int64)
    raw = {"scale": "0..255", **CROP}
    return [
        Case("scale: wants 0..1", onnx(PETS, edits.multiplied("mul_1.factor", 255.0)), "scale"),
        Case("scale: wants -1..1", onnx(PETS, _symmetric, keep=False), "scale", own={"scale": "0..1", **CROP}),
        Case("scale: declared as torch", declared(PETS, **{**raw, "scale": "torch"}), "scale"),
        Case("BGR: ONNX", onnx(PETS, bgr(x, 1)), "channel order"),
        Case("BGR: TFLite in 8 bits", tflite(PETS, _bgr_tflite), "channel order", own=raw),
        Case(
            "BGR: TF.js", tfjs(SMALL, "fp32", "gemelo_1/conv2d_1/convolution/ReadVariableOp", _flipped), "channel order"
        ),
        Case("filter: nearest", declared(PETS, **{**raw, "filter": "pillow-nearest"}), "filter"),
        Case("filter: TensorFlow's bilinear", answers(PETS, photos, filter="tf-bilinear"), "filter"),
        Case("filter: OpenCV's bilinear", declared(PETS, **{**raw, "filter": "opencv-bilinear"}), "filter"),
        Case("fit: squash", declared(PETS, **{**raw, "fit": "squash"}), "fit"),
        Case("fit: padded", answers(PETS, photos, fit="pad"), "fit"),
        Case("EXIF ignored", answers(PETS, photos, exif=False), "EXIF"),
        Case("label order", onnx(PETS, edits.at_end("Gather", constant=np.array([1, 0]), axis=1)), "labels"),
        Case("layout: NHWC read as NCHW", onnx(PETS, _reshaped(nhwc)), "layout"),
        Case("layout: rows and columns", onnx(PETS, edits.at_start("Transpose", perm=[0, 2, 1, 3])), "layout"),
        Case("softmax twice", onnx(PETS, edits.at_end("Softmax", axis=-1)), "softmax"),
        Case("temperature", onnx(PETS, _temperature), "temperature"),
        Case("float16 weights", onnx(PETS, edits.expanded, edits.halves), "float16", tolerance=1e-5),
        Case("a changed weight", onnx(PETS, edits.multiplied("conv_9.weight.factor", 1.5)), layer="conv_9"),
        Case("a changed weight in TF.js", tfjs(SMALL, "fp32", second, _more), layer="gemelo_1/conv2d_1_2/Relu"),
        Case("two layers swapped", onnx(PETS, _swapped), layer="conv_13"),
        Case("a wrong padding", onnx(PETS, edits.attribute("conv_1", "pads", [1, 1, 0, 0])), layer="conv_1"),
        Case("an activation without its limit", onnx(PETS, _unlimited), layer="clip_6"),
        Case("8 bits, range too small: ONNX", _narrow_onnx, "quantization"),
        Case("8 bits, range too small: TFLite", tflite(PETS, _narrow_tflite), "quantization", own=raw),
    ]


def _symmetric(graph: Any) -> None:
    """Wants x / 127.5 - 1 where it wanted x / 128 - 0.99...: the scaling of the file becomes its inverse."""
    factor, bias = float(edits.weight(graph, "mul_1.factor")), float(edits.weight(graph, "add_1.bias"))
    edits.set_weight(graph, "mul_1.factor", np.float32(127.5 * factor))
    edits.set_weight(graph, "add_1.bias", np.float32(bias + 127.5 * factor))


def _flipped(value: Any) -> Any:
    return value[:, :, ::-1]


def _more(value: Any) -> Any:
    changed = value.copy()
    changed[..., :8] *= 2
    return changed


def _reshaped(shape: Any) -> Callable[[Any], None]:
    def edit(graph: Any) -> None:
        transpose = edits.node(graph, "transpose_1")
        transpose.op_type = "Reshape"
        del transpose.attribute[:]
        from onnx import numpy_helper

        graph.initializer.append(numpy_helper.from_array(shape, "misread"))
        transpose.input.append("misread")

    return edit


def _temperature(graph: Any) -> None:
    for name in ("matmul_1.weight.factor", "add_7.bias"):
        edits.multiplied(name, 0.5)(graph)


def _swapped(graph: Any) -> None:
    """Two convolutions of one shape change places: the first of them departs."""
    shapes: dict[Any, str] = {}
    for each in graph.initializer:
        if each.name.endswith(".weight.x.stored") and each.name.startswith("conv_"):
            number = int(each.name.split(".")[0].removeprefix("conv_"))
            key = tuple(each.dims)
            if number >= 12 and key in shapes:
                first, second = shapes[key], each.name.split(".")[0]
                parts = ("weight.x.stored", "weight.factor", "bias")
                edits.exchanged(*((f"{first}.{part}", f"{second}.{part}") for part in parts))(graph)
                return
            if number >= 12:
                shapes[key] = each.name.split(".")[0]


def _unlimited(graph: Any) -> None:
    edits.node(graph, "clip_6").input[2] = "no_limit"
    from onnx import numpy_helper

    graph.initializer.append(numpy_helper.from_array(np.float32(1e6), "no_limit"))


def _narrow_onnx(folder: Path) -> tuple[Path, Path]:
    file = PETS / "onnx/int8.onnx"
    import onnx as package

    names = [each.output[0] for each in package.load(str(file)).graph.node if each.op_type == "QuantizeLinear"]
    return PETS / "onnx/fp32.onnx", edits.onnx_copy(file, folder / "b.onnx", edits.narrower(names[7], 0.2))


def clean(photos: Path) -> list[Case]:
    """Fourteen pairs that agree, across formats."""
    raw = {"scale": "0..255", **CROP}
    first = (edits.at_start("Transpose", perm=[0, 2, 3, 1]), edits.input_shape(["batch", 3, 96, 96]))
    pixels = edits.input_shape(["batch", 96, 96, 3], TensorProto.UINT8)
    integers = (edits.at_start("Cast", to=TensorProto.FLOAT), pixels)
    bgr = edits.channels_reversed("conv_1.weight.x.stored", 1)
    reordered = edits.at_end("Gather", constant=np.array([1, 0]), axis=1)
    second = edits.at_end("Gather", constant=np.array([1]), axis=1)
    return [
        Case("ONNX and TFLite in 8 bits", pair(PETS / "onnx/fp32.onnx", PETS / "tflite/int8.tflite")),
        Case("ONNX and TF.js", pair(PETS, PETS / "tfjs/uint8/model.json")),
        Case("ONNX and ONNX in 8 bits", pair(PETS / "onnx/fp32", PETS / "onnx/int8")),
        Case("small: ONNX and TFLite", pair(SMALL / "onnx/fp32", SMALL / "tflite/fp32")),
        Case("small: TFLite and TF.js", pair(SMALL / "tflite/fp32", SMALL / "tfjs/fp32")),
        Case("224: two formats in 8 bits", pair(LARGE / "onnx/int8", LARGE / "tflite/int8")),
        Case("NCHW input", onnx(PETS, *first, keep=False), own=raw),
        Case("uint8 input", onnx(PETS, *integers, keep=False), own=CROP),
        Case("a fixed batch of 4", onnx(PETS, edits.input_shape([4, 96, 96, 3]))),
        Case("one logit", onnx(PETS, edits.without_end, second, keep=False), own=raw),
        Case("float16 weights", onnx(PETS, edits.expanded, edits.halves)),
        Case("BGR, and said so", onnx(PETS, bgr, keep=False), own={**raw, "channel_order": "bgr"}),
        Case("other label order, and said so", onnx(PETS, reordered, keep=False), own={**raw, "labels": "dogs,cats"}),
        Case("answers written down", answers(PETS, photos)),
    ]  # fmt: skip


def said(values: dict[str, Any] | None) -> Any:
    """As a `Declared`."""
    return declaration(**(values or {}))
