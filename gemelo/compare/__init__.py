"""Compare models that exist already, whatever made them: whose answer is different, and where that comes from.

sides       the models, opened by readers/, and how each is fed
answering   every model answers every photo
columns     answers as probabilities in one order
attribution the suspects that a difference is traced to
layers      the first layer at which two models depart
report      what compare.json holds
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gemelo.compare import attribution, information, layers
from gemelo.compare.answering import Answered, answer_all, photos_in
from gemelo.compare.columns import Reading, readings, truth
from gemelo.compare.feed import Feed
from gemelo.compare.report import Change, CompareReport, Pair, SideRow
from gemelo.compare.sides import Asked, Side, close, opened
from gemelo.compare.tolerance import Tolerance
from gemelo.decisions import top1
from gemelo.errors import GemeloError
from gemelo.parity.compare import Comparison
from gemelo.preprocessing import DEFAULT_MAX_PIXELS, prepare
from gemelo.progress import SILENT, Progress
from gemelo.reports.photos import MOST, data_url
from gemelo.store.files import atomic_write, write_json

__all__ = ["Asked", "CompareOptions", "CompareReport", "compare", "written"]

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class CompareOptions:
    """How models are compared.

    Attributes:
        tolerance: The largest difference of a probability; None takes what fits the files.
        causes: Whether the cause of a difference is looked for.
        layers: Whether the first layer at which models depart is looked for.
        pictures: Whether photos whose label changed are kept for compare.html.
        max_pixels: Larger photos are refused.
    """

    tolerance: float | None = None
    causes: bool = True
    layers: bool = False
    pictures: bool = False
    max_pixels: int = DEFAULT_MAX_PIXELS


def compare(
    asked: Asked, images: Path, options: CompareOptions | None = None, *, progress: Progress = SILENT
) -> CompareReport:
    """Compare models on the photos in a folder.

    Args:
        asked: The models, and what was said of them; the first is the reference.
        images: The folder; where its folders have the names of labels, accuracy is measured too.
        options: How.
        progress: Where to report to.

    Raises:
        UsageError: There are no photos, or something about a model has to be said.
        CheckError: A model is damaged, or no classifier of photos.
    """
    options = options or CompareOptions()
    photos, notes = photos_in(images)
    sides, left_out = opened(asked)
    try:
        answered = answer_all(sides, photos, options.max_pixels, progress)
        return _judged(sides, answered, options, [*left_out, *notes], progress)
    finally:
        close(sides)


def _judged(
    sides: Sequence[Side], answered: Answered, options: CompareOptions, notes: list[str], progress: Progress
) -> CompareReport:
    broken = _not_numbers(sides, answered)
    answered.failures |= broken
    answered.raw = {letter: raw for letter, raw in answered.raw.items() if letter not in broken}
    present = [side for side in sides if side.letter in answered.raw]
    labels, reading = readings(sides, answered) if present else ([], {})
    rows = {side.letter: reading[side.letter].of(answered.raw[side.letter]) for side in present}
    true = truth(answered.photos, labels)
    named = any(side.labels for side in present) or bool((true >= 0).any())
    unlabeled = [] if named else information.unlabeled([photo.folder for photo in answered.photos], len(labels))
    judge = _Judge(answered, labels, reading, rows, true, options, progress)
    pairs = [judge.pair(present[0], side) for side in present[1:]]
    report = CompareReport(
        photos=len(answered.photos),
        labels=labels,
        sides=[_row(side, reading.get(side.letter), _accuracy(rows.get(side.letter), true)) for side in sides],
        pairs=pairs,
        failures=answered.failures,
        notes=[*information.notes(rows, labels, true), *unlabeled, *notes, *answered.notes],
    )
    return replace(report, pictures=_pictures(report, answered, present)) if options.pictures else report


def _not_numbers(sides: Sequence[Side], answered: Answered) -> dict[str, str]:
    """The models that answer NaN or infinity, with where they do."""
    found = {}
    for side in sides:
        raw = answered.raw.get(side.letter)
        if raw is not None and (wrong := np.flatnonzero(~np.isfinite(raw).all(axis=1))).size:
            first = answered.photos[int(wrong[0])].name
            found[side.letter] = f"answers NaN or infinity to {wrong.size} of {len(raw)} photos, the first is {first}"
    return found


@dataclass(frozen=True)
class _Judge:
    answered: Answered
    labels: list[str]
    readings: dict[str, Reading]
    rows: dict[str, Rows]
    truth: NDArray[np.int64]
    options: CompareOptions
    progress: Progress

    def pair(self, reference: Side, other: Side) -> Pair:
        """One model compared with the reference."""
        expected, found = self.rows[reference.letter], self.rows[other.letter]
        comparison = Comparison.of(found, expected)
        one, two = reference.model.facts.precision, other.model.facts.precision
        tolerance = Tolerance.between(one, two, self.options.tolerance)
        known = self.truth >= 0
        right = [(top1(rows) == self.truth)[known] for rows in (expected, found)]
        drop = 100 * float(right[0].mean() - right[1].mean()) if known.any() else None
        lost = np.flatnonzero(known)[right[0] & ~right[1]].tolist()
        names = [photo.name for photo in self.answered.photos]
        reasons = tolerance.reasons(comparison, names, drop, int(known.sum()), lost)
        pair = Pair(
            letter=other.letter,
            photos=len(names),
            max_difference=comparison.max_difference,
            mean_difference=float(np.abs(found - expected).mean()),
            changes=[self._change(i, comparison, expected, found) for i in comparison.label_changes()],
            accuracy_drop=drop,
            tolerance=tolerance.words,
            passed=not reasons,
            reasons=reasons,
        )
        return self._explained(pair, self._trial(reference, other, tolerance))

    def _explained(self, pair: Pair, trial: attribution.Trial) -> Pair:
        if self.options.causes and not pair.passed:
            pair = replace(pair, cause=attribution.find(trial, self.progress), looked=True)
            if pair.cause is None and trial.tolerance.gate.quantized:
                pair = replace(pair, cause=layers.quantization(trial))
        if self.options.layers:
            pair = replace(pair, departure=layers.departure(trial, passed=pair.passed))
        return pair

    def _trial(self, reference: Side, other: Side, tolerance: Tolerance) -> attribution.Trial:
        return attribution.Trial(
            reference=reference,
            other=other,
            labels=self.labels,
            readings=self.readings,
            expected=self.rows[reference.letter],
            answered=self.rows[other.letter],
            photos=self.answered.photos,
            truth=self.truth,
            tolerance=tolerance,
            max_pixels=self.options.max_pixels,
        )

    def _change(self, i: int, comparison: Comparison, expected: Rows, found: Rows) -> Change:
        true = int(self.truth[i])
        return Change(
            image=self.answered.photos[i].name,
            expected=self.labels[int(top1(expected[i]))],
            answered=self.labels[int(top1(found[i]))],
            margin=float(comparison.margins[i]),
            difference=float(comparison.differences[i]),
            label=self.labels[true] if true >= 0 else None,
        )


def _accuracy(rows: Rows | None, true: NDArray[np.int64]) -> float | None:
    known = true >= 0
    return None if rows is None or not known.any() else float((top1(rows) == true)[known].mean())


def _row(side: Side, reading: Reading | None, accuracy: float | None) -> SideRow:
    facts = side.model.facts
    return SideRow(
        letter=side.letter,
        path=str(side.path),
        format=facts.format,
        runtime=facts.runtime,
        precision=facts.precision,
        preprocessing=_told(side.feed),
        output=reading.kind if reading else "",
        accuracy=accuracy,
        notes=side.notes,
    )


def _told(feed: Feed | None) -> str:
    if feed is None:
        return "not known: the answers were written down"
    own = feed.preprocessing
    resize = "" if own.resize_to is None else f" from {own.resize_to}"
    scale = "" if feed.scale.is_identity else f", scaled as {feed.scale}"
    order = ", BGR" if feed.channel_order == "bgr" else ""
    return f"{own.width}x{own.height}, {own.fit}{resize}, {own.filter}{scale}{order}"


def _pictures(report: CompareReport, answered: Answered, sides: Sequence[Side]) -> dict[str, str]:
    """{photo: data URL} of the first photos whose label changed, as the first model sees them."""
    feed = next((side.feed for side in sides if side.feed is not None), None)
    paths = {photo.name: photo.path for photo in answered.photos}
    urls: dict[str, str] = {}
    for name in list(report.changed)[:MOST] if feed is not None else ():
        with suppress(GemeloError):  # it was there when it was compared
            urls[name] = data_url(prepare(paths[name], feed.preprocessing))  # type: ignore[union-attr]
    return urls


def written(report: CompareReport, out: Path | None, markdown: Path | None, junit: Path | None) -> None:
    """Write what was asked for: a folder with compare.html and compare.json, and the two summaries.

    Raises:
        StorageError: The disk is full, or may not be written to.
    """
    from gemelo.compare import html, summaries

    if out is not None:
        write_json(out / "compare.json", report)
        atomic_write(out / "compare.html", html.render(report).encode("utf-8", "backslashreplace"))
    if markdown is not None:
        atomic_write(markdown, summaries.markdown(report).encode("utf-8", "backslashreplace"))
    if junit is not None:
        atomic_write(junit, summaries.junit(report))
