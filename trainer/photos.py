"""The photos of one split, decoded."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.cache import Decoded
from trainer.dataset import Dataset


@dataclass(frozen=True)
class Photos:
    """One split, in the order of its paths.

    Attributes:
        source_u8: uint8 (photos, h, w, c): all that were decoded, mapped from disk.
        rows: Which of them are in this split (n,).
        labels: Index of each one's class (n,).
        paths: POSIX, below the data set's folder.
        sha256: Of each photo's bytes.
    """

    source_u8: NDArray[np.uint8]
    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    paths: list[str]
    sha256: list[str]

    @property
    def images_u8(self) -> NDArray[np.uint8]:
        """uint8 (n, h, w, c), read into memory."""
        return self.source_u8[self.rows]


def of_split(dataset: Dataset, split: str, decoded: Decoded, row: dict[str, int]) -> Photos:
    """Take one split out of what was decoded; of what others decoded, nothing.

    Args:
        dataset: Readable photos only.
        split: `train`, `val` or `test`.
        decoded: Of the data set as it was scanned.
        row: {relative path: position in `decoded`}.
    """
    chosen = [photo for photo in dataset.photos if photo.split == split and photo.relative in row]
    rows = [row[photo.relative] for photo in chosen]
    return Photos(
        source_u8=decoded.images_u8,
        rows=np.array(rows, np.int64),
        labels=np.array([photo.label for photo in chosen], np.int64),
        paths=[photo.relative for photo in chosen],
        sha256=[decoded.sha256[i] for i in rows],
    )
