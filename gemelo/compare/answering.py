"""Every model answers every photo, a few photos at a time: memory does not grow with the folder."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gemelo.compare.feed import Bytes, decode
from gemelo.compare.sides import Side, check_classes
from gemelo.errors import DatasetError, ImageError, NotFoundError, RuntimeFailure
from gemelo.parallel import chunks
from gemelo.preprocessing import Preprocessing
from gemelo.preprocessing.photo_files import find, passed_over
from gemelo.progress import Progress
from gemelo.store.found import found_at

_AT_ONCE = 8
Decoded = dict[tuple[Preprocessing, bool], Bytes]


@dataclass(frozen=True)
class Photo:
    """A photo.

    Attributes:
        path: Of the file.
        name: Relative to the folder that was given, POSIX.
    """

    path: Path
    name: str

    @property
    def folder(self) -> str:
        """The name of the folder that it lies in: of its label, where photos are sorted."""
        return Path(self.name).parent.name


@dataclass
class Answered:
    """What came of it.

    Attributes:
        photos: Those that could be read.
        raw: {letter: float32 (photos, columns)} of those that answered to the end.
        failures: {letter: why it stopped}.
        notes: What was passed over.
    """

    photos: list[Photo]
    raw: dict[str, NDArray[np.float32]]
    failures: dict[str, str]
    notes: list[str] = field(default_factory=list)


def photos_in(folder: Path) -> tuple[list[Photo], list[str]]:
    """The photos below a folder, and a note on what is passed over.

    Raises:
        NotFoundError: There is no such folder.
        DatasetError: It has no photos.
    """
    if not folder.is_dir():
        raise NotFoundError(found_at(folder), hint="--images takes a folder of photos")
    found = find(folder)
    if not found.photos:
        raise DatasetError(f"{folder}: no photo below it", hint="--images takes a folder of photos")
    notes = [f"{folder}: passed over {passed_over(found.others)}"] if found.others else []
    return [Photo(path, path.relative_to(folder).as_posix()) for path in found.photos], notes


def answer_all(sides: Sequence[Side], photos: list[Photo], max_pixels: int, progress: Progress) -> Answered:
    """Let every model answer every photo.

    Raises:
        DatasetError: No photo can be read, or none has an answer that was written down.
        LabelMismatchError: Models tell different numbers of classes apart, or labels do not fit.
    """
    photos, notes = _in_common(sides, photos)
    decodings = list({side.feed.decoding for side in sides if side.feed is not None})
    parts: dict[str, list[NDArray[np.float32]]] = {side.letter: [] for side in sides}
    answered = Answered([], {}, {}, notes)

    def work(photo: Photo) -> Decoded | str:
        try:
            return {decoding: decode(photo.path, decoding, max_pixels) for decoding in decodings}
        except (ImageError, NotFoundError) as exc:
            return exc.message

    checked = False
    with progress.step("comparing", len(photos)) as done:
        for chunk in chunks(work, photos, _AT_ONCE):
            good = [(photo, found) for photo, found in chunk if not isinstance(found, str)]
            answered.notes += [found for _, found in chunk if isinstance(found, str)]
            answered.photos += [photo for photo, _ in good]
            for side in sides if good else ():
                if side.letter not in answered.failures:
                    try:
                        parts[side.letter].append(_answer(side, good))
                    except RuntimeFailure as exc:
                        answered.failures[side.letter] = exc.message
            if not checked and good:
                check_classes(sides, {letter: max(2, found[0].shape[1]) for letter, found in parts.items() if found})
                checked = True
            done(len(chunk))
    if not answered.photos:
        raise DatasetError("no photo could be read", hint="\n".join(answered.notes[:3]) or None)
    answered.raw = {k: np.concatenate(v) for k, v in parts.items() if v and k not in answered.failures}
    return answered


def _answer(side: Side, good: list[tuple[Photo, Decoded]]) -> NDArray[np.float32]:
    if side.feed is None:
        recorded = side.model.facts.recorded or {}
        return np.stack([recorded[photo.name] for photo, _ in good])
    return side.model.answer(side.feed.numbers(np.stack([found[side.feed.decoding] for _, found in good])))


def _in_common(sides: Sequence[Side], photos: list[Photo]) -> tuple[list[Photo], list[str]]:
    """The photos to which every file of answers has one."""
    notes = list[str]()
    for side in sides:
        recorded = side.model.facts.recorded
        if recorded is None:
            continue
        kept = [photo for photo in photos if photo.name in recorded]
        if not kept:
            some = ", ".join(list(recorded)[:3])
            raise DatasetError(
                f"{side.path}: it has no answer to any of the {len(photos)} photos",
                hint=f"its photos are called {some}; those of --images {photos[0].name}, ...",
            )
        if len(kept) < len(photos):
            notes.append(f"{side.called} has no answer to {len(photos) - len(kept)} of {len(photos)} photos")
        photos = kept
    return photos, notes
