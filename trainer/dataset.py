"""Photos with labels and splits, as a training takes them; `trainer.scan` makes a list of them from a folder."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from gemelo.errors import DatasetError
from gemelo.preprocessing.photo_files import passed_over

TRAIN, VAL, TEST = "train", "val", "test"
_MOST = 12


@dataclass(frozen=True)
class Photo:
    """One photo of a data set.

    Attributes:
        path: Where it is.
        relative: POSIX path below the data set's folder.
        label: Index of its class.
        split: `train`, `val` or `test`.
    """

    path: Path
    relative: str
    label: int
    split: str


@dataclass(frozen=True)
class Dataset:
    """Photos in the order of their paths.

    Attributes:
        root: The folder.
        labels: Names of the classes, in index order.
        photos: Of all splits.
        held: {split: what people call it} of those that are not learned from.
        facts: What else a reader of the figures should know of the folder.
        others: Files beside the photos that are passed over.
        unused: Folders that are no split and no class.
    """

    root: Path
    labels: list[str]
    photos: list[Photo]
    held: dict[str, str]
    facts: list[str] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        """What a reader of the figures should know: what training was watched and tested on, and the facts."""
        if {VAL, TEST} <= set(self.held):
            return [f"watched on {self.held[VAL]} while training, final figures on {self.held[TEST]}", *self.facts]
        return [*(f"both the validation and the test split: {name}" for name in self.held.values()), *self.facts]

    @property
    def validation(self) -> str:
        """The split that training is watched on: `val` where there is one, else `test`."""
        return VAL if any(photo.split == VAL for photo in self.photos) else TEST

    def indices(self, split: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Positions in `photos` of one split."""
        return np.array([i for i, photo in enumerate(self.photos) if photo.split == split], dtype=np.int64)

    def targets(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """The label of every photo."""
        return np.array([photo.label for photo in self.photos], dtype=np.int64)

    def counts(self) -> dict[str, dict[str, int]]:
        """{split: {class: photos}}."""
        tally = Counter((photo.split, photo.label) for photo in self.photos)
        splits = [split for split in (TRAIN, VAL, TEST) if any(key[0] == split for key in tally)]
        return {split: {name: tally[split, i] for i, name in enumerate(self.labels)} for split in splits}

    def reading(self, unreadable: Iterable[str]) -> str:
        """What was read and what was passed over, on one line.

        Args:
            unreadable: Relative paths of the photos that cannot be read.
        """
        unread = [Path(name) for name in unreadable]
        total, passed = len(self.photos) + len(self.others), [*self.others, *unread]
        parts = [f"read {len(self.photos) - len(unread):,} of {total:,} files" if passed else f"read {total:,} files"]
        parts += [f"passed over {passed_over(passed)}"] if passed else []
        names = ", ".join(printable(name) for name in self.unused)
        parts += [f"unused folder{'s' if len(self.unused) > 1 else ''}: {names}"] if self.unused else []
        return "; ".join(parts)


def without(dataset: Dataset, unreadable: dict[str, str]) -> Dataset:
    """The data set without the photos that cannot be read.

    Args:
        dataset: As scanned.
        unreadable: {relative path: reason, and below it what to do}.

    Raises:
        DatasetError: A class has no readable photo left in a split.
    """
    kept = replace(dataset, photos=[photo for photo in dataset.photos if photo.relative not in unreadable])
    left = kept.counts()
    empty = [
        f"{split}: class {name!r} has no readable photo"
        for split, counts in dataset.counts().items()
        for name, count in counts.items()
        if count and not left.get(split, {}).get(name)
    ]
    if empty:
        reasons = [f"{printable(path)}: {reason_of(said)}" for path, said in list(unreadable.items())[:5]]
        lines = ["the first unreadable photos:", *reasons, *hints_of(unreadable.values())]
        raise problems(dataset.root, empty, "\n".join(lines))
    return kept


def reason_of(said: str) -> str:
    """Why a photo cannot be read, without what to do about it."""
    return said.partition("\n")[0]


def hints_of(said: Iterable[str]) -> list[str]:
    """What to do about photos that cannot be read, each hint once."""
    return list(dict.fromkeys(hint for text in said if (hint := text.partition("\n")[2])))


def printable(name: str) -> str:
    """A file's name as it can be shown on one line: control characters and broken UTF-8 escaped."""
    text = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def problems(root: Path, found: Sequence[str], hint: str) -> DatasetError:
    """An error that names what is wrong with a folder: the first twelve things, and how many more there are."""
    shown = [printable(problem) for problem in found[:_MOST]]
    more = [f"and {len(found) - _MOST} more"] if len(found) > _MOST else []
    return DatasetError(f"{printable(str(root))}: " + "\n  ".join(shown + more), hint=hint)
