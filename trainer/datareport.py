"""What is to be known of the photos before their figures are believed: dataset.json."""

from collections import defaultdict
from dataclasses import dataclass

from gemelo.errors import DatasetError
from gemelo.store.files import sha256_bytes

from .dataset import TEST, TRAIN, VAL, Dataset, Photo, hints_of, printable, reason_of

FEW = 10


@dataclass(frozen=True)
class Unreadable:
    """A photo that cannot be read, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class DataReport:
    """dataset.json: a data set, looked at.

    Attributes:
        labels: In index order.
        validation: The split that training is watched on.
        counts: {split: {class: readable photos}}.
        unreadable: Photos that were skipped.
        hints: What to do about them.
        duplicates: Groups of paths with the same bytes in more than one split.
        conflicts: Groups of paths with the same bytes in more than one class.
        copied: How many test photos have the bytes of a training photo.
        small_classes: {class: training photos} of those with fewer than ten.
        notes: Of the splits.
        reading: How many files were read, and what was passed over.
        fingerprint: sha256 over every readable photo's path, label, split and bytes.
    """

    labels: list[str]
    validation: str
    counts: dict[str, dict[str, int]]
    unreadable: list[Unreadable]
    hints: list[str]
    duplicates: list[list[str]]
    conflicts: list[list[str]]
    copied: int
    small_classes: dict[str, int]
    notes: list[str]
    reading: str
    fingerprint: str

    def warnings(self) -> list[str]:
        """One line for each thing that a reader should know."""
        lines = [f"{self.copied} of the test photos are copies of training photos"] if self.copied else []
        lines += [f"unreadable, skipped: {printable(row.path)}: {row.reason}" for row in self.unreadable]
        for what, groups in (("split", self.duplicates), ("class", self.conflicts)):
            same = [" = ".join(printable(path) for path in group) for group in groups]
            lines += [f"the same photo in more than one {what}: {group}" for group in same]
        return lines + [f"only {_photos(n)} to learn class {name!r} from" for name, n in self.small_classes.items()]


def _photos(number: int) -> str:
    return f"{number} photo{'' if number == 1 else 's'}"


def unreadable(dataset: Dataset, reasons: dict[str, str | None], strict: bool) -> dict[str, str]:
    """{relative path: reason, and below it what to do} of the photos that cannot be read.

    Args:
        dataset: As scanned.
        reasons: {relative path: why it cannot be read, or None}.
        strict: Whether there may be none.

    Raises:
        DatasetError: There are some, and `strict` forbids it; names them all.
    """
    rows = {p.relative: reason for p in dataset.photos if (reason := reasons[p.relative])}
    if rows and strict:
        lines = [f"{printable(path)}: {reason_of(said)}" for path, said in rows.items()]
        hints = ["repair or remove them, or leave --strict out to skip them", *hints_of(rows.values())]
        raise DatasetError(
            f"{dataset.root}: {_photos(len(rows))} cannot be read:\n  " + "\n  ".join(lines), hint="\n".join(hints)
        )
    return rows


def report(dataset: Dataset, sha256: dict[str, str], skipped: dict[str, str], reading: str = "") -> DataReport:
    """Look at a data set.

    Args:
        dataset: Readable photos only.
        sha256: {relative path: of the photo's bytes}.
        skipped: {relative path: reason, and below it what to do}.
        reading: How many files were read, and what was passed over.
    """
    counts, same = dataset.counts(), _same_bytes(dataset, sha256)
    return DataReport(
        labels=dataset.labels,
        validation=dataset.validation,
        counts=counts,
        unreadable=[Unreadable(path, reason_of(said)) for path, said in skipped.items()],
        hints=hints_of(skipped.values()),
        duplicates=[[p.relative for p in group] for group in same if len({p.split for p in group}) > 1],
        conflicts=[[p.relative for p in group] for group in same if len({p.label for p in group}) > 1],
        copied=_copied(dataset, same),
        small_classes={name: n for name, n in counts[TRAIN].items() if n < FEW},
        notes=dataset.notes,
        reading=reading,
        fingerprint=_fingerprint(dataset, sha256),
    )


def _copied(dataset: Dataset, same: list[list[Photo]]) -> int:
    """How many photos of the split that is tested on have the bytes of a training photo."""
    tested = TEST if any(photo.split == TEST for photo in dataset.photos) else VAL
    return sum(p.split == tested for group in same if any(p.split == TRAIN for p in group) for p in group)


def _same_bytes(dataset: Dataset, sha256: dict[str, str]) -> list[list[Photo]]:
    groups: dict[str, list[Photo]] = defaultdict(list)
    for photo in dataset.photos:
        groups[sha256[photo.relative]].append(photo)
    return [group for group in groups.values() if len(group) > 1]


def _fingerprint(dataset: Dataset, sha256: dict[str, str]) -> str:
    lines = [f"{p.relative!r} {p.label} {p.split} {sha256[p.relative]}" for p in dataset.photos]
    return sha256_bytes("\n".join([repr(dataset.labels), *lines]).encode("utf-8", "backslashreplace"))
