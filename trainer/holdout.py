"""A validation split taken from the training photos, so that the test photos choose nothing."""

from dataclasses import replace

from gemelo.reports.statistics import percent

from .dataset import TEST, TRAIN, VAL, Dataset
from .sampling import by_class, draw

# Apart from the numbers that a split for testing is drawn with, or the two would be drawn alike.
_STREAM = 0x5A11D


def hold_out(dataset: Dataset, sha256: dict[str, str], fraction: float, seed: int) -> Dataset:
    """Move a share of each class from the training to the validation split.

    Photos of the same bytes stay together, or one of them would be learned from and the other asked about. A folder
    with a validation and a test split of its own stays as it is; where only one of them is there, it is the test split.

    Args:
        dataset: Readable photos only.
        sha256: {relative path: of the photo's bytes}.
        fraction: The share; 0 leaves everything as it is.
        seed: Which photos these are.
    """
    if not fraction or {VAL, TEST} <= set(dataset.held):
        return dataset
    learned = [i for i, photo in enumerate(dataset.photos) if photo.split == TRAIN]
    groups = by_class(dataset.photos, learned, lambda i: sha256[dataset.photos[i].relative])
    chosen = {i for label in sorted(groups) for i in draw(groups[label], fraction, [seed, _STREAM, label])}
    if not chosen:
        return dataset
    tested = dataset.held.get(TEST) or dataset.held[VAL]
    splits = [TEST if p.split == VAL else VAL if i in chosen else p.split for i, p in enumerate(dataset.photos)]
    photos = [replace(photo, split=split) for photo, split in zip(dataset.photos, splits, strict=True)]
    name = f"{len(chosen)} of the training photos ({percent(fraction, 0)} of each class, seed {seed})"
    return replace(dataset, photos=photos, held={VAL: name, TEST: tested})
