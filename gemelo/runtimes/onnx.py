"""ONNX artifacts under onnxruntime, on the CPU."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import Message, MissingDependencyError, RuntimeFailure
from gemelo.store.onnx_external import refuse_external

NAME = "onnxruntime"
TITLE = "ONNX"
ORDER = 1
EXTRA = "onnx"
PARALLEL = True


class OnnxSession:
    """A loaded ONNX file. `labels` and `classes` as in `gemelo.runtimes.Session`."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        output = session.get_outputs()[0]
        self._output = output.name
        self.classes = int(output.shape[-1])
        labels = session.get_modelmeta().custom_metadata_map.get("labels")
        self.labels: list[str] | None = json.loads(labels) if labels else None

    def run(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (n, classes) of images (n, h, w, c), float32 0-255."""
        try:
            answer = self._session.run([self._output], {self._input: images})[0]
        except Exception as exc:  # onnxruntime has a tree of errors of its own
            raise RuntimeFailure(Message("runtime.said", runtime="onnxruntime", reason=exc)) from exc
        return np.asarray(answer, dtype=np.float32)

    def outputs(self, images: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Every output by name, of a model that has several: that of a bundle's layers."""
        try:
            answers = self._session.run(None, {self._input: images})
        except Exception as exc:  # as above
            raise RuntimeFailure(Message("runtime.said", runtime="onnxruntime", reason=exc)) from exc
        return dict(zip((output.name for output in self._session.get_outputs()), answers, strict=True))

    def close(self) -> None:
        """Free what it holds."""
        self._session = None


def open(entry: Path, *, threads: int | None = None, reference: bool = False) -> OnnxSession:
    """Load an ONNX file; `reference` switches the graph's optimizations off."""
    ort = _import()
    options = ort.SessionOptions()
    options.log_severity_level = 3
    # Threads that wait for work by spinning are quick within an answer, but take a core from who decodes after it.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    if threads is not None:
        options.intra_op_num_threads = threads
    if reference:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    refuse_external(entry.read_bytes(), entry)
    try:
        return OnnxSession(ort.InferenceSession(str(entry), options, providers=["CPUExecutionProvider"]))
    except Exception as exc:
        raise RuntimeFailure(Message("runtime.cannot-load", runtime="onnxruntime", path=entry, reason=exc)) from exc


def version() -> str:
    """The version of onnxruntime."""
    return str(_import().__version__)


def _import() -> Any:
    try:
        import onnxruntime
    except ImportError as exc:
        raise MissingDependencyError("onnxruntime", f"pip install 'gemelo[{EXTRA}]'") from exc
    return onnxruntime
