"""TFLite artifacts under LiteRT (`ai-edge-litert`), on the CPU: no TensorFlow."""

import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import Message, MissingDependencyError, RuntimeFailure

# A zip's member may claim to be anything and unpack to any size.
_MOST_METADATA = 1 << 24
_NO_LABELS = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError, RuntimeError, TypeError, ValueError)
NAME = "litert"
TITLE = "TFLite"
ORDER = 2
EXTRA = "litert"
PARALLEL = False


class TfliteSession:
    """A loaded TFLite file of batch 1. `labels` and `classes` as in `gemelo.runtimes.Session`."""

    def __init__(self, interpreter: Any, labels: list[str] | None) -> None:
        self._interpreter = interpreter
        self._input = interpreter.get_input_details()[0]
        self._output = interpreter.get_output_details()[0]
        self.classes = int(self._output["shape"][-1])
        self.labels = labels

    def run(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (n, classes) of images (n, h, w, c), float32 0-255, one by one."""
        answers = np.empty((len(images), self.classes), np.float32)
        try:
            for row, image in enumerate(images):
                self._interpreter.set_tensor(self._input["index"], image[np.newaxis])
                self._interpreter.invoke()
                answers[row] = self._interpreter.get_tensor(self._output["index"])[0]
        except (RuntimeError, ValueError) as exc:
            raise RuntimeFailure(Message("runtime.said", runtime="litert", reason=exc)) from exc
        return answers

    def close(self) -> None:
        """Free what it holds."""
        self._interpreter = None


def open(entry: Path, *, threads: int | None = None, reference: bool = False) -> TfliteSession:
    """Load a TFLite file; `reference` takes the plain kernels, without the XNNPACK delegate."""
    litert = _import()
    resolver = litert.OpResolverType.BUILTIN_REF if reference else litert.OpResolverType.AUTO
    try:
        content = entry.read_bytes()
        interpreter = litert.Interpreter(
            model_content=content, num_threads=threads, experimental_op_resolver_type=resolver
        )
        interpreter.allocate_tensors()
    except (OSError, RuntimeError, ValueError) as exc:
        raise RuntimeFailure(Message("runtime.cannot-load", runtime="litert", path=entry, reason=exc)) from exc
    return TfliteSession(interpreter, _labels(content))


def version() -> str:
    """The version of ai-edge-litert."""
    _import()
    from importlib.metadata import version as installed

    return installed("ai-edge-litert")


def _labels(content: bytes) -> list[str] | None:
    """Labels from the metadata: a TFLite file with metadata is a zip file too."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open("gemelo.json") as stream:
            return list(json.loads(stream.read(_MOST_METADATA))["labels"])
    except _NO_LABELS:
        return None


def _import() -> Any:
    try:
        from ai_edge_litert import interpreter
    except ImportError as exc:
        raise MissingDependencyError("ai-edge-litert", f"pip install 'gemelo[{EXTRA}]'") from exc
    return interpreter
