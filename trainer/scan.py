"""Folders of photos in the usual layouts, as a list of photos with labels.

    DIR/{training_set,train,training}/CLASS/...  with  DIR/{test_set,test,val,valid,validation}/CLASS/...
    DIR/CLASS/...                                split by seed, class by class
    DIR/... with a table of labels               see `trainer.labels`

Names are compared without case and in Unicode's normal form C.
`gemelo.preprocessing.photo_files` says what counts as a photo.
The order is that of the names: the same on every machine.
"""

import unicodedata
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from gemelo.errors import DatasetError
from gemelo.preprocessing.photo_files import find, is_ignored, is_photo, passed_over
from gemelo.reports.statistics import percent
from gemelo.store.found import model_in

from . import labels, layouts
from .dataset import TEST, TRAIN, VAL, Dataset, Photo, printable, problems
from .names import case_only, compare
from .sampling import by_class, content_keys, draw

FOLDERS = {
    TRAIN: ("training_set", "train", "training"),
    TEST: ("test_set", "test", "testing"),
    VAL: ("val", "valid", "validation", "val_set", "valid_set", "validation_set"),
}
EXPECTED = "expected DIR/{train,test}/CLASS/photo.jpg or DIR/CLASS/photo.jpg with two classes or more"


def scan(root: Path, *, table: str | None = None, test_fraction: float = 0.2, seed: int = 0) -> Dataset:
    """List the photos below a folder, and put some aside for testing where the folder has no test split.

    Args:
        root: A folder in one of the usual layouts.
        table: Where the labels are, if not in the names of folders: a CSV file, or `names`; see `trainer.labels`.
        test_fraction: The share of each class that is put aside.
        seed: Which photos these are.

    Raises:
        NotFoundError: There is no such folder.
        DatasetError: It holds nothing that a classifier can be learned from; names all that is wrong.
    """
    dataset = read_folder(root, table)
    return _put_aside(dataset, test_fraction, seed) if not dataset.held else dataset


def read_folder(root: Path, table: str | None = None) -> Dataset:
    """List the photos below a folder as it is, without reading them.

    Raises:
        NotFoundError: There is no such folder.
        DatasetError: It holds nothing that a classifier can be learned from; names all that is wrong.
    """
    if not root.is_dir():
        raise layouts.no_folder(root)
    if table:
        dataset = _labeled(root, table)
    else:
        splits = _split_folders(root)
        dataset = _read_splits(root, splits) if splits else _read_flat(root)
    if not dataset.held:
        single = [f"class {name!r} has only one photo" for name, n in dataset.counts()[TRAIN].items() if n < 2]
        if single:
            raise problems(root, single, "a class needs one photo to learn from and one to test on, at least")
    return replace(dataset, facts=[*case_only(dataset.labels), *dataset.facts])


@dataclass(frozen=True)
class _Split:
    """A folder with one folder for each class.

    Attributes:
        name: Of the split; empty where the folder is the data set's own.
        folder: It.
    """

    name: str
    folder: Path

    @cached_property
    def classes(self) -> dict[str, Path]:
        """{name of a class in normal form C: its folder}, by name.

        Raises:
            DatasetError: Two names look the same.
        """
        found: dict[str, Path] = {}
        double: list[str] = []
        for folder in _folders(self.folder):
            name = unicodedata.normalize("NFC", folder.name)
            if name in found:
                double.append(f"two folders are called {name!r}: {found[name].name!a} and {folder.name!a}")
            found[name] = folder
        if double:
            raise problems(
                self.folder, double, "their names differ in how accents are stored: put their photos together"
            )
        return dict(sorted(found.items()))

    def read(self, root: Path, names: list[str]) -> tuple[list[Photo], list[Path], list[str]]:
        """Photos, files that are passed over, and what is wrong, of the classes of these names."""
        photos, others, empty = list[Photo](), _loose(self.folder), list[str]()
        for label, name in enumerate(names):
            if name not in self.classes:
                continue
            found = find(self.classes[name])
            others += found.others
            photos += [Photo(p, p.relative_to(root).as_posix(), label, self.name or TRAIN) for p in found.photos]
            if not found.photos:
                where = f"{self.folder.name}: " if self.name else ""
                passed = f" (passed over {passed_over(found.others)})" if found.others else ""
                empty.append(f"{where}class {name!r} has no photo{passed}")
        return photos, others, empty


def _split_folders(root: Path) -> dict[str, _Split]:
    """{split: its folder}; empty for the layout DIR/CLASS."""
    found: dict[str, list[Path]] = {split: [] for split in FOLDERS}
    for folder in _folders(root):
        split = split_of(folder.name)
        # A class may be called "train": a split holds folders, a class holds photos.
        if split and _folders(folder):
            found[split].append(folder)
    double = [
        f"{' and '.join(sorted(f.name for f in v))} are both the {k} split" for k, v in found.items() if len(v) > 1
    ]
    if double:
        raise problems(root, double, "keep one of them")
    if not found[TRAIN] and (found[TEST] or found[VAL]):
        raise problems(root, ["there is a test split but no training split"], EXPECTED)
    return {split: _Split(split, folders[0]) for split, folders in found.items() if folders}


def split_of(name: str) -> str | None:
    """The split that a folder of that name is, if it is one."""
    return next((split for split, names in FOLDERS.items() if name.casefold() in names), None)


def _read_splits(root: Path, splits: dict[str, _Split]) -> Dataset:
    names = list(splits[TRAIN].classes)
    wrong = [
        problem
        for split, folder in splits.items()
        if split != TRAIN
        for problem in compare(names, splits[TRAIN].folder.name, list(folder.classes), folder.folder.name)
    ]
    photos, others = list[Photo](), _loose(root)
    for split in splits.values():
        found, passed, empty = split.read(root, names)
        photos, others, wrong = photos + found, others + passed, wrong + empty
    used = {split.folder for split in splits.values()}
    unused = [folder.name for folder in _folders(root) if folder not in used]
    held = {split: found.folder.name for split, found in splits.items() if split != TRAIN}
    if wrong:
        raise problems(root, wrong, EXPECTED)
    _need_two(root, splits[TRAIN].folder, names)
    photos.sort(key=lambda photo: photo.relative)
    facts = [f"unused folder{'s' if len(unused) > 1 else ''}: {', '.join(map(printable, unused))}"] if unused else []
    return Dataset(root, names, photos, held, facts, others, unused)


def _read_flat(root: Path) -> Dataset:
    whole = _Split("", root)
    names = list(whole.classes)
    photos, others, empty = whole.read(root, names)
    if not photos:
        loose = any(is_photo(path) for path in others)
        what = (
            "the photos lie directly in it, without folders for their classes" if loose else "there are no photos in it"
        )
        if model := model_in(root):
            what = f"this is {model}, and {what}"
        passed = f"; passed over {passed_over(others)}" if others and not loose else ""
        raise layouts.explained(root, root, what + passed) or problems(root, [what + passed], EXPECTED)
    if empty:
        raise problems(root, empty, "remove the folder, or put photos into it")
    _need_two(root, root, names)
    return Dataset(root, names, sorted(photos, key=lambda photo: photo.relative), {}, [], others)


def _labeled(root: Path, table: str) -> Dataset:
    """The data set by a table of labels; splits by the folders that the photos are in."""
    found = labels.read(root, table)
    names = sorted(set(found.label.values()))
    index = {name: i for i, name in enumerate(names)}
    splits = {relative: split_of(relative.split("/")[0]) or TRAIN for relative in found.label}
    if TRAIN not in splits.values():  # a folder of photos may have any name
        splits = dict.fromkeys(splits, TRAIN)
    photos = [Photo(root / p, p, index[name], splits[p]) for p, name in sorted(found.label.items())]
    if not photos:
        raise problems(root, [f"no photo in it has a label by {table}"], labels.EXPECTED)
    tally = Counter((photo.split, photo.label) for photo in photos)
    empty = [
        f"{split}: class {name!r} has no photo"
        for split in (TRAIN, VAL, TEST)
        if any(key[0] == split for key in tally)
        for i, name in enumerate(names)
        if not tally[split, i]
    ]
    if empty:
        raise problems(root, empty, labels.EXPECTED)
    _need_two(root, root, names)
    held = {split: f"the {split} folder" for split in (VAL, TEST) if any(key[0] == split for key in tally)}
    return Dataset(root, names, photos, held, [f"labels by {printable(table)}"], found.others)


def _need_two(root: Path, folder: Path, names: list[str]) -> None:
    odd = [f"class {name!r}: a label must be one line of text" for name in names if printable(name) != name]
    if odd:
        raise problems(root, odd, "rename the folder")
    if len(names) < 2:
        what = f"a classifier needs two classes or more; there is {', '.join(map(repr, names)) or 'none'}"
        raise layouts.explained(root, folder, what) or problems(root, [what], EXPECTED)


def _put_aside(dataset: Dataset, fraction: float, seed: int) -> Dataset:
    """Move a share of each class to the test split; copies of one photo stay on one side."""
    if not 0 < fraction < 1:
        raise DatasetError(f"a test fraction of {fraction} is not between 0 and 1")
    keys = content_keys([photo.path for photo in dataset.photos])
    groups = by_class(dataset.photos, range(len(dataset.photos)), keys.__getitem__)
    chosen = {i for label in sorted(groups) for i in draw(groups[label], fraction, [seed, label])}
    chosen -= _needed_to_learn(dataset, chosen, keys)
    if not chosen:
        hint = "a class needs one photo to learn from and another to test on, at least"
        raise problems(dataset.root, ["all photos of each class are copies of one"], hint)
    photos = [replace(p, split=TEST) if i in chosen else p for i, p in enumerate(dataset.photos)]
    name = f"{len(chosen)} photos put aside ({percent(fraction, 0)} of each class, seed {seed})"
    tested = {photos[i].label for i in chosen}
    facts = [f"no photo to test class {n!r} on: copies of one" for i, n in enumerate(dataset.labels) if i not in tested]
    return replace(dataset, photos=photos, held={TEST: name}, facts=[*dataset.facts, *facts])


def _needed_to_learn(dataset: Dataset, chosen: set[int], keys: Sequence[Hashable]) -> set[int]:
    """Photos put aside, and their copies, of which a class has no others: they are copies of another class's photos."""
    left = {photo.label for i, photo in enumerate(dataset.photos) if i not in chosen}
    back = {keys[i] for i in chosen if dataset.photos[i].label not in left}
    return {i for i in chosen if keys[i] in back}


def _folders(folder: Path) -> list[Path]:
    """The folders in a folder that count, by name."""
    found = (path for path in folder.iterdir() if path.is_dir() and not is_ignored(path.name))
    return sorted(found, key=lambda path: path.name)


def _loose(folder: Path) -> list[Path]:
    """Files that lie beside the folders of splits or classes."""
    return sorted(path for path in folder.iterdir() if not is_ignored(path.name) and not path.is_dir())
