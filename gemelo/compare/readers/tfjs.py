"""TF.js graph and layers models of anybody's, run by the whole of TF.js under Node."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo import installed
from gemelo.compare import begins
from gemelo.compare.beside import declared_inside, labels_beside
from gemelo.compare.model import Answers, Facts, Images, Input, Tensor, in_batches, one_output, rows
from gemelo.compare.readers import OpenOptions
from gemelo.errors import GemeloError, MissingDependencyError, ModelError, RuntimeFailure, UsageError
from gemelo.runtimes import _node
from gemelo.store.files import read_json

SUMMARY = "a graph or layers model of TF.js (its folder, or model.json)"
SCRIPT = _node.SCRIPT.with_name("compare.mjs")
# Tensors that are asked for at once: their bytes go through one answer.
_AT_ONCE = 40


def recognizes(path: Path) -> bool:
    """Whether it is a model.json, or a folder with one."""
    return _entry(path) is not None


def open(path: Path, options: OpenOptions) -> "TfjsModel":  # noqa: ARG001
    """Open a model."""
    entry = _entry(path)
    try:
        value = read_json(entry) if entry else None
    except GemeloError as exc:
        raise ModelError(f"{path}: this is no model of TF.js: {exc.message}") from exc
    if entry is None or not isinstance(value, dict) or "modelTopology" not in value:
        raise ModelError(f"{path}: this is no model of TF.js: it has no modelTopology")
    return TfjsModel(path, entry, value, "wasm")


class TfjsModel:
    """A model in a Node process of its own: a `gemelo.compare.model.Model`."""

    def __init__(self, path: Path, entry: Path, value: dict[str, Any], backend: str) -> None:
        self._path, self._entry, self._value, self._backend = path, entry, value, backend
        if not SCRIPT.is_file():
            raise MissingDependencyError(f"the built TF.js runtime ({SCRIPT})", "make web")
        self._process = _node.NodeProcess([_node.find_node(), str(SCRIPT)])
        try:
            self._about = self._ask({"op": "open", "model": str(entry.resolve()), "backend": backend})
            self.input = _input(path, self._about["inputs"], value)
            self._output = one_output(
                path, [(each["name"], len(each["shape"] or [])) for each in self._about["outputs"]]
            )
            self.facts = _facts(path, value, self.input, self._about)
        except BaseException:
            self._process.close()
            raise

    def answer(self, images: Images) -> Answers:
        """Answer images (n, h, w, c)."""
        parts = []
        for batch, count in in_batches(self.input, images):
            parts.append(rows(self._path, self._run(batch, [self._output])[self._output], len(batch))[:count])
        return np.concatenate(parts)

    def plain(self) -> "TfjsModel":
        """The same on the backend of plain JavaScript."""
        return TfjsModel(self._path, self._entry, self._value, "cpu")

    def tensors(self, images: Images) -> list[Tensor]:
        """The outputs of all nodes of a graph, or of all layers."""
        nodes = [node for node in self._about["nodes"] if node["kind"] not in ("Placeholder", "Const", "InputLayer")]
        reached, wanted = {self.input.name}, []
        for node in nodes:
            if reached & set(node["inputs"]):
                reached.add(node["name"])
                wanted.append(node)
        found: list[Tensor] = []
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            values = self._inside(images, [node["name"] for node in some])
            for node in some:
                value = values.get(node["name"])
                if value is not None and value.ndim and len(value) == len(images):
                    inputs = tuple(name for name in node["inputs"] if name in reached)
                    found.append(Tensor(node["name"], node["kind"], inputs, value))
        return found

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def _inside(self, images: Images, names: list[str]) -> dict[str, NDArray[np.float32]]:
        parts = [
            {name: value[:count] if value.ndim else value for name, value in self._run(batch, names).items()}
            for batch, count in in_batches(self.input, images)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0] if parts[0][name].ndim}

    def _run(self, images: Images, names: list[str]) -> dict[str, NDArray[np.float32]]:
        fed = self.input.fed(images).astype("<f4")
        header = {"op": "run", "shape": list(fed.shape), "names": names}
        try:
            answer, payload = self._process.ask(header, fed.data.cast("B"))
        except RuntimeFailure as exc:
            raise RuntimeFailure(f"{self._path}: {exc.message}") from exc
        numbers = np.frombuffer(payload, "<f4")
        found, at = {}, 0
        for each in answer["tensors"]:
            size = int(np.prod(each["shape"], dtype=int))
            found[each["name"]] = numbers[at : at + size].reshape(each["shape"]).astype(np.float32)
            at += size
        return found

    def _ask(self, header: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._process.ask(header)[0]
        except UsageError:
            raise
        except GemeloError as exc:
            raise ModelError(f"{self._path}: {exc.message}") from exc


def _entry(path: Path) -> Path | None:
    if path.is_dir():
        return path / "model.json" if (path / "model.json").is_file() else None
    return path if path.suffix.lower() == ".json" and path.is_file() and _is_model(path) else None


def _is_model(path: Path) -> bool:
    """Whether a JSON file is named like a model, or has what one has."""
    if path.name == "model.json":
        return True
    try:
        with path.open("rb") as stream:
            return b'"weightsManifest"' in stream.read() if path.stat().st_size < 64 << 20 else False
    except OSError:
        return False


def _input(path: Path, inputs: list[dict[str, Any]], value: dict[str, Any]) -> Input:
    if len(inputs) != 1:
        raise ModelError(f"{path}: the model has {len(inputs)} inputs; a classifier of photos has one")
    sides = inputs[0]["shape"] or _signed(value)
    shape = [side if isinstance(side, int) and side > 0 else None for side in sides]
    return Input.of(path, inputs[0]["name"], shape, "int32" if inputs[0]["dtype"] == "int32" else "float32")


def _signed(value: dict[str, Any]) -> list[int]:
    """The shape of the input as the signature has it, where the graph does not say."""
    try:
        (taken,) = value["signature"]["inputs"].values()
        return [int(side["size"]) for side in taken["tensorShape"]["dim"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        return []


def _facts(path: Path, value: dict[str, Any], taken: Input, about: dict[str, Any]) -> Facts:
    inside = value.get("userDefinedMetadata")
    declared = declared_inside(inside)
    declare = installed.load("importers.declare")
    constants = {node["name"] for node in about["nodes"] if node["kind"] == "Const"}
    steps = [begins.Step(node["kind"], tuple(node["inputs"]), (node["name"],)) for node in about["nodes"]]
    scaled = begins.scales((s for s in steps if s.outputs[0] != taken.name), taken.name, constants)
    scaled = scaled or any(node["kind"] in ("Rescaling", "Normalization") for node in about["nodes"])
    kinds = [kind for kind in about["weights"] if kind != "int32"]
    return Facts(
        format="TF.js layers" if about["format"] == "layers-model" else "TF.js",
        runtime=f"TF.js {about['tfjs']}",
        precision="int8" if "uint8" in kinds else "fp16" if "float16" in kinds or "uint16" in kinds else "fp32",
        declared=declared.over(declare.Declared(scale=declare.IDENTITY if scaled else None)),
        labels=declared.labels
        or _checked(inside, path)
        or _teachable(path)
        or labels_beside(path if path.is_dir() else path.parent),
        eight_bit=kinds.count("uint8"),
    )


def _teachable(path: Path) -> tuple[str, ...] | None:
    """The labels in the metadata.json of Teachable Machine."""
    place = (path if path.is_dir() else path.parent) / "metadata.json"
    try:
        return _checked(json.loads(place.read_text(encoding="utf-8")), place) if place.is_file() else None
    except (OSError, ValueError):
        return None


def _checked(value: Any, where: Path) -> tuple[str, ...] | None:
    """The labels in an object; None where it has none that are fit."""
    labels = value.get("labels") if isinstance(value, dict) else None
    try:
        return tuple(installed.load("importers.labels").check(labels, where)) if isinstance(labels, list) else None
    except GemeloError:
        return None
