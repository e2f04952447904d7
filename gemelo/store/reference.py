"""What Keras answered, written down once, so that nobody has to ask Keras again.

    reference.json    every image with its hashes; of the goldens also the probabilities
    reference.npy     float32 (photos, classes): the probabilities of the test photos, in the order of reference.json

Bundles and runs of gemelo 0.1.0 have recorded.json instead, with all probabilities: they stay readable.
"""

import io
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import LabelMismatchError, Message, MissingFileError, SchemaError, TamperedFileError
from gemelo.store import schema, schema1
from gemelo.store.files import atomic_write, open_regular, read_json, safe_join, sha256_bytes, write_json
from gemelo.store.schema import OMITTED, Count, Sha256

REFERENCE, ANSWERS = "reference.json", "reference.npy"


@dataclass(frozen=True)
class ReferenceImage:
    """One image and Keras's answer to it.

    Attributes:
        path: POSIX path, of a golden relative to the bundle, of a photo relative to its data set.
        sha256: Of the file's bytes.
        tensor_sha256: Of the uint8 tensor (h, w, c) that the preprocessing makes of it, C order.
        probabilities: float32 (classes,).
        label: Index of the true label, None for goldens.
    """

    path: str
    sha256: Sha256
    tensor_sha256: Sha256
    probabilities: NDArray[np.float32]
    label: Count | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True)
class ReferenceOutputs:
    """Keras's answers on the goldens and on the test split.

    Attributes:
        labels: In index order.
        goldens: The generated images that travel with every bundle.
        test: The photos of the test split; they do not travel.
    """

    labels: list[str]
    goldens: list[ReferenceImage]
    test: list[ReferenceImage]

    def save(self, path: Path) -> None:
        """Write reference.json, and reference.npy beside it."""
        answers = None
        if self.test:
            data = _to_npy(np.stack([image.probabilities for image in self.test]))
            atomic_write(path.with_name(ANSWERS), data)
            answers = AnswersFile(ANSWERS, sha256_bytes(data))
        photos = [ReferencePhoto(image.path, image.sha256, image.tensor_sha256, image.label) for image in self.test]
        write_json(path, ReferenceFile(self.labels, self.goldens, answers, test=photos))

    @classmethod
    def load(cls, path: Path) -> "ReferenceOutputs":
        """Read reference.json, and reference.npy beside it.

        Raises:
            MissingFileError: One of them is not there.
            TamperedFileError: reference.npy is not what reference.json was written with.
            SchemaError: It is not such a file.
            LabelMismatchError: An answer has not as many probabilities as there are labels, or a label beyond them.
        """
        stored = schema.read(ReferenceFile, read_json(path), path)
        reference = cls(stored.labels, stored.goldens, _with_answers(stored, path))
        for image in [*reference.goldens, *reference.test]:
            if image.probabilities.shape != (len(reference.labels),):
                found, wanted = image.probabilities.size, len(reference.labels)
                raise LabelMismatchError(Message("answers.labels", path, path=image.path, found=found, wanted=wanted))
            if image.label is not None and image.label >= len(reference.labels):
                raise LabelMismatchError(
                    Message("answers.label", path, path=image.path, label=image.label, labels=len(reference.labels))
                )
        return reference


def name_in(files: Collection[str]) -> str:
    """The name of reference.json among the files of a run or bundle; those of gemelo 0.1.0 have another."""
    return schema1.REFERENCE if schema1.REFERENCE in files and REFERENCE not in files else REFERENCE


def tensor_sha256(image_u8: NDArray[np.uint8]) -> str:
    """The sha256 of one uint8 tensor (h, w, c) in C order: what the preprocessing is checked against."""
    return sha256_bytes(np.ascontiguousarray(image_u8).tobytes())


@dataclass(frozen=True)
class ReferencePhoto:
    """A photo of the test split; Keras's answer to it stands in reference.npy.

    Attributes:
        path: POSIX path relative to its data set.
        sha256: Of the file's bytes.
        tensor_sha256: Of the uint8 tensor (h, w, c) that the preprocessing makes of it, C order.
        label: Index of the true label.
        probabilities: Keras's answer in files of gemelo 0.1.0, which have no reference.npy.
    """

    path: str
    sha256: Sha256
    tensor_sha256: Sha256
    label: Count | None = field(default=None, metadata=OMITTED)
    probabilities: NDArray[np.float32] | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True)
class AnswersFile:
    """The array of Keras's answers, float32 (photos, classes), beside reference.json."""

    path: str
    sha256: Sha256


@dataclass(frozen=True)
class ReferenceFile:
    """reference.json.

    Attributes:
        labels: In index order.
        goldens: The generated images that travel with every bundle, and Keras's answers.
        answers: Where the answers to the test photos stand; None without any.
        test: The photos of the test split, row by row of `answers`.
    """

    labels: list[str]
    goldens: list[ReferenceImage]
    answers: AnswersFile | None = field(default=None, metadata=OMITTED)
    test: list[ReferencePhoto] = field(kw_only=True)


def _with_answers(stored: ReferenceFile, path: Path) -> list[ReferenceImage]:
    rows = [photo.probabilities for photo in stored.test]
    if stored.answers is not None:
        rows = list(_answers(path, stored.answers, (len(stored.test), len(stored.labels))))
    if any(row is None for row in rows):
        raise SchemaError(Message("answers.absent", path))
    return [
        ReferenceImage(photo.path, photo.sha256, photo.tensor_sha256, row, photo.label)
        for photo, row in zip(stored.test, rows, strict=True)
        if row is not None
    ]


def _to_npy(answers: NDArray[np.float32]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.ascontiguousarray(answers, dtype="<f4"), version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def _answers(record: Path, told: AnswersFile, shape: tuple[int, int]) -> NDArray[np.float32]:
    """The probabilities of the test photos (photos, classes).

    Raises:
        MissingFileError, TamperedFileError, SchemaError: See `ReferenceOutputs.load`.
        LabelMismatchError: There are not as many of them as photos and labels.
    """
    path = safe_join(record.parent, ANSWERS)
    try:
        with open_regular(path) as stream:
            data = stream.read()
    except OSError as exc:
        raise MissingFileError(Message("file.unreadable", path=path, reason=exc.strerror)) from exc
    if sha256_bytes(data) != told.sha256:
        raise TamperedFileError(Message("answers.hash", path))
    found, fortran, dtype, start = _header(path, data)
    if dtype != np.dtype("<f4") or fortran:
        raise SchemaError(Message("answers.type", path))
    if found != shape or len(data) - start != 4 * shape[0] * shape[1]:
        raise LabelMismatchError(Message("answers.shape", path, shape=found, wanted=shape))
    answers = np.frombuffer(data, "<f4", offset=start).reshape(shape)
    if not np.isfinite(answers).all():
        raise SchemaError(Message("answers.number", path))
    return answers


def _header(path: Path, data: bytes) -> tuple[tuple[int, ...], bool, Any, int]:
    """Shape, order, type and first byte of an array in NumPy's format, version 1.0.

    Raises:
        SchemaError: It is not one.
    """
    stream = io.BytesIO(data)
    try:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise SchemaError(Message("answers.version", path))
        return (*np.lib.format.read_array_header_1_0(stream), stream.tell())
    except SchemaError:
        raise
    except Exception as exc:  # ValueError, tokenize.TokenError, SyntaxError, ...: NumPy reads it as Python
        raise SchemaError(Message("answers.array", path)) from exc
