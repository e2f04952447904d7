"""What Keras answered, written down once, so that nobody has to ask Keras again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo import schema
from gemelo.errors import LabelMismatchError
from gemelo.files import read_json, sha256_bytes, write_json
from gemelo.schema import Count, Sha256


@dataclass(frozen=True)
class RecordedImage:
    """One image and Keras's answer to it.

    Attributes:
        path: POSIX path, of a golden relative to the bundle, of a photo relative to its data set.
        sha256: Of the file's bytes.
        tensor_sha256: Of the uint8 tensor (h, w, c) that the contract makes of it, C order.
        probabilities: float32 (classes,).
        label: Index of the true label, None for goldens.
    """

    path: str
    sha256: Sha256
    tensor_sha256: Sha256
    probabilities: NDArray[np.float32]
    label: Count | None = None

    def to_json(self) -> dict[str, Any]:
        """As it stands in recorded.json: float32 by its shortest decimals that read back the same."""
        row: dict[str, Any] = {"path": self.path, "sha256": self.sha256}
        if self.label is not None:
            row["label"] = self.label
        row["tensor_sha256"] = self.tensor_sha256
        row["probabilities"] = [float(str(p)) for p in self.probabilities.astype(np.float32)]
        return row


@dataclass(frozen=True)
class Recorded:
    """Keras's answers on the goldens and on the test split.

    Attributes:
        labels: In index order.
        goldens: The generated images that travel with every bundle.
        test: The photos of the test split; they do not travel.
    """

    labels: list[str]
    goldens: list[RecordedImage]
    test: list[RecordedImage]

    def save(self, path: Path) -> None:
        """Write recorded.json, whole or not at all."""
        rows = {"goldens": [r.to_json() for r in self.goldens], "test": [r.to_json() for r in self.test]}
        write_json(path, {"labels": self.labels, **rows})

    @classmethod
    def load(cls, path: Path) -> "Recorded":
        """Read recorded.json.

        Raises:
            MissingFileError: It is not there.
            SchemaError: It is not such a file.
            LabelMismatchError: An answer has not as many probabilities as there are labels, or a label beyond them.
        """
        recorded = schema.read(cls, read_json(path), path)
        for image in [*recorded.goldens, *recorded.test]:
            if image.probabilities.shape != (len(recorded.labels),):
                raise LabelMismatchError(
                    f"{path}: {image.path} has {image.probabilities.size} probabilities, "
                    f"but there are {len(recorded.labels)} labels"
                )
            if image.label is not None and image.label >= len(recorded.labels):
                raise LabelMismatchError(f"{path}: {image.path} has label {image.label} of {len(recorded.labels)}")
        return recorded


def tensor_sha256(image_u8: NDArray[np.uint8]) -> str:
    """The sha256 of one uint8 tensor (h, w, c) in C order: what the contract is held to."""
    return sha256_bytes(np.ascontiguousarray(image_u8).tobytes())
