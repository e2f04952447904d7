"""The photos of one split, decoded."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cache import Decoded
from .dataset import Dataset


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
    def images_u8(self) -> "Rows":
        """uint8 (n, h, w, c), a slice of which is read when it is asked for."""
        return Rows(self.source_u8, self.rows)


@dataclass(frozen=True)
class Rows:
    """Rows of an array on disk, of which only a slice at a time is in memory.

    Attributes:
        source_u8: uint8 (photos, h, w, c).
        rows: Which of them (n,).
        mirrored: Whether left and right are exchanged.
    """

    source_u8: NDArray[np.uint8]
    rows: NDArray[np.int64]
    mirrored: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, part: slice) -> NDArray[np.uint8]:
        """uint8 (len of the slice, h, w, c)."""
        found = self.source_u8[self.rows[part]]
        return found[:, :, ::-1] if self.mirrored else found

    def each(self, at_once: int = 256) -> Iterator[NDArray[np.uint8]]:
        """One image (h, w, c) after another."""
        for start in range(0, len(self), at_once):
            yield from self[start : start + at_once]


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
