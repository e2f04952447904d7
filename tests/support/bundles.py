"""A tiny bundle made by hand, without TensorFlow: the mean color of an image decides."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from gemelo.goldens import load_goldens
from gemelo.parity import Trial, goldens, measure
from gemelo.preprocessing import Preprocessing, prepare
from gemelo.store.bundle import Artifact, Bundle, BundleManifest, write_bundle
from gemelo.store.files import sha256_bytes, write_json
from gemelo.store.manifest import Metrics
from gemelo.store.reference import ReferenceImage, ReferenceOutputs, tensor_sha256

LABELS = ["cats", "dogs"]
PREPROCESSING = Preprocessing(16, 12)
WEIGHTS = np.array([[2.0, -1.0], [0.5, 0.25], [-2.0, 1.5]], np.float32)


def answer(image_u8: np.ndarray, weights: np.ndarray = WEIGHTS) -> np.ndarray:
    """What the tiny network answers, by numpy: softmax of the mean color times the weights."""
    logits = image_u8.reshape(-1, 3).astype(np.float64).mean(axis=0) / 255 @ weights.astype(np.float64)
    power = np.exp(logits - logits.max())
    return (power / power.sum()).astype(np.float32)


def write_onnx(path: Path, weights: np.ndarray = WEIGHTS, labels: list[str] | None = None) -> None:
    """The same network as an ONNX file."""
    height, width, channels = PREPROCESSING.shape
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("Mul", ["mean", "scale"], ["color"]),
        helper.make_node("MatMul", ["color", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", height, width, channels])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 2])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(np.float32(1 / 255), "scale")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"labels": str(labels or LABELS).replace("'", '"')})
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))


def make_reference(root: Path) -> ReferenceOutputs:
    """Write the goldens below `root` and record what the tiny network answers to them."""
    rows = []
    for golden in load_goldens():
        (root / "goldens").mkdir(parents=True, exist_ok=True)
        (root / "goldens" / golden.name).write_bytes(golden.data)
        image = prepare(golden.data, PREPROCESSING)
        digest = sha256_bytes(golden.data)
        rows.append(ReferenceImage(f"goldens/{golden.name}", digest, tensor_sha256(image), answer(image)))
    return ReferenceOutputs(LABELS, rows, [])


def make_bundle(root: Path) -> Bundle:
    """A whole, written, verified bundle with one ONNX artifact."""
    reference = make_reference(root)
    reference.save(root / "reference.json")
    (root / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS), encoding="utf-8")
    write_onnx(root / "onnx" / "fp32.onnx")
    artifact = Artifact.of(root, "onnx", "fp32", "onnx/fp32.onnx")
    trial = Trial(root, "tiny", [artifact], PREPROCESSING, LABELS, 0, goldens(root, reference))
    report = measure(trial)
    assert report.passed, report.artifacts[0].reasons
    report.save(root / "parity.json", root / "parity.html")
    manifest = BundleManifest(
        name="tiny",
        architecture="mean-color",
        parameters=6,
        preprocessing=PREPROCESSING,
        labels=LABELS,
        metrics=Metrics(accuracy=1.0),
        artifacts=[replace(artifact, parity=report.artifacts[0].summary())],
        files={},
    )
    write_bundle(root, manifest)
    return Bundle.open(root)


def reseal(bundle: Bundle, **change: Any) -> Bundle:
    """Write a bundle's manifest anew over the files as they are now, with other values of some fields."""
    write_bundle(bundle.path, replace(bundle.manifest, **change))
    return Bundle.open(bundle.path)


def rewrite_manifest(root: Path, change: dict[str, object]) -> None:
    """Write some fields of a bundle's manifest anew, as somebody with an editor would."""
    from gemelo.store.files import read_json

    write_json(root / "manifest.json", {**read_json(root / "manifest.json"), **change})
