"""A graph model written by hand, so that the TF.js runtime is tested without TensorFlow."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.runtimes import _node, tfjs

SHAPE = (2, 2, 3)
LABELS = ["cats", "dogs"]
MATRIX = (np.sin(np.arange(24)) / 100).astype(np.float32).reshape(12, 2)


def tiny_json() -> dict[str, Any]:
    """A graph model written by hand: flatten, a product with a matrix, softmax."""
    nodes = [
        {"name": "image", "op": "Placeholder", "attr": {"dtype": {"type": "DT_FLOAT"}}},
        {"name": "flat", "op": "Const", "attr": {"dtype": {"type": "DT_INT32"}}},
        {"name": "matrix", "op": "Const", "attr": {"dtype": {"type": "DT_FLOAT"}}},
        {"name": "row", "op": "Reshape", "input": ["image", "flat"]},
        {"name": "logits", "op": "MatMul", "input": ["row", "matrix"]},
        {"name": "probabilities", "op": "Softmax", "input": ["logits"]},
    ]
    weights = [
        {"name": "flat", "shape": [2], "dtype": "int32"},
        {"name": "matrix", "shape": list(MATRIX.shape), "dtype": "float32"},
    ]
    return {
        "format": "graph-model",
        "modelTopology": {"node": nodes, "versions": {}},
        "signature": {
            "inputs": {"image": {"name": "image:0", "tensorShape": dims(-1, *SHAPE)}},
            "outputs": {"probabilities": {"name": "probabilities:0", "tensorShape": dims(-1, 2)}},
        },
        "weightsManifest": [{"paths": ["weights.bin"], "weights": weights}],
        "userDefinedMetadata": {"labels": LABELS},
    }


def damaged(**changes: object) -> dict[str, Any]:
    return {**tiny_json(), **changes}


def with_weights(*paths: str) -> dict[str, Any]:
    return damaged(weightsManifest=[{**tiny_json()["weightsManifest"][0], "paths": list(paths)}])


def with_operation(name: str) -> dict[str, Any]:
    return json.loads(json.dumps(tiny_json()).replace('"Softmax"', f'"{name}"'))


def dims(*sizes: int) -> dict[str, Any]:
    return {"dim": [{"size": str(size)} for size in sizes]}


def check(session: tfjs.TfjsSession, count: int) -> None:
    """It answers `count` images as computed by hand."""
    batch = images(count)
    found = session.run(batch)
    assert found.shape == (count, 2)
    np.testing.assert_allclose(found, expected(batch), rtol=0, atol=1e-6)


def write_tiny(folder: Path, model: dict[str, Any] | None = None) -> Path:
    (folder / "weights.bin").write_bytes(np.array([-1, 12], "<i4").tobytes() + MATRIX.tobytes())
    entry = folder / "model.json"
    entry.write_text(json.dumps(model or tiny_json()))
    return entry


def images(count: int) -> NDArray[np.float32]:
    return np.random.default_rng(count).integers(0, 256, (count, *SHAPE)).astype(np.float32)


def expected(batch: NDArray[np.float32]) -> NDArray[np.float64]:
    logits = batch.reshape(len(batch), 12).astype(float) @ MATRIX.astype(float)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def memory() -> int:
    with _node.shared() as process:
        return int(process.ask({"op": "memory"})[0]["tensors"])


def current() -> _node.NodeProcess:
    with _node.shared() as process:
        return process
