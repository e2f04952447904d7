"""Folders of photos in the usual layouts, as a list of photos with labels.

    DIR/{training_set,train,training}/CLASS/...  with  DIR/{test_set,test,val,validation}/CLASS/...
    DIR/CLASS/...                                split by seed, class by class

Names are compared without case, hidden files are ignored, order is that of the names: the same on every machine.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gemelo.contract import EXTENSIONS, FOREIGN_EXTENSIONS
from gemelo.errors import DatasetError, NotFoundError

TRAIN, VAL, TEST = "train", "val", "test"
FOLDERS = {
    TRAIN: ("training_set", "train", "training"),
    TEST: ("test_set", "test"),
    VAL: ("val", "validation"),
}
_LAYOUTS = "expected DIR/{train,test}/CLASS/photo.jpg or DIR/CLASS/photo.jpg with two classes or more"


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
    """

    root: Path
    labels: list[str]
    photos: list[Photo]
    held: dict[str, str]
    facts: list[str]

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


def scan(root: Path, *, test_fraction: float = 0.2, seed: int = 0) -> Dataset:
    """List the photos below a folder; none is opened yet.

    Args:
        root: A folder in one of the usual layouts.
        test_fraction: The share of each class that is put aside for testing where the folder has no test split.
        seed: Which photos these are.

    Raises:
        NotFoundError: There is no such folder.
        DatasetError: It holds nothing that a classifier can be learned from; names all that is wrong.
    """
    if not root.is_dir():
        raise NotFoundError(
            f"{root}: there is no such folder" if not root.exists() else f"{root}: this is not a folder"
        )
    splits = _split_folders(root)
    dataset = _read_splits(root, splits) if splits else _read_flat(root)
    if set(dataset.counts()) == {TRAIN}:
        dataset = _put_aside(dataset, test_fraction, seed)
    return dataset


def without(dataset: Dataset, unreadable: dict[str, str]) -> Dataset:
    """The data set without the photos that cannot be read.

    Args:
        dataset: As scanned.
        unreadable: {relative path: reason}.

    Raises:
        DatasetError: A class has no readable photo left in a split.
    """
    kept = replace(dataset, photos=[photo for photo in dataset.photos if photo.relative not in unreadable])
    empty = [
        f"{split}: class {name!r} has no readable photo"
        for split, counts in dataset.counts().items()
        for name, count in counts.items()
        if count and not kept.counts().get(split, {}).get(name)
    ]
    if empty:
        reasons = [f"{printable(path)}: {reason}" for path, reason in list(unreadable.items())[:5]]
        raise _problems(dataset.root, empty, "the first unreadable photos:\n" + "\n".join(reasons))
    return kept


def printable(name: str) -> str:
    """A file's name as it can be shown on one line: control characters and broken UTF-8 escaped."""
    text = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _split_folders(root: Path) -> dict[str, Path]:
    """{split: folder}; empty for the layout DIR/CLASS."""
    found: dict[str, list[Path]] = {split: [] for split in FOLDERS}
    for folder in _folders(root):
        for split, names in FOLDERS.items():
            # A class may be called "train": a split holds folders, a class holds photos.
            if folder.name.casefold() in names and _folders(folder):
                found[split].append(folder)
    double = [
        f"{' and '.join(sorted(f.name for f in v))} are both the {k} split" for k, v in found.items() if len(v) > 1
    ]
    if double:
        raise _problems(root, double, "keep one of them")
    if not found[TRAIN] and (found[TEST] or found[VAL]):
        raise _problems(root, ["there is a test split but no training split"], _LAYOUTS)
    return {split: folders[0] for split, folders in found.items() if folders}


def _read_splits(root: Path, splits: dict[str, Path]) -> Dataset:
    labels = [folder.name for folder in _folders(splits[TRAIN])]
    problems = [problem for split in splits if split != TRAIN for problem in _compare(splits, split, labels)]
    photos: list[Photo] = []
    for split, folder in splits.items():
        found = [photo for i, name in enumerate(labels) for photo in _photos(root, folder / name, i, split)]
        problems += _empty_classes(found, labels, splits, split)
        photos += found
    if problems:
        raise _problems(root, problems, _LAYOUTS)
    _need_two(root, labels)
    photos.sort(key=lambda photo: photo.relative)
    held = {split: folder.name for split, folder in splits.items() if split != TRAIN}
    return Dataset(root, labels, photos, held, _ignored(root, splits))


def _compare(splits: dict[str, Path], split: str, labels: list[str]) -> list[str]:
    other = {folder.name for folder in _folders(splits[split])}
    here, there = splits[split].name, splits[TRAIN].name
    missing = [f"class {name!r} is in {there} but not in {here}" for name in labels if name not in other]
    return missing + [f"class {n!r} is in {here} but not in {there}" for n in sorted(other - set(labels))]


def _empty_classes(photos: list[Photo], labels: list[str], splits: dict[str, Path], split: str) -> list[str]:
    filled = {photo.label for photo in photos}
    there = {folder.name for folder in _folders(splits[split])}
    return [
        f"{splits[split].name}: class {name!r} has no photo"
        for i, name in enumerate(labels)
        if i not in filled and name in there
    ]


def _ignored(root: Path, splits: dict[str, Path]) -> list[str]:
    used = {folder.name for folder in splits.values()}
    ignored = [printable(folder.name) for folder in _folders(root) if folder.name not in used]
    return [f"ignored beside the splits: {', '.join(ignored)}"] if ignored else []


def _read_flat(root: Path) -> Dataset:
    labels = [folder.name for folder in _folders(root)]
    photos = [photo for i, name in enumerate(labels) for photo in _photos(root, root / name, i, TRAIN)]
    if not photos:
        loose = any(_is_photo(path) for path in root.iterdir())
        what = (
            "the photos lie directly in it, without folders for their classes" if loose else "there are no photos in it"
        )
        raise _problems(root, [what], _LAYOUTS)
    filled = {photo.label for photo in photos}
    empty = [f"class {name!r} has no photo" for i, name in enumerate(labels) if i not in filled]
    if empty:
        raise _problems(root, empty, "remove the folder, or put photos into it")
    _need_two(root, labels)
    return Dataset(root, labels, sorted(photos, key=lambda photo: photo.relative), {}, [])


def _need_two(root: Path, labels: list[str]) -> None:
    odd = [f"class {name!r}: a label must be one line of text" for name in labels if printable(name) != name]
    if odd:
        raise _problems(root, odd, "rename the folder")
    if len(labels) < 2:
        names = ", ".join(repr(name) for name in labels) or "none"
        raise _problems(root, [f"a classifier needs two classes or more; there is {names}"], _LAYOUTS)


def _put_aside(dataset: Dataset, fraction: float, seed: int) -> Dataset:
    """Move a share of each class to the test split, at least one photo, never all."""
    if not 0 < fraction < 1:
        raise DatasetError(f"a test fraction of {fraction} is not between 0 and 1")
    single = [f"class {name!r} has only one photo" for name, n in dataset.counts()[TRAIN].items() if n < 2]
    if single:
        raise _problems(dataset.root, single, "a class needs one photo to learn from and one to test on, at least")
    chosen: set[int] = set()
    for label in range(len(dataset.labels)):
        members = [i for i, photo in enumerate(dataset.photos) if photo.label == label]
        count = min(max(1, round(len(members) * fraction)), len(members) - 1)
        order = np.random.default_rng([seed, label]).permutation(len(members))
        chosen.update(members[i] for i in order[:count])
    photos = [replace(p, split=TEST) if i in chosen else p for i, p in enumerate(dataset.photos)]
    name = f"{len(chosen)} photos put aside ({fraction:.0%} of each class, seed {seed})"
    return replace(dataset, photos=photos, held={TEST: name})


def _folders(folder: Path) -> list[Path]:
    """The visible folders in a folder, by name."""
    found = (path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return sorted(found, key=lambda path: path.name)


def _photos(root: Path, folder: Path, label: int, split: str) -> Iterator[Photo]:
    """The photos of a class, in folders below it too."""
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(where) / name
            if _is_photo(path):
                yield Photo(path, path.relative_to(root).as_posix(), label, split)


def _is_photo(path: Path) -> bool:
    # A dangling link counts, so that it is named among the unreadable; pipes and folders do not.
    named = not path.name.startswith(".") and path.suffix.lower() in EXTENSIONS + FOREIGN_EXTENSIONS
    return named and (path.is_file() or (path.is_symlink() and not path.exists()))


def _problems(root: Path, problems: list[str], hint: str) -> DatasetError:
    shown = [printable(problem) for problem in problems[:12]]
    more = [f"and {len(problems) - 12} more"] if len(problems) > 12 else []
    return DatasetError(f"{printable(str(root))}: " + "\n  ".join(shown + more), hint=hint)
