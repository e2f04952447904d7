"""A tiny bundle made by hand, without TensorFlow: the mean colour of an image decides."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from gemelo.bundle import Artefact, Bundle, seal_bundle
from gemelo.contract import Contract, prepare
from gemelo.files import sha256_bytes, write_json
from gemelo.goldens import load_goldens
from gemelo.parity import Trial, goldens, measure
from gemelo.recorded import Recorded, RecordedImage, tensor_sha256

LABELS = ["cats", "dogs"]
CONTRACT = Contract(16, 12)
WEIGHTS = np.array([[2.0, -1.0], [0.5, 0.25], [-2.0, 1.5]], np.float32)


def answer(image_u8: np.ndarray, weights: np.ndarray = WEIGHTS) -> np.ndarray:
    """What the tiny network answers, by numpy: softmax of the mean colour times the weights."""
    logits = image_u8.reshape(-1, 3).astype(np.float64).mean(axis=0) / 255 @ weights.astype(np.float64)
    power = np.exp(logits - logits.max())
    return (power / power.sum()).astype(np.float32)


def write_onnx(path: Path, weights: np.ndarray = WEIGHTS, labels: list[str] | None = None) -> None:
    """The same network as an ONNX file."""
    height, width, channels = CONTRACT.shape
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("Mul", ["mean", "scale"], ["colour"]),
        helper.make_node("MatMul", ["colour", "weights"], ["logits"]),
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


def make_recorded(root: Path) -> Recorded:
    """Write the goldens below `root` and record what the tiny network answers to them."""
    rows = []
    for golden in load_goldens():
        (root / "goldens").mkdir(parents=True, exist_ok=True)
        (root / "goldens" / golden.name).write_bytes(golden.data)
        image = prepare(golden.data, CONTRACT)
        digest = sha256_bytes(golden.data)
        rows.append(RecordedImage(f"goldens/{golden.name}", digest, tensor_sha256(image), answer(image)))
    return Recorded(LABELS, rows, [])


def make_bundle(root: Path) -> Bundle:
    """A whole, sealed, verified bundle with one ONNX artefact."""
    recorded = make_recorded(root)
    recorded.save(root / "recorded.json")
    (root / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS), encoding="utf-8")
    write_onnx(root / "onnx" / "fp32.onnx")
    artefact = Artefact.of(root, "onnx", "fp32", "onnx/fp32.onnx")
    trial = Trial(root, "tiny", [artefact], CONTRACT, LABELS, 0, goldens(root, recorded))
    report = measure(trial)
    assert report.passed, report.artefacts[0].reasons
    report.save(root / "parity.json", root / "parity.html")
    sealed = Artefact(artefact.format, artefact.variant, artefact.path, artefact.files, report.artefacts[0].summary())
    manifest = {
        "name": "tiny",
        "architecture": "mean-colour",
        "parameters": 6,
        "convolutions": 0,
        "contract": CONTRACT.to_json(),
        "labels": LABELS,
        "metrics": {"accuracy": 1.0},
        "left_out": [],
    }
    seal_bundle(root, manifest, [sealed])
    return Bundle.open(root)


def rewrite_manifest(root: Path, change: dict[str, object]) -> None:
    """Write some fields of a bundle's manifest anew, as somebody with an editor would."""
    from gemelo.files import read_json

    write_json(root / "manifest.json", {**read_json(root / "manifest.json"), **change})
