"""ONNX files of anybody's, under onnxruntime."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from gemelo import installed
from gemelo.compare import begins
from gemelo.compare.beside import declared_inside, labels_beside
from gemelo.compare.model import Answers, Facts, Images, Input, Tensor, in_batches, one_output, rows
from gemelo.compare.onnx_file import Node, OnnxFile, with_outputs
from gemelo.compare.readers import OpenOptions
from gemelo.errors import GemeloError, MissingDependencyError, ModelError, RuntimeFailure
from gemelo.store.onnx_external import refuse_external

SUMMARY = "an ONNX file"
_TYPES = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(double)": "float64"}


def recognizes(path: Path) -> bool:
    """Whether it is named like one."""
    return path.suffix.lower() == ".onnx" and path.is_file()


def open(path: Path, options: OpenOptions) -> "OnnxModel":  # noqa: ARG001
    """Open a file."""
    try:
        data = path.read_bytes()
        refuse_external(data, path)
        file = OnnxFile.read(data)
    except OSError as exc:
        raise ModelError(f"{path}: cannot be read: {exc.strerror or exc}") from exc
    except ValueError as exc:
        raise ModelError(f"{path}: this is no ONNX model: {exc}", hint="copy or download it again") from exc
    except RuntimeFailure as exc:
        raise ModelError(exc.message, hint="copy or download it again") from exc
    return OnnxModel(path, data, file)


class OnnxModel:
    """A loaded ONNX file: a `gemelo.compare.model.Model`."""

    def __init__(self, path: Path, data: bytes, file: OnnxFile, *, optimized: bool = True) -> None:
        self._path, self._data, self._file, self._optimized = path, data, file, optimized
        self._session = _session(path, data, optimized)
        self.input = _input(path, self._session)
        self._output = _output(path, self._session)
        self.facts = _facts(path, file, self.input)

    def answer(self, images: Images) -> Answers:
        """Answer images (n, h, w, c)."""
        parts = [
            rows(self._path, self._run(self._session, [self._output], batch)[0], len(batch))[:count]
            for batch, count in in_batches(self.input, images)
        ]
        return np.concatenate(parts)

    def plain(self) -> "OnnxModel":
        """The same without onnxruntime's optimizations of the graph."""
        return OnnxModel(self._path, self._data, self._file, optimized=False)

    def tensors(self, images: Images) -> list[Tensor]:
        """Every intermediate tensor of numbers."""
        nodes = _images_nodes(self._file.nodes, self.input.name)
        names = [name for node in nodes for name in node.outputs if name]
        own = {output.name for output in self._session.get_outputs()}
        added = with_outputs(self._data, [name for name in names if name not in own])
        session = _session(self._path, added, self._optimized)
        parts = []
        for batch, count in in_batches(self.input, images):
            parts.append([np.asarray(value)[:count] for value in self._run(session, names, batch)])
        values = {name: np.concatenate(found) for name, found in zip(names, zip(*parts, strict=True), strict=True)}
        images_names = {self.input.name, *names}
        real = {node.inputs[0]: node.outputs[0] for node in nodes if node.kind == "DequantizeLinear"}
        return [
            _tensor(node, name, values, images_names, real.get(name, name))
            for node in nodes
            for name in node.outputs
            if name and values[name].dtype.kind in "fiu" and values[name].ndim and len(values[name]) == len(images)
        ]

    def close(self) -> None:
        """Free what it holds."""
        self._session = None

    def _run(self, session: Any, names: list[str], images: Images) -> list[Any]:
        try:
            found: list[Any] = session.run(names, {self.input.name: self.input.fed(images)})
        except Exception as exc:  # onnxruntime has a tree of errors of its own
            raise RuntimeFailure(f"{self._path}: onnxruntime: {_first_line(exc)}") from exc
        return found


def _session(path: Path, data: bytes, optimized: bool) -> Any:
    try:
        import onnxruntime as ort
    except ImportError as exc:
        raise MissingDependencyError("onnxruntime", "pip install 'gemelo[onnx]'") from exc
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.add_session_config_entry("session.force_spinning_stop", "1")
    if not optimized:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # as above
        raise ModelError(f"{path}: onnxruntime cannot load it: {_first_line(exc)}") from exc


def _first_line(exc: Exception) -> str:
    return (str(exc).strip().splitlines() or [type(exc).__name__])[0][:300]


def _input(path: Path, session: Any) -> Input:
    inputs = session.get_inputs()
    if len(inputs) != 1:
        names = ", ".join(each.name for each in inputs[:6])
        raise ModelError(f"{path}: the model has {len(inputs)} inputs ({names}); a classifier of photos has one")
    found = inputs[0]
    dtype = _TYPES.get(found.type) or found.type.removeprefix("tensor(").removesuffix(")")
    if dtype not in (*_TYPES.values(), "uint8", "int8", "int32"):
        raise ModelError(f"{path}: the input {found.name} takes {found.type}, not the pixels of photos")
    shape = [side if isinstance(side, int) and side > 0 else None for side in found.shape]
    return Input.of(path, found.name, shape, dtype)


def _output(path: Path, session: Any) -> str:
    outputs = [each for each in session.get_outputs() if each.type.startswith("tensor(")]
    return one_output(path, [(each.name, len(each.shape) if each.shape else None) for each in outputs])


def _facts(path: Path, file: OnnxFile, taken: Input) -> Facts:
    import onnxruntime

    declared = declared_inside(_json(file.metadata.get("gemelo", "")))
    declare = installed.load("importers.declare")
    scaled = begins.scales(
        (begins.Step(n.kind, n.inputs, n.outputs) for n in file.nodes), taken.name, set(file.weights)
    )
    if taken.dtype == "int8":
        own = declare.Declared(scale=declare.Scale((128.0,), (1.0,)))
    else:
        own = declare.Declared(scale=declare.IDENTITY if scaled or taken.dtype == "uint8" else None)
    labels = _json(file.metadata.get("labels", "")) or _names(file.metadata.get("names", ""))
    return Facts(
        format="ONNX",
        runtime=f"onnxruntime {onnxruntime.__version__}",
        precision="int8" if file.is_quantized else "fp16" if file.is_half or taken.dtype == "float16" else "fp32",
        declared=declared.over(own),
        labels=declared.labels or _labels(labels) or labels_beside(path),
        eight_bit=file.eight_bit,
    )


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _names(text: str) -> Any:
    """The labels that Ultralytics writes: {0: 'cat', 1: 'dog'}."""
    import ast

    try:
        found = ast.literal_eval(text) if len(text) < 1 << 20 else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return list(found.values()) if isinstance(found, dict) else None


def _labels(value: Any) -> tuple[str, ...] | None:
    try:
        return None if not isinstance(value, list) else tuple(installed.load("importers.labels").check(value, "it"))
    except GemeloError:
        return None


def _images_nodes(nodes: tuple[Node, ...], start: str) -> list[Node]:
    """The nodes whose outputs depend on the photo."""
    reached, found = {start}, []
    for node in nodes:
        if reached & set(node.inputs):
            found.append(node)
            reached.update(node.outputs)
    return found


def _tensor(node: Node, name: str, values: dict[str, Any], images: set[str], real: str) -> Tensor:
    """A tensor; of integers, the real numbers that they stand for."""
    inputs = tuple(each for each in node.inputs if each in images)
    value, saturated, limits = values[name], None, None
    if node.kind == "QuantizeLinear":
        saturated = float((value == np.iinfo(value.dtype).max).mean())
        limits = (float(values[real].min()), float(values[real].max()))
    return Tensor(name, node.kind, inputs, values[real].astype(np.float32), saturated, limits)
