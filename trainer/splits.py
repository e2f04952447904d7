"""The photos of a training, decoded and split: to learn from, to watch the training on, to test on."""

from collections import Counter
from dataclasses import dataclass, replace
from itertools import count

from gemelo.preprocessing import Preprocessing
from gemelo.preprocessing.heic import heic_version, is_heic, reads_heic
from gemelo.progress import Progress

from . import cache, datareport
from .cache import Decoded
from .datareport import DataReport
from .dataset import TEST, TRAIN, VAL, Dataset, Photo, without
from .distributed import Workers
from .holdout import hold_out
from .options import Plan, TrainOptions
from .photos import Photos, of_split


@dataclass(frozen=True)
class Splits:
    """All photos of a training.

    Attributes:
        report: What is to be known of them.
        train: To learn from.
        seen: The same, at the size at which they are decoded for a teacher too.
        held: To watch the training on; the very `test` where there is no split for it.
        test: To test on.
        shares: How many training photos each worker has; `train` and `seen` are this one's, and the others but the
            first have no photos to watch and test on.
    """

    report: DataReport
    train: Photos
    seen: Photos
    held: Photos
    test: Photos
    shares: list[int]

    @property
    def has_validation(self) -> bool:
        """Whether there are photos to choose by that are not those to test on."""
        return self.held is not self.test


def decode(options: TrainOptions, plan: Plan, dataset: Dataset, workers: Workers, progress: Progress) -> Splits:
    """Decode the photos of a data set as a training wants them: where several workers train, each its share.

    Args:
        options: Where the cache lies, and whether an unreadable photo stops everything.
        plan: The preprocessing, and the share that is held out.
        dataset: As scanned.
        workers: The training photos are shared out among them; the others are the first one's.
        progress: Told of decoding.

    Raises:
        DatasetError: Photos cannot be read, and `strict` forbids it or a class has none left.
        StorageError: The disk is full or may not be written to.
    """
    owner = _owners(dataset, workers.count)
    reader = _Reader(options, plan, progress)
    own = [photo for photo in dataset.photos if owner[photo.relative] == workers.index]
    decoded, row = reader.read(own, plan.preprocessing)
    known = _exchange(own, decoded, workers)
    skipped = datareport.unreadable(dataset, {name: reason for name, (_, reason) in known.items()}, options.strict)
    reading = dataset.reading(skipped)
    dataset = _with_note_on_heic(without(dataset, skipped))
    sha256 = {photo.relative: known[photo.relative][0] for photo in dataset.photos}
    dataset = hold_out(dataset, sha256, plan.settings.validation_fraction, plan.seed)
    train, val, test = (of_split(dataset, split, decoded, row) for split in (TRAIN, VAL, TEST))
    if workers.count > 1 and workers.first:
        # Those that were held out of the others' shares.
        val = of_split(dataset, VAL, *reader.read([p for p in dataset.photos if p.split == VAL], plan.preprocessing))
    seen = train
    if plan.source != plan.preprocessing:
        # All of them: a teacher of that very size has left them in the cache.
        seen = of_split(dataset, TRAIN, *reader.read(own, plan.source))
    shares = Counter(owner[photo.relative] for photo in dataset.photos if photo.split == TRAIN)
    held, tested = (val, test) if dataset.counts().get(TEST) else (val, val)
    return Splits(
        report=datareport.report(dataset, sha256, skipped, reading),
        train=train,
        seen=seen,
        held=held if dataset.counts().get(VAL) else tested,
        test=tested,
        shares=[shares[i] for i in range(workers.count)],
    )


def _with_note_on_heic(dataset: Dataset) -> Dataset:
    """Say of HEIC photos that another decoder may read them otherwise."""
    count = sum(is_heic(photo.path) for photo in dataset.photos) if reads_heic() else 0
    if not count:
        return dataset
    said = "HEIC photo was" if count == 1 else "HEIC photos were"
    note = f"{count:,} {said} decoded by pillow-heif {heic_version()}; another decoder may differ slightly"
    return replace(dataset, facts=[*dataset.facts, note])


def _owners(dataset: Dataset, workers: int) -> dict[str, int]:
    """{relative path: the worker that decodes it}: training photos in turn, the others by the first."""
    turn = count()
    return {p.relative: next(turn) % workers if p.split == TRAIN else 0 for p in dataset.photos}


def _exchange(own: list[Photo], decoded: Decoded, workers: Workers) -> dict[str, tuple[str, str | None]]:
    """{relative path: (sha256, why it cannot be read)} of all photos, by whoever decoded them."""
    rows = [[p.relative, *told] for p, *told in zip(own, decoded.sha256, decoded.reasons, strict=True)]
    return {name: (sha256, reason) for part in workers.gather_json(rows) for name, sha256, reason in part}


@dataclass(frozen=True)
class _Reader:
    options: TrainOptions
    plan: Plan
    progress: Progress

    def read(self, photos: list[Photo], preprocessing: Preprocessing) -> tuple[Decoded, dict[str, int]]:
        """Photos as an input sees them, and where in it each one is."""
        decoded = cache.decode_all(
            [photo.path for photo in photos],
            preprocessing,
            max_pixels=self.plan.max_pixels,
            folder=self.options.cache,
            progress=self.progress,
        )
        return decoded, {photo.relative: i for i, photo in enumerate(photos)}
