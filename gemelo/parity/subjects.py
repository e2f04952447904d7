"""The images on which artifacts are compared, each with Keras's answer and the file its bytes come from."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import ImageError, NotFoundError
from gemelo.preprocessing import DEFAULT_MAX_PIXELS, Images, Preprocessing, prepare
from gemelo.preprocessing.photo_files import find, passed_over
from gemelo.store.files import sha256_file
from gemelo.store.found import advice_on, found_at
from gemelo.store.reference import ReferenceImage, ReferenceOutputs


@dataclass(frozen=True)
class Subject:
    """One image.

    Attributes:
        source: The file.
        name: What to call it.
        tensor_sha256: Of the input that Keras was given; None where Keras never saw it.
        expected: Keras's probabilities; None where Keras never saw it.
        label: Index of the true label, None where unknown.
        golden: Whether it is one of the generated images.
    """

    source: Path
    name: str
    tensor_sha256: str | None = None
    expected: NDArray[np.float32] | None = None
    label: int | None = None
    golden: bool = False

    @classmethod
    def of(cls, image: ReferenceImage, source: Path, *, golden: bool = False) -> "Subject":
        """A reference image whose file is here."""
        return cls(source, image.path, image.tensor_sha256, image.probabilities, image.label, golden)

    def without_reference(self) -> "Subject":
        """The same as a photo that Keras never saw."""
        return replace(self, tensor_sha256=None, expected=None)


def goldens(root: Path, reference: ReferenceOutputs) -> list[Subject]:
    """The goldens of the run or bundle at `root`."""
    return [Subject.of(image, root / image.path, golden=True) for image in reference.goldens]


def test_split(reference: ReferenceOutputs, data: Path | None) -> tuple[list[Subject], list[str]]:
    """The photos of the test split, where they still are what they were.

    Args:
        reference: What Keras answered.
        data: The data set's root, or None.

    Returns:
        The subjects found, and notes on those that were not.
    """
    if not reference.test:
        return [], ["there are no test photos: only the goldens were checked"]
    if data is None or not data.is_dir():
        where = "only the goldens were checked (--images FOLDER tells where they are now)"
        return [], [f"the {len(reference.test)} test photos are not here: {where}"]
    found = [Subject.of(image, data / image.path) for image in reference.test]
    with ThreadPoolExecutor() as pool:
        hashes = pool.map(lambda subject: _hash(subject.source), found)
    here = [s for s, image, digest in zip(found, reference.test, hashes, strict=True) if digest == image.sha256]
    gone = len(found) - len(here)
    return here, [f"{gone} of {len(found)} test photos are gone or changed: not checked"] if gone else []


def folder(reference: ReferenceOutputs, path: Path) -> tuple[list[Subject], list[str]]:
    """Every photo below a folder: those that Keras saw are known by their sha256, the others have no answer of its.

    Raises:
        NotFoundError: There is no such folder.
    """
    if not path.is_dir():
        raise NotFoundError(found_at(path), hint=advice_on(path))
    below = find(path)
    files = below.photos
    known = {image.sha256: image for image in reference.test}
    with ThreadPoolExecutor() as pool:
        hashes = list(pool.map(_hash, files))
    pairs = zip(files, hashes, strict=True)
    subjects = [Subject.of(known[h], f) if h in known else Subject(f, f.relative_to(path).as_posix()) for f, h in pairs]
    notes = [] if subjects else [f"{path}: no photo below it"]
    return subjects, notes + ([f"{path}: passed over {passed_over(below.others)}"] if below.others else [])


def batches(
    subjects: Sequence[Subject], preprocessing: Preprocessing, size: int = 16, max_pixels: int = DEFAULT_MAX_PIXELS
) -> Iterator[tuple[list[Subject], Images, list[tuple[Subject, str]]]]:
    """Prepare images on all cores, `size` at a time.

    Yields:
        The subjects that could be read, their uint8 tensors (n, h, w, c), and the others with what was wrong.
    """

    def attempt(subject: Subject) -> Images | str:
        try:
            return prepare(subject.source, preprocessing, max_pixels)
        except (ImageError, NotFoundError) as exc:
            return exc.message

    with ThreadPoolExecutor() as pool:
        for start in range(0, len(subjects), size):
            chunk = list(subjects[start : start + size])
            answers = list(zip(chunk, pool.map(attempt, chunk), strict=True))
            good = [(subject, image) for subject, image in answers if not isinstance(image, str)]
            images = np.stack([image for _, image in good]) if good else np.empty((0, *preprocessing.shape), np.uint8)
            yield (
                [subject for subject, _ in good],
                images,
                [(subject, image) for subject, image in answers if isinstance(image, str)],
            )


def _hash(path: Path) -> str:
    """The hash of a photo; empty where there is none, or a pipe or device that would be read for ever."""
    try:
        return sha256_file(path) if path.is_file() else ""
    except (OSError, ValueError):
        return ""
