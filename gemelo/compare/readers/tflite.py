"""TFLite files of anybody's, under LiteRT."""

import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo import installed
from gemelo.compare import begins
from gemelo.compare.beside import declared_inside, labels_beside
from gemelo.compare.model import Answers, Facts, Images, Input, Tensor, in_batches, one_output, rows
from gemelo.compare.readers import OpenOptions, head
from gemelo.errors import GemeloError, MissingDependencyError, ModelError, RuntimeFailure

SUMMARY = "a TFLite file"
_MOST_METADATA = 1 << 24  # bytes; a zip's member may claim to unpack to any size
_NO_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError, RuntimeError, ValueError, NotImplementedError)
_INTEGERS = ("int8", "uint8", "int16")


def recognizes(path: Path) -> bool:
    """Whether it begins like one, or is named like one."""
    return head(path)[4:8] == b"TFL3" or (path.suffix.lower() == ".tflite" and path.is_file())


def open(path: Path, options: OpenOptions) -> "TfliteModel":  # noqa: ARG001
    """Open a file."""
    try:
        return TfliteModel(path, path.read_bytes())
    except OSError as exc:
        raise ModelError(f"{path}: cannot be read: {exc.strerror or exc}") from exc


class TfliteModel:
    """A loaded TFLite file: a `gemelo.compare.model.Model`."""

    def __init__(self, path: Path, data: bytes, *, optimized: bool = True) -> None:
        self._path, self._data, self._optimized = path, data, optimized
        self._interpreter = _interpreter(path, data, "AUTO" if optimized else "BUILTIN_REF")
        self._taken = _one(path, self._interpreter.get_input_details())
        self._given = _output(path, self._interpreter.get_output_details())
        self.input = _input(path, self._taken)
        self.facts = _facts(path, data, self._interpreter, self._taken, self._given)

    def answer(self, images: Images) -> Answers:
        """Answer images (n, h, w, c)."""
        parts = []
        for batch, count in in_batches(self.input, images):
            self._invoke(self._interpreter, batch)
            value = self._interpreter.get_tensor(self._given["index"])
            parts.append(rows(self._path, _real(value, self._given), len(batch))[:count])
        return np.concatenate(parts)

    def plain(self) -> "TfliteModel":
        """The same by LiteRT's plain kernels."""
        return TfliteModel(self._path, self._data, optimized=False)

    def tensors(self, images: Images) -> list[Tensor]:
        """Every intermediate tensor."""
        interpreter = _interpreter(self._path, self._data, "BUILTIN_WITHOUT_DEFAULT_DELEGATES", keep=True)
        steps = _steps(interpreter)
        details = {each["index"]: each for each in interpreter.get_tensor_details()}
        wanted = [(op, index) for op in steps for index in op["outputs"] if index in details]
        parts: dict[int, list[NDArray[Any]]] = {index: [] for _, index in wanted}
        for batch, count in in_batches(self.input, images):
            self._invoke(interpreter, batch)
            for index, found in parts.items():
                value = interpreter.get_tensor(index)
                found.append(value[:count] if value.ndim and len(value) == len(batch) else value)
        names = _unique_names(details)
        whole = {index: np.concatenate(found) for index, found in parts.items() if found[0].ndim}
        made = {self._taken["index"], *whole}
        return [
            _tensor(names[index], op, details[index], whole[index], tuple(names[i] for i in op["inputs"] if i in made))
            for op, index in wanted
            if index in whole and len(whole[index]) == len(images)
        ]

    def close(self) -> None:
        """Free what it holds."""
        self._interpreter = None

    def _invoke(self, interpreter: Any, images: Images) -> None:
        fed = self.input.fed(images)
        try:
            if tuple(interpreter.get_input_details()[0]["shape"]) != fed.shape:
                interpreter.resize_tensor_input(self._taken["index"], fed.shape)
                interpreter.allocate_tensors()
            interpreter.set_tensor(self._taken["index"], fed)
            interpreter.invoke()
        except (RuntimeError, ValueError) as exc:
            raise RuntimeFailure(f"{self._path}: LiteRT: {exc}") from exc


def _interpreter(path: Path, data: bytes, resolver: str, *, keep: bool = False) -> Any:
    try:
        from ai_edge_litert import interpreter as litert
    except ImportError as exc:
        raise MissingDependencyError("ai-edge-litert", "pip install 'gemelo[litert]'") from exc
    try:
        found = litert.Interpreter(
            model_content=data,
            num_threads=2,
            experimental_op_resolver_type=getattr(litert.OpResolverType, resolver),
            experimental_preserve_all_tensors=keep,
        )
        found.allocate_tensors()
    except (RuntimeError, ValueError) as exc:
        reason = (str(exc).strip().splitlines() or ["it is damaged"])[0]
        raise ModelError(f"{path}: LiteRT cannot load it: {reason}") from exc
    return found


def _one(path: Path, details: list[dict[str, Any]]) -> dict[str, Any]:
    if len(details) != 1:
        raise ModelError(f"{path}: the model has {len(details)} inputs; a classifier of photos has one")
    return details[0]


def _input(path: Path, taken: dict[str, Any]) -> Input:
    shape = [int(side) for side in taken["shape"]]
    signature = [int(side) for side in taken.get("shape_signature", shape)] or shape
    open_sides = [None if i and side < 0 else own for i, (side, own) in enumerate(zip(signature, shape, strict=True))]
    step, zero = taken["quantization"]
    return Input.of(path, str(taken["name"]), open_sides, np.dtype(taken["dtype"]).name).with_step(step, zero)


def _output(path: Path, details: list[dict[str, Any]]) -> dict[str, Any]:
    name = one_output(path, [(str(each["name"]), len(each["shape"])) for each in details])
    return next(each for each in details if each["name"] == name)


def _facts(path: Path, data: bytes, interpreter: Any, taken: dict[str, Any], given: dict[str, Any]) -> Facts:
    from importlib.metadata import version

    inside = _zipped(data)
    declared = declared_inside(inside.get("gemelo.json"))
    kinds = [np.dtype(each["dtype"]).name for each in interpreter.get_tensor_details()]
    eight = sum(kind in ("int8", "uint8") for kind in kinds)
    return Facts(
        format="TFLite",
        runtime=f"LiteRT {version('ai-edge-litert')}",
        precision="int8" if eight else "fp16" if "float16" in kinds else "fp32",
        declared=declared.over(_own(interpreter, taken)),
        labels=declared.labels or inside.get("labels") or labels_beside(path),
        eight_bit=eight,
        output_step=float(given["quantization"][0]),
    )


def _own(interpreter: Any, taken: dict[str, Any]) -> Any:
    """What the graph says of its input: its range where that is in 8 bits, or that it scales pixels itself."""
    declare = installed.load("importers.declare")
    step, zero = taken["quantization"]
    kind = np.dtype(taken["dtype"])
    if kind.name in ("int8", "uint8"):
        low = int(np.iinfo(kind).min)
        # The lowest integer stands for a byte of 0: (x - mean) / std is then what the integer stands for.
        return declare.Declared(scale=declare.Scale((float(zero - low),), (1 / step if step else 1.0,)))
    steps = _steps(interpreter)
    made = {index for op in steps for index in op["outputs"]} | {taken["index"]}
    constants = {str(each["index"]) for each in interpreter.get_tensor_details() if each["index"] not in made}
    plain = [begins.Step(op["kind"], _texts(op["inputs"]), _texts(op["outputs"])) for op in steps]
    scaled = begins.scales(plain, str(taken["index"]), constants)
    return declare.Declared(scale=declare.IDENTITY if scaled else None)


def _texts(numbers: list[int]) -> tuple[str, ...]:
    return tuple(str(number) for number in numbers)


def _steps(interpreter: Any) -> list[dict[str, Any]]:
    """The operations: kind, and the numbers of the tensors that each takes and gives."""
    ops = interpreter._get_ops_details()  # noqa: SLF001  there is no public way to the graph
    return [
        {
            "kind": str(op["op_name"]),
            "inputs": [int(i) for i in op["inputs"] if i >= 0],
            "outputs": [int(i) for i in op["outputs"] if i >= 0],
        }
        for op in ops
        if op["op_name"] != "DELEGATE"
    ]


def _tensor(
    name: str, op: dict[str, Any], detail: dict[str, Any], value: NDArray[Any], inputs: tuple[str, ...]
) -> Tensor:
    saturated = limits = None
    if value.dtype.name in ("int8", "uint8") and detail["quantization"][0]:
        ends = np.iinfo(value.dtype)
        step, zero = detail["quantization"]
        saturated = float((value == ends.max).mean()) + (float((value == ends.min).mean()) if zero != ends.min else 0.0)
        limits = (step * (ends.min - zero), step * (ends.max - zero))
    return Tensor(name, op["kind"], inputs, _real(value, detail), saturated, limits)


def _unique_names(details: dict[int, dict[str, Any]]) -> dict[int, str]:
    """The names of tensors, each once; converters join those of fused layers with `;`."""
    found: dict[int, str] = {}
    for index, detail in details.items():
        name = str(detail["name"]).split(";")[0]
        found[index] = f"{name} (tensor {index})".strip() if not name or name in found.values() else name
    return found


def _real(value: NDArray[Any], detail: dict[str, Any]) -> NDArray[np.float32]:
    step, zero = detail["quantization"]
    real = value.astype(np.float32)
    return (real - np.float32(zero)) * np.float32(step) if step and value.dtype.name in _INTEGERS else real


def _zipped(data: bytes) -> dict[str, Any]:
    """The metadata of gemelo, and labels of TFLite's own: a file with metadata is a zip file too."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            found: dict[str, Any] = {}
            if "gemelo.json" in names:
                with archive.open("gemelo.json") as stream:
                    found["gemelo.json"] = json.loads(stream.read(_MOST_METADATA))
            texts = [name for name in names if name.endswith(".txt") and "label" in name.lower()]
            if texts:
                with archive.open(texts[0]) as stream:
                    lines = stream.read(_MOST_METADATA).decode("utf-8").splitlines()
                found["labels"] = tuple(installed.load("importers.labels").check(lines, texts[0]))
            return found
    except (*_NO_ZIP, GemeloError):
        return {}
