"""A bundle and a runtime: photos in, labels with probabilities out."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from gemelo import runtimes
from gemelo.decisions import ranked
from gemelo.errors import ImageError, LabelMismatchError, Message, NotFoundError, RuntimeFailure, UsageError
from gemelo.parallel import chunks
from gemelo.prediction import Prediction
from gemelo.preprocessing import DEFAULT_MAX_PIXELS, Images, Preprocessing, Source, prepare, tensor
from gemelo.store.bundle import Artifact, Bundle


class Classifier:
    """One artifact of a bundle, loaded in its runtime. Use it in a `with` block, or call `close`.

    Args:
        bundle: An opened bundle.
        artifact: Which of its artifacts to run.
        threads: Number of threads of the runtime; None lets it choose.
        max_pixels: Refuse photos with more pixels before they are decoded.
        mirror: Also classify each photo's mirror image, and average the probabilities. Takes twice as long, and is
            slightly more accurate (Krizhevsky et al. 2012, section 4.1). Not for photos whose meaning mirroring
            changes, such as text.

    Raises:
        LabelMismatchError: The artifact's labels or its output don't match the bundle's labels.
        MissingDependencyError: The runtime is not installed.
    """

    def __init__(
        self,
        bundle: Bundle,
        artifact: Artifact,
        *,
        threads: int | None = None,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        mirror: bool = False,
    ) -> None:
        self.bundle = bundle
        self.artifact = artifact
        self.max_pixels = max_pixels
        self.mirror = mirror
        self._session = open_session(bundle.path, artifact, bundle.labels, threads=threads)

    @property
    def labels(self) -> list[str]:
        """The labels in index order."""
        return self.bundle.labels

    @property
    def threshold(self) -> float | None:
        """Highest probability below which the answer is "not sure"; None if there is no threshold."""
        return self.bundle.threshold

    @property
    def preprocessing(self) -> Preprocessing:
        """How a photo becomes the model's input."""
        return self.bundle.preprocessing

    def predict(self, image: Source, top: int | None = None) -> list[Prediction]:
        """Classify one photo.

        Args:
            image: A path, the bytes of an image file, an open binary file, a PIL image, or a uint8 array
                (h, w), (h, w, 3) or (h, w, 4).
            top: How many labels to return; all by default.

        Returns:
            The most probable first.

        Raises:
            ImageError: The photo cannot be read.
        """
        return next(self.predict_batch([image], top))

    def predict_batch(
        self, images: Iterable[Source], top: int | None = None, *, batch: int = 32
    ) -> Iterator[list[Prediction]]:
        """Classify many photos, `batch` at a time. Yields what `predict` returns, in the order of the photos."""
        if top is not None and top < 1:
            raise UsageError(f"top must be 1 or more, not {top}")
        source = iter(images)
        while chunk := list(islice(source, batch)):
            prepared = np.stack([prepare(image, self.preprocessing, self.max_pixels) for image in chunk])
            for row in self.probabilities(prepared):
                yield self._ranked(row, top)

    def predict_all(
        self, images: Iterable[Source], top: int | None = None, *, batch: int = 64
    ) -> Iterator[tuple[Source, list[Prediction] | ImageError]]:
        """Classify many photos, decoding on all cores. If a photo can't be read, the others are still classified.

        Yields:
            Each source in order, with what `predict` returns or the ImageError.
        """

        def attempt(image: Source) -> Images | ImageError:
            try:
                return prepare(image, self.preprocessing, self.max_pixels)
            except ImageError as exc:
                return exc
            except NotFoundError as exc:  # a link to nothing, or a file removed meanwhile
                return ImageError(exc.message)

        for chunk in chunks(attempt, images, batch):
            good = [prepared for _, prepared in chunk if not isinstance(prepared, ImageError)]
            answers = iter(self.probabilities(np.stack(good)) if good else ())
            for image, prepared in chunk:
                yield image, prepared if isinstance(prepared, ImageError) else self._ranked(next(answers), top)

    def is_sure(self, predictions: Sequence[Prediction]) -> bool:
        """Return whether the first label of an answer is at least as probable as the threshold.

        Photos that show none of the labels often fall below it, but not always.

        Args:
            predictions: What `predict` returned.
        """
        return self.bundle.is_sure(predictions[0].probability)

    def probabilities(self, images_u8: Images) -> NDArray[np.float32]:
        """Return the probabilities of images prepared by `gemelo.preprocessing.prepare`.

        Args:
            images_u8: uint8 (n, h, w, c).

        Returns:
            float32 (n, classes).
        """
        answers = run_session(self._session, images_u8, self.artifact)
        if not self.mirror:
            return answers
        mirrored_u8 = np.ascontiguousarray(images_u8[:, :, ::-1])
        return np.float32(0.5) * (answers + run_session(self._session, mirrored_u8, self.artifact))

    def close(self) -> None:
        """Release the memory of the runtime."""
        self._session.close()

    def __enter__(self) -> "Classifier":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ranked(self, row: NDArray[np.float32], top: int | None) -> list[Prediction]:
        return [Prediction(self.labels[i], float(row[i]), int(i)) for i in ranked(row, top)]


def load(
    path: str | Path,
    format: str | None = None,
    variant: str | None = None,
    *,
    threads: int | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    mirror: bool = False,
) -> Classifier:
    """Open a bundle, check every hash in it, and load one of its artifacts.

    Args:
        path: The bundle's folder.
        format: `onnx`, `tflite` or `tfjs`; None takes the first of these that the bundle has.
        variant: `fp32`, `fp16`, `int8`, ...: `gemelo info BUNDLE` lists them; None takes the most exact.
        threads: Number of threads of the runtime; None lets it choose.
        max_pixels: Refuse photos with more pixels before they are decoded.
        mirror: Also classify each photo's mirror image; see `Classifier`.

    Raises:
        UsageError: No such bundle or artifact, or the runtime is not installed.
        IntegrityError: A file of the bundle is missing or was changed.
    """
    bundle = Bundle.open(path)
    return Classifier(bundle, bundle.artifact(format, variant), threads=threads, max_pixels=max_pixels, mirror=mirror)


def open_session(
    root: Path, artifact: Artifact, labels: list[str], *, threads: int | None = None, reference: bool = False
) -> runtimes.Session:
    """Load an artifact in the runtime of its format, and hold its labels to the bundle's.

    Raises:
        LabelMismatchError: They differ, or there are more or fewer columns than labels.
    """
    runtime = runtimes.get(artifact.format)
    session = runtime.open(root / artifact.path, threads=threads, reference=reference)
    if session.labels is not None and session.labels != labels:
        raise LabelMismatchError(f"{artifact.name}: its labels {session.labels} are not the bundle's {labels}")
    if session.classes != len(labels):
        raise LabelMismatchError(Message("runtime.outputs", artifact.name, outputs=session.classes, labels=len(labels)))
    return session


def run_session(session: runtimes.Session, images_u8: Images, artifact: Artifact) -> NDArray[np.float32]:
    """Run prepared images, and refuse an answer that is no probability.

    Raises:
        RuntimeFailure: NaN, or a wrong shape.
    """
    answer = session.run(tensor(images_u8))
    if answer.shape != (len(images_u8), session.classes) or not np.isfinite(answer).all():
        raise RuntimeFailure(Message("runtime.nan", artifact.name, shape=answer.shape))
    return answer
