"""Where a difference comes from: each suspect is tried on a few photos, and the one that takes it away is named."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gemelo.compare import suspects
from gemelo.compare.answering import Photo
from gemelo.compare.columns import Reading
from gemelo.compare.feed import Bytes, Feed, decode, is_turned
from gemelo.compare.information import all_the_same
from gemelo.compare.report import ENOUGH, Cause
from gemelo.compare.sides import Side
from gemelo.compare.tolerance import Tolerance
from gemelo.decisions import top1
from gemelo.errors import CheckError
from gemelo.parallel import chunks
from gemelo.preprocessing import Preprocessing
from gemelo.progress import Progress
from gemelo.reports.statistics import SIGNIFICANT, mcnemar

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
# A suspect that leaves so little of a mean difference of at least so much, but not nothing, is a part of the cause.
_REST, _LARGE = 0.25, 0.05


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


@dataclass
class _Aside:
    """What was found on the way.

    Attributes:
        causes: No more than a part of the cause, or the fault of the other model: the best first.
        refused: Whether a suspect was refused, for it makes a model worse or saturates it.
        resized: Whether other sizes are tried.
    """

    causes: list[Cause] = field(default_factory=list)
    refused: bool = False
    resized: bool = True


def find(trial: Trial, progress: Progress) -> Cause | None:
    """The cause of a difference, if one of the suspects is it."""
    trial = trial.sample()
    aside = _Aside()
    for each in (trial, trial.turned()):
        with suppress(CheckError):
            if cause := _of_answers(each) or _of_input(each, progress, aside) or _of_runtime(each):
                return cause
        # Where the models are exchanged, other sizes do nothing new, unless one was refused.
        aside.resized = aside.refused
    return _of_file(trial) or next(iter(aside.causes), None)


def _of_answers(trial: Trial) -> Cause | None:
    for suspect in suspects.read(trial.answered, trial.expected, trial.labels):
        rows = suspect.rows(trial.answered)
        fitted = suspect.stage in ("labels", "temperature") and len(rows) < ENOUGH
        if not fitted and _solves(trial, rows) and is_credible(trial, rows):
            option = _labels_option(trial, suspect.order) if suspect.order else ""
            return _cause(trial, suspect.stage, f"{trial.other.letter} {suspect.found}: without that it", rows, option)
    return None


def _labels_option(trial: Trial, order: tuple[int, ...]) -> str:
    """The labels in the order of the model's own columns; nothing where they are too many for a line."""
    own = trial.readings[trial.other.letter].order
    found = {own[j]: trial.labels[i] for i, j in enumerate(order)}
    text = ",".join(found[i] for i in range(len(found)))
    return f"labels {text}" if len(found) <= _LISTED and text.count(",") == len(found) - 1 and " " not in text else ""


def _of_input(trial: Trial, progress: Progress, aside: _Aside) -> Cause | None:
    """One suspect, or two together."""
    feed = trial.other.feed
    if feed is None:
        return None
    resized = aside.resized or trial.reference.feed is None
    few, whole = _Photos(trial.few()), _Photos(trial)
    with progress.step(f"looking for the cause in {trial.other.letter}", 2) as done:
        best = _best(few, whole, (), feed, aside, resized=resized)
        done()
        second = None
        if best is not None and not _solves(few.trial, best.rows) and _left(few.trial, best.rows) < 1 - _PART:
            second = _best(few, whole, best.steps, best.feed, aside, resized=resized)
        done()
    for found in (best, second):
        if found is not None and (cause := _cause_of(found, few.trial, whole, aside)):
            return cause
    return None


def _cause_of(found: Found, few: Trial, whole: "_Photos", aside: _Aside) -> Cause | None:
    """A suspect that explains a few photos, tried on the whole sample."""
    trial, steps = whole.trial, found.steps
    if len({step.stage for step in steps}) < len(steps):
        return None
    large = float(np.abs(trial.answered - trial.expected).mean()) >= _LARGE and len(trial.photos) >= ENOUGH
    near = large and len(steps) == 1 and _left(few, found.rows) < _REST
    rows = whole.answers(found.feed) if near or _solves(few, found.rows) else None
    if rows is None:
        return None
    credible = is_credible(trial, rows)
    if _solves(trial, rows):
        if credible:
            return _fed_cause(trial, steps, rows)
        if inside := _scaled_inside(trial, steps, rows):
            aside.causes.insert(0, inside)
    elif credible and near and _left(trial, rows) < _REST:
        aside.causes.append(_part_of_cause(trial, steps, rows))
    return None


def _best(
    photos: "_Photos",
    whole: "_Photos",
    before: tuple[suspects.Fed, ...],
    feed: Feed,
    aside: _Aside,
    *,
    resized: bool,
) -> Found | None:
    """The suspect that leaves the smallest difference; one that only seems to take it away counts where none does."""
    like = photos.trial.reference.feed
    resizing = (
        suspects.decoded(feed, None if like is None else like.preprocessing, turned=photos.turned) if resized else ()
    )
    exact = photos.trial.tolerance.gate.max_abs_difference is not None
    found, seeming = list[Found](), list[Found]()
    for group in (suspects.numbers(feed), resizing):
        for suspect in group:
            rows = photos.answers(suspect.feed)
            if rows is None:
                continue
            each = Found((*before, suspect), rows)
            if _solves(photos.trial, rows):
                everywhere = whole.answers(suspect.feed)
                if everywhere is None or not is_credible(whole.trial, everywhere):
                    aside.refused = True
                    if everywhere is not None and suspect.stage == "scale" and all_the_same(everywhere) is None:
                        seeming.append(each)
                    continue
                if exact:
                    return each
            found.append(each)
        best = _first_of_the_best(found, photos.trial.expected)
        if best is not None and _solves(photos.trial, best.rows):
            break
    return next(iter(seeming), best)


def _first_of_the_best(found: list[Found], expected: Rows) -> Found | None:
    """Of those that are about as good as the best, the first: what the other model does is tried first."""
    means = [float(np.abs(each.rows - expected).mean()) for each in found]
    return next((each for each, mean in zip(found, means, strict=True) if mean <= _ABOUT * min(means)), None)


def is_credible(trial: Trial, rows: Rows) -> bool:
    """Whether agreement says something: the answers are not all the same, and not clearly worse than before.

    Args:
        trial: The models that differ.
        rows: The answers of the other with which they agree.
    """
    known = trial.truth >= 0
    before, after = ((top1(each) == trial.truth)[known] for each in (trial.answered, rows))
    lost, won = int((before & ~after).sum()), int((after & ~before).sum())
    # Answers that were written down may be worse by the very fault.
    clear = mcnemar(lost, won) < SIGNIFICANT and trial.reference.feed is not None
    return won > lost if clear else all_the_same(rows) is None and all_the_same(trial.expected) is None


def _fed_cause(trial: Trial, steps: tuple[suspects.Fed, ...], rows: Rows) -> Cause:
    stage = " and ".join(step.stage for step in steps)
    given, instead = (" and ".join(getattr(step, name) for step in steps) for name in ("given", "instead"))
    if trial.reference.feed is None:
        sentence = f"{trial.reference.letter} was not given {given}: with {instead}, {trial.other.letter}"
    else:
        sentence = f"{trial.other.letter} is given {given}; with {instead} it"
    cause = _cause(trial, stage, sentence, rows, " ".join(step.option for step in steps if step.option))
    return replace(cause, sentence=cause.sentence + _perhaps_inside(trial, steps, rows))


def _perhaps_inside(trial: Trial, steps: tuple[suspects.Fed, ...], rows: Rows) -> str:
    """What a scale says of the inside of the models, where the accuracy does not tell."""
    step = next((step for step in steps if step.stage == "scale"), None)
    if step is None or trial.other.feed is None or trial.reference.feed is None:
        return ""
    if step.feed.scale.is_identity:
        divides = str(trial.other.feed.scale) == "0..1"
        return f"; {trial.other.letter} probably {'divides by 255' if divides else 'scales pixels'} inside"
    # The first model is the one that is trusted: where it is the one that would have to be fed differently, and is no
    # better then, the other one may be at fault.
    known = trial.truth >= 0
    before, after = (int((top1(each) == trial.truth)[known].sum()) for each in (trial.answered, rows))
    turned = trial.other.letter < trial.reference.letter
    return f"; or {trial.reference.letter} scales once more inside" if turned and after <= before else ""


def _scaled_inside(trial: Trial, steps: tuple[suspects.Fed, ...], rows: Rows) -> Cause | None:
    """What it means where a model is worse with the scale with which it agrees: the fault is in the other."""
    if trial.reference.feed is None or len(steps) > 1 or steps[0].stage != "scale":
        return None
    given = f"given {steps[0].instead} instead of {trial.other.feed.scale if trial.other.feed else '?'}"
    sentence = f"{trial.reference.letter} seems to scale once more inside: {given}, {trial.other.letter}"
    return _cause(trial, "scale", sentence, rows)


def _part_of_cause(trial: Trial, steps: tuple[suspects.Fed, ...], rows: Rows) -> Cause:
    whole = _fed_cause(trial, steps, rows)
    given, instead = (" and ".join(getattr(step, name) for step in steps) for name in ("given", "instead"))
    means = [float(np.abs(each - trial.expected).mean()) for each in (trial.answered, rows)]
    sentence = (
        f"{trial.other.letter} is given {given}; {instead} takes most of the difference away, not all of it "
        f"(on average from {means[0]:.2g} to {means[1]:.2g}): say so, then look for the rest with --layers"
    )
    return replace(whole, sentence=sentence)


def _of_runtime(trial: Trial) -> Cause | None:
    plain = trial.other.model.plain()
    if plain is None or trial.other.feed is None:
        return None
    try:
        rows = _Photos(replace(trial, other=replace(trial.other, model=plain))).answers(trial.other.feed)
    finally:
        plain.close()
    if rows is None or not _solves(trial, rows) or not is_credible(trial, rows):
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


def _solves(trial: Trial, rows: Rows) -> bool:
    return trial.tolerance.solves(trial.answered, rows, trial.expected)


def _left(trial: Trial, after_it: Rows) -> float:
    """The share of the difference that is left."""
    before, after = (float(np.abs(rows - trial.expected).mean()) for rows in (trial.answered, after_it))
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
