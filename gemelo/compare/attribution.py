"""Where a difference comes from: each suspect is tried on a few photos, and the one that takes it away is named."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gemelo.compare import suspects
from gemelo.compare.answering import Photo
from gemelo.compare.columns import Reading
from gemelo.compare.feed import Bytes, Feed, decode, is_turned
from gemelo.compare.report import Cause
from gemelo.compare.sides import Side
from gemelo.compare.tolerance import Tolerance
from gemelo.decisions import top1
from gemelo.errors import CheckError
from gemelo.parallel import chunks
from gemelo.preprocessing import Preprocessing
from gemelo.progress import Progress

Rows = NDArray[np.float32]
# The photos with the largest differences, and some others.
_WORST, _OTHERS = 20, 12
# Every suspect is tried on the first few of them; the best is then tried on all.
_FEW = 6
# A second suspect is looked for where the first takes away at least so much of the difference.
_PART = 0.3
# Eight bits hide small differences: suspects count as equally good up to this factor.
_ABOUT = 1.25
_LISTED = 20


@dataclass(frozen=True)
class Trial:
    """Two models that differ.

    Attributes:
        reference, other: The models.
        labels: Of the columns.
        readings: How their answers are read.
        expected, answered: Their probabilities on all photos.
        photos: All photos.
        truth: The index of the true label of each; -1 where it is not known.
        tolerance: The limits.
        max_pixels: Larger photos are refused.
    """

    reference: Side
    other: Side
    labels: list[str]
    readings: dict[str, Reading]
    expected: Rows
    answered: Rows
    photos: list[Photo]
    truth: NDArray[np.int64]
    tolerance: Tolerance
    max_pixels: int

    def sample(self) -> "Trial":
        """The same with few photos."""
        differences = np.abs(self.answered - self.expected).max(axis=1)
        worst = np.argsort(-differences, kind="stable")[:_WORST]
        others = np.linspace(0, len(self.photos) - 1, _OTHERS).astype(int)
        return self.only(np.array(sorted({*worst.tolist(), *others.tolist()})))

    def few(self) -> "Trial":
        """The same with the photos that differ most."""
        differences = np.abs(self.answered - self.expected).max(axis=1)
        return self.only(np.sort(np.argsort(-differences, kind="stable")[:_FEW]))

    def only(self, chosen: NDArray[np.int64]) -> "Trial":
        """The same with some of the photos."""
        return replace(
            self,
            expected=self.expected[chosen],
            answered=self.answered[chosen],
            photos=[self.photos[i] for i in chosen],
            truth=self.truth[chosen],
        )

    def turned(self) -> "Trial":
        """The same with the models exchanged."""
        return replace(self, reference=self.other, other=self.reference, expected=self.answered, answered=self.expected)


@dataclass(frozen=True)
class Found:
    """What some suspects together do to the difference."""

    steps: tuple[suspects.Fed, ...]
    rows: Rows

    @property
    def feed(self) -> Feed:
        """How the model is fed."""
        return self.steps[-1].feed


def find(trial: Trial, progress: Progress) -> Cause | None:
    """The cause of a difference, if one of the suspects is it."""
    trial = trial.sample()
    with suppress(CheckError):
        if cause := _of_answers(trial) or _of_input(trial, progress) or _of_runtime(trial):
            return cause
    with suppress(CheckError):
        if cause := _of_input(trial.turned(), progress, first=False) or _of_runtime(trial.turned()):
            return cause
    return _of_file(trial)


def _of_answers(trial: Trial) -> Cause | None:
    for suspect in suspects.read(trial.answered, trial.expected, trial.labels):
        rows = suspect.rows(trial.answered)
        if trial.tolerance.solves(trial.answered, rows, trial.expected):
            option = _labels_option(trial, suspect.order) if suspect.order else ""
            return _cause(trial, suspect.stage, f"{trial.other.letter} {suspect.found}: without that it", rows, option)
    return None


def _labels_option(trial: Trial, order: tuple[int, ...]) -> str:
    """The labels in the order of the model's own columns; nothing where they are too many for a line."""
    own = trial.readings[trial.other.letter].order
    found = {own[j]: trial.labels[i] for i, j in enumerate(order)}
    text = ",".join(found[i] for i in range(len(found)))
    return f"labels {text}" if len(found) <= _LISTED and text.count(",") == len(found) - 1 and " " not in text else ""


def _of_input(trial: Trial, progress: Progress, *, first: bool = True) -> Cause | None:
    """One suspect, or two together.

    Args:
        trial: The models; the other is fed differently.
        progress: Where to report to.
        first: Whether nothing was tried yet: where the models were exchanged, other sizes would do nothing new.
    """
    feed = trial.other.feed
    if feed is None:
        return None
    resized = first or trial.reference.feed is None
    few = _Photos(trial.few())
    with progress.step(f"looking for the cause in {trial.other.letter}", 2) as done:
        best = _best(few, (), feed, resized)
        done()
        second = None
        if best is not None and not _solves(few.trial, best) and _left(few.trial, best) < 1 - _PART:
            second = _best(few, best.steps, best.feed, resized)
        done()
    for found in (best, second):
        if (
            found is not None
            and _solves(few.trial, found)
            and len({step.stage for step in found.steps}) == len(found.steps)
        ):
            rows = _Photos(trial).answers(found.feed)
            if rows is not None and trial.tolerance.solves(trial.answered, rows, trial.expected):
                return _fed_cause(trial, found.steps, rows)
    return None


def _best(photos: "_Photos", before: tuple[suspects.Fed, ...], feed: Feed, resized: bool) -> Found | None:
    """The suspect that leaves the smallest difference."""
    like = photos.trial.reference.feed
    resizing = (
        suspects.decoded(feed, None if like is None else like.preprocessing, turned=photos.turned) if resized else ()
    )
    exact = photos.trial.tolerance.gate.max_abs_difference is not None
    found: list[Found] = []
    for group in (suspects.numbers(feed), resizing):
        for suspect in group:
            rows = photos.answers(suspect.feed)
            if rows is not None:
                found.append(Found((*before, suspect), rows))
                if exact and _solves(photos.trial, found[-1]):
                    return found[-1]
        best = _first_of_the_best(found, photos.trial.expected)
        if best is not None and _solves(photos.trial, best):
            break
    return best


def _first_of_the_best(found: list[Found], expected: Rows) -> Found | None:
    """Of those that are about as good as the best, the first: what the other model does is tried first."""
    means = [float(np.abs(each.rows - expected).mean()) for each in found]
    return next((each for each, mean in zip(found, means, strict=True) if mean <= _ABOUT * min(means)), None)


def _fed_cause(trial: Trial, steps: tuple[suspects.Fed, ...], rows: Rows) -> Cause:
    stage = " and ".join(step.stage for step in steps)
    given, instead = (" and ".join(getattr(step, name) for step in steps) for name in ("given", "instead"))
    if trial.reference.feed is None:
        sentence = f"{trial.reference.letter} was not given {given}: with {instead}, {trial.other.letter}"
    else:
        sentence = f"{trial.other.letter} is given {given}; with {instead} it"
    return _cause(trial, stage, sentence, rows, " ".join(step.option for step in steps if step.option))


def _of_runtime(trial: Trial) -> Cause | None:
    plain = trial.other.model.plain()
    if plain is None or trial.other.feed is None:
        return None
    try:
        rows = _Photos(replace(trial, other=replace(trial.other, model=plain))).answers(trial.other.feed)
    finally:
        plain.close()
    if rows is None or not trial.tolerance.solves(trial.answered, rows, trial.expected):
        return None
    name = trial.other.model.facts.runtime
    return _cause(
        trial, "runtime", f"{trial.other.letter} is changed by the optimizations of {name}: without them it", rows
    )


def _of_file(trial: Trial) -> Cause | None:
    """What the file's own tensors say."""
    before = float(np.abs(trial.answered - trial.expected).max())
    for side in (trial.other, trial.reference):
        facts = side.model.facts
        if facts.precision == "fp16" and before <= 5e-2:
            return Cause("float16", f"{side.letter} holds its weights as float16, which costs digits", before)
    return None


class _Photos:
    """The sample, decoded in as many ways as are asked for."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self._decoded: dict[tuple[Preprocessing, bool], Bytes | None] = {}
        self.turned = any(is_turned(photo.path) for photo in trial.photos)

    def answers(self, feed: Feed) -> Rows | None:
        """The model's probabilities where it is fed so; None where that cannot be done."""
        if feed.decoding not in self._decoded:
            self._decoded[feed.decoding] = self._decode(feed)
        images = self._decoded[feed.decoding]
        if images is None:
            return None
        raw = self.trial.other.model.answer(feed.numbers(images))
        rows = self.trial.readings[self.trial.other.letter].of(raw)
        return rows if np.isfinite(rows).all() else None

    def _decode(self, feed: Feed) -> Bytes | None:
        try:
            return np.stack(list(self._each(feed)))
        except CheckError:
            return None

    def _each(self, feed: Feed) -> Iterator[Bytes]:
        def work(photo: Photo) -> Bytes:
            return decode(photo.path, feed.decoding, self.trial.max_pixels)

        for chunk in chunks(work, self.trial.photos, 4):
            yield from (image for _, image in chunk)


def _solves(trial: Trial, found: Found) -> bool:
    return trial.tolerance.solves(trial.answered, found.rows, trial.expected)


def _left(trial: Trial, found: Found) -> float:
    """The share of the difference that is left."""
    before, after = (float(np.abs(rows - trial.expected).mean()) for rows in (trial.answered, found.rows))
    return after / before if before else 1.0


def _cause(trial: Trial, stage: str, sentence: str, rows: Rows, option: str = "") -> Cause:
    before, after = (float(np.abs(each - trial.expected).max()) for each in (trial.answered, rows))
    told = f"{sentence} agrees to {after:.1g}" + _accuracies(trial, rows)
    letter = trial.other.letter.lower()
    parts = option.split() if option else []
    options = " ".join(f"--{letter}-{name} {value}" for name, value in zip(parts[::2], parts[1::2], strict=True))
    return Cause(stage, told, before, after, options)


def _accuracies(trial: Trial, rows: Rows) -> str:
    known = trial.truth >= 0
    if known.sum() < 8:
        return ""
    before, after = (int((top1(each)[known] == trial.truth[known]).sum()) for each in (trial.answered, rows))
    return f" (and gets {after} of {int(known.sum())} photos right, not {before})" if before != after else ""
