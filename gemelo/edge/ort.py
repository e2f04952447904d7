"""model.ort: the model in onnxruntime's own format, its graph already optimized as far as holds on any processor."""

from typing import Any

from gemelo.errors import ExportError, MissingDependencyError
from gemelo.store.files import scratch_directory


def convert(model: bytes) -> bytes:
    """An ONNX model in onnxruntime's format.

    It loads faster, as onnxruntime need not optimize it again, and answers slower, for layouts made for one kind of
    processor are left out. The bytes differ from call to call: onnxruntime writes some tables in no fixed order.

    Raises:
        MissingDependencyError: onnxruntime is not installed.
        ExportError: It cannot convert the model.
    """
    with scratch_directory("ort") as folder:
        target = folder / "model.ort"
        ort = _import()
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(target)
        options.add_session_config_entry("session.save_model_format", "ORT")
        try:
            ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
            return target.read_bytes()
        except Exception as exc:  # onnxruntime has a tree of errors of its own
            raise ExportError(f"onnxruntime cannot convert the model to its own format: {exc}") from exc


def _import() -> Any:
    try:
        import onnxruntime
    except ImportError as exc:
        raise MissingDependencyError("onnxruntime", "pip install 'gemelo[onnx]'") from exc
    return onnxruntime
