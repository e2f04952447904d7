"""Photos with labels, a folder for each: the test split, and those that eight bits are calibrated on."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import DatasetError, ImageError, NotFoundError
from gemelo.parallel import chunks
from gemelo.preprocessing import Preprocessing, prepare
from gemelo.preprocessing.photo_files import find, is_ignored
from gemelo.store.files import sha256_bytes

_CALIBRATION = 256
_SHARE = 3  # one photo of so many is for calibration, where there are few
_SPLITS = ("test", "test_set", "testing", "val", "valid", "validation", "train", "training", "training_set")


@dataclass(frozen=True)
class Photo:
    """A photo on disk.

    Attributes:
        path: Of the file.
        relative: POSIX, below the folder of all photos.
        label: The name of its folder.
    """

    path: Path
    relative: str
    label: str


@dataclass(frozen=True)
class Photos:
    """A folder of photos.

    Attributes:
        root: It.
        photos: In the order of their paths.
    """

    root: Path
    photos: list[Photo]

    @property
    def folders(self) -> tuple[str, ...]:
        """The names of the folders, sorted as Keras sorts them."""
        return tuple(sorted({photo.label for photo in self.photos}))

    def check(self, labels: tuple[str, ...]) -> None:
        """Hold the folders to the labels.

        Raises:
            DatasetError: A folder is of no label; names all of them.
        """
        if strangers := [name for name in self.folders if name not in labels]:
            splits = [name for name in strangers if name.lower() in _SPLITS]
            hint = f"the labels are {', '.join(labels[:8])}{', ...' if len(labels) > 8 else ''}"
            if splits:
                hint = f"give the folder of one split: --photos {self.root / splits[0]}"
            raise DatasetError(f"{self.root}: photos of unknown labels: {', '.join(strangers[:8])}", hint=hint)

    def split(self) -> tuple[list[Photo], list[Photo]]:
        """The photos to test on, and up to 256 others: of each label a share, chosen by a fixed seed."""
        rng = np.random.default_rng(_CALIBRATION)
        aside: set[str] = set()
        most = max(1, _CALIBRATION // max(1, len(self.folders)))
        for label in self.folders:
            own = [photo.relative for photo in self.photos if photo.label == label]
            number = min(most, len(own) // _SHARE)
            aside |= {own[i] for i in rng.permutation(len(own))[:number]}
        test = [photo for photo in self.photos if photo.relative not in aside]
        return test, [photo for photo in self.photos if photo.relative in aside]


@dataclass(frozen=True)
class Decoded:
    """A photo as the model's input.

    Attributes:
        photo: It.
        sha256: Of its bytes.
        image_u8: uint8 (h, w, c).
    """

    photo: Photo
    sha256: str
    image_u8: NDArray[np.uint8]


def read(root: Path) -> Photos:
    """List the photos below a folder that has a folder for each label.

    Raises:
        NotFoundError: There is no such folder.
        DatasetError: It has no photos in folders.
    """
    if not root.is_dir():
        raise NotFoundError(f"{root}: there is no such folder", hint="--photos takes a folder with one for each label")
    found = []
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and not is_ignored(path.name)):
        label = unicodedata.normalize("NFC", folder.name)
        found += [Photo(path, path.relative_to(root).as_posix(), label) for path in find(folder).photos]
    if not found:
        raise DatasetError(
            f"{root}: no photos in folders", hint="put them in a folder for each label: DIR/cats/1.jpg, DIR/dogs/2.jpg"
        )
    return Photos(root, found)


def decode(
    photos: list[Photo], preprocessing: Preprocessing, max_pixels: int, unreadable: list[str]
) -> Iterator[Decoded]:
    """Decode photos on all cores, in their order; those that cannot be read are named in `unreadable`."""

    def work(photo: Photo) -> Decoded | str:
        try:
            data = photo.path.read_bytes()
            return Decoded(photo, sha256_bytes(data), prepare(data, preprocessing, max_pixels))
        except ImageError as exc:
            return f"{photo.relative}: {exc.message}"
        except OSError as exc:
            return f"{photo.relative}: {exc.strerror or exc}"

    for chunk in chunks(work, photos, 8):
        for _, found in chunk:
            if isinstance(found, Decoded):
                yield found
            else:
                unreadable.append(found)
