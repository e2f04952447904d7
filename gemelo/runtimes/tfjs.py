"""TF.js graph models, run by the page's own built code under Node: `@tensorflow/tfjs` on its wasm backend.

The Node process is shared by all sessions, except those of a thread within `apart` (`gemelo/runtimes/_node.py`).
"""

import weakref
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import RuntimeFailure
from gemelo.runtimes import _node
from gemelo.runtimes._node import apart
from gemelo.store.tfjs_weights import check_hashed as check_files

NAME = "tfjs"
TITLE = "TF.js"
ORDER = 3
EXTRA = ""
PARALLEL = False

__all__ = ["EXTRA", "NAME", "ORDER", "PARALLEL", "TITLE", "apart", "check_files", "open", "version"]

# Feature maps are many times as large as the images, and wasm has 4 GB: small batches, small frames.
_CHUNK_IMAGES = 64
_CHUNK_BYTES = 32 << 20


def version() -> str:
    """The version of TF.js in the built code.

    Raises:
        MissingDependencyError: no Node, or the code was not built.
    """
    with _node.shared() as process:
        return str(process.ask({"op": "version"})[0]["tfjs"])


def open(entry: Path, *, threads: int | None = None, reference: bool = False) -> "TfjsSession":
    """Opens the graph model whose `model.json` is `entry`.

    Args:
        entry: The model.json; the weight files it names lie beside it.
        threads: Ignored: TF.js has no threads under Node.
        reference: Run by the slow `cpu` backend, plain JavaScript, instead of wasm.

    Raises:
        MissingFileError: model.json or a weight file is not there.
        MissingDependencyError: no Node, or the code was not built.
        RuntimeFailure: TF.js cannot read the model.
    """
    del threads
    return TfjsSession(entry, "cpu" if reference else "wasm")


class TfjsSession:
    """One model in the Node process.

    Attributes:
        shape: Height, width, channels of one image.
        classes: Columns of the answer.
        labels: Labels in index order from inside the artifact, or None.
    """

    shape: tuple[int, int, int]
    classes: int
    labels: list[str] | None

    def __init__(self, entry: Path, backend: str) -> None:
        self._request = {"op": "open", "model": str(Path(entry).resolve()), "backend": backend}
        self._closed = False
        with _node.shared() as process:
            self._open(process)

    def run(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Answers a batch of any size.

        Args:
            images: float32 (n, height, width, channels), RGB, range 0-255.

        Returns:
            Probabilities, float32 (n, classes).

        Raises:
            RuntimeFailure: a wrong shape, or Node stopped or gave no answer in time.
        """
        batch = np.ascontiguousarray(images, dtype="<f4")
        if batch.shape[1:] != self.shape:
            wanted = ", ".join(map(str, self.shape))
            raise RuntimeFailure(f"the model takes images of shape (n, {wanted}), got {batch.shape}")
        size = max(1, min(_CHUNK_IMAGES, _CHUNK_BYTES // (4 * max(1, batch[:1].size))))
        parts = [self._run(batch[start : start + size]) for start in range(0, len(batch), size)]
        return np.concatenate(parts) if parts else np.empty((0, self.classes), np.float32)

    def close(self) -> None:
        """Frees the model in Node; twice does no harm."""
        self._closed = True
        self._release()
        _node.collect()

    def _run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._closed:
            raise RuntimeFailure("the TF.js session is closed")
        with _node.shared() as process:
            if process is not self._process:
                self._open(process)
            request = {"op": "run", "session": self._session, "count": len(batch)}
            _, payload = process.ask(request, batch.data.cast("B"))
        probabilities = np.frombuffer(payload, dtype="<f4").astype(np.float32)
        if probabilities.size != len(batch) * self.classes:
            raise RuntimeFailure(f"TF.js gave {probabilities.size} numbers for {len(batch)} images")
        return probabilities.reshape(len(batch), self.classes)

    def _open(self, process: _node.NodeProcess) -> None:
        process.collect()
        answer, _ = process.ask(self._request)
        self._process, self._session = process, int(answer["session"])
        height, width, channels = answer["shape"]
        self.shape, self.classes = (height, width, channels), int(answer["classes"])
        self.labels = answer["labels"]
        # A dropped session is only noted, for the collector may run in the middle of another's question.
        self._release = weakref.finalize(self, process.dropped.append, self._session)
        self._release.atexit = False
