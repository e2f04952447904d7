"""The model in onnxruntime: photos in, labels with probabilities out."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.decisions import is_sure, ranked
from gemelo.edge.device.whole import Pack
from gemelo.errors import (
    ImageError,
    LabelMismatchError,
    MissingDependencyError,
    NotFoundError,
    RuntimeFailure,
)
from gemelo.prediction import Prediction
from gemelo.preprocessing import DEFAULT_MAX_PIXELS, Images, Source, prepare, tensor
from gemelo.store.onnx_external import refuse_external

CURE = "python3 -m venv venv && venv/bin/pip install --no-deps -r requirements.txt, then venv/bin/python classify.py"
BATCH = 32
_ORT = b"ORTM"  # onnxruntime's own format, which has its weights inside


class Model:
    """A pack's model, loaded.

    Args:
        pack: Already opened, so its hashes were checked.
        threads: For onnxruntime; None lets it choose.
        max_pixels: Larger photos are refused before they are decoded.

    Raises:
        MissingDependencyError: onnxruntime is not installed.
        LabelMismatchError: The model's labels, or its output, are not the pack's.
        RuntimeFailure: onnxruntime cannot load it.
    """

    def __init__(self, pack: Pack, *, threads: int | None = None, max_pixels: int = DEFAULT_MAX_PIXELS) -> None:
        self.pack = pack
        self.max_pixels = max_pixels
        self._session = _load(pack, threads)
        self._input = self._session.get_inputs()[0].name
        output = self._session.get_outputs()[0]
        self._output = output.name
        inside = self._session.get_modelmeta().custom_metadata_map.get("labels")
        if inside and not _says(inside, pack.labels):
            raise LabelMismatchError(f"{pack.root}: the labels in the model {inside} are not the pack's {pack.labels}")
        if output.shape[-1] != len(pack.labels):
            raise LabelMismatchError(f"{pack.root}: {output.shape[-1]} outputs, but {len(pack.labels)} labels")

    def probabilities(self, images_u8: Images) -> NDArray[np.float32]:
        """Probabilities, float32 (n, classes), of prepared images, uint8 (n, h, w, c).

        Raises:
            RuntimeFailure: onnxruntime stopped, or answered NaN or a wrong shape.
        """
        try:
            answer = np.asarray(self._session.run([self._output], {self._input: tensor(images_u8)})[0], np.float32)
        except Exception as exc:  # onnxruntime has a tree of errors of its own
            raise RuntimeFailure(f"onnxruntime: {exc}") from exc
        if answer.shape != (len(images_u8), len(self.pack.labels)) or not np.isfinite(answer).all():
            raise RuntimeFailure(f"the runtime answered NaN, or the wrong shape {answer.shape}")
        return answer

    def prepare(self, source: Source) -> Images:
        """A photo as the model's input, uint8 (h, w, c).

        Raises:
            ImageError: The photo cannot be read.
            NotFoundError: There is no file at that path.
        """
        return prepare(source, self.pack.preprocessing, self.max_pixels)

    def ranked(self, image: Images, top: int | None = None) -> list[Prediction]:
        """Classify one prepared image, uint8 (h, w, c), the most probable label first."""
        return self._ranked(self.probabilities(image[None])[0], top)

    def answer_all(
        self, paths: Sequence[Path], top: int | None = None
    ) -> Iterator[tuple[Path, list[Prediction] | ImageError]]:
        """Classify many photos, decoding on all cores; one that cannot be read does not stop the others."""
        if len(paths) == 1:  # a pool of threads takes its time to be imported
            yield paths[0], self.attempt(paths[0], top)
            return
        from concurrent.futures import ThreadPoolExecutor

        source = iter(paths)
        with ThreadPoolExecutor() as pool:
            while chunk := list(islice(source, BATCH)):
                prepared = list(pool.map(self._try_to_prepare, chunk))
                good = [image for image in prepared if not isinstance(image, ImageError)]
                answers = iter(self.probabilities(np.stack(good)) if good else ())
                for path, result in zip(chunk, prepared, strict=True):
                    yield path, result if isinstance(result, ImageError) else self._ranked(next(answers), top)

    def attempt(self, source: Source, top: int | None = None) -> list[Prediction] | ImageError:
        """Classify one photo, the most probable label first, or say why it cannot be read."""
        image = self._try_to_prepare(source)
        return image if isinstance(image, ImageError) else self.ranked(image, top)

    def is_sure(self, answer: list[Prediction] | ImageError) -> bool:
        """Whether an answer counts: whether its first label is as probable as this model must be to answer."""
        return isinstance(answer, ImageError) or bool(is_sure(answer[0].probability, self.pack.threshold))

    def _try_to_prepare(self, source: Source) -> Images | ImageError:
        try:
            return self.prepare(source)
        except ImageError as exc:
            return exc
        except NotFoundError as exc:  # a link to nothing, or a file removed meanwhile
            return ImageError(exc.message)

    def _ranked(self, row: NDArray[np.float32], top: int | None) -> list[Prediction]:
        return [Prediction(self.pack.labels[i], float(row[i]), int(i)) for i in ranked(row, top)]


def _says(text: str, labels: list[str]) -> bool:
    try:
        return bool(json.loads(text) == labels)
    except (ValueError, RecursionError):
        return False


def _load(pack: Pack, threads: int | None) -> Any:
    try:
        import onnxruntime
    except ImportError as exc:
        raise MissingDependencyError("onnxruntime", CURE) from exc
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads is not None:
        options.intra_op_num_threads = threads
    data = pack.read(pack.manifest.model)
    if data[4:8] != _ORT:
        refuse_external(data, pack.root / pack.manifest.model)
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as exc:
        raise RuntimeFailure(f"onnxruntime cannot load {pack.root / pack.manifest.model}: {exc}") from exc
