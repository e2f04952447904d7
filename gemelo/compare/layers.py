"""The first layer at which two models depart: every tensor of both is looked at while they answer the same photos."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gemelo.compare import matching
from gemelo.compare.attribution import Trial
from gemelo.compare.feed import decode
from gemelo.compare.matching import LIMITS, Match
from gemelo.compare.model import Images, Tensor
from gemelo.compare.report import Cause, Departure, Place
from gemelo.compare.sides import Side
from gemelo.errors import CheckError, GemeloError

_PHOTOS = 2
# So many values at the end of an 8-bit range are a range that is too small; a ReLU6 leaves many at its 6.
_SATURATED = 0.02
# How far the counterpart goes beyond the range, at least.
_BEYOND = 1.1
# Answers that are only read differently are made of the same tensor to so much.
_NOISE = 1e-5


def departure(trial: Trial, *, passed: bool) -> Departure:
    """Where the other model departs from the reference, on the photos with the largest differences."""
    try:
        ours, theirs, notes = _inside(trial)
    except GemeloError as exc:
        return Departure(f"the layers were not compared: {exc.message}", None, None, None, 0, 0)
    limit = _limit(trial)
    found = matching.matches(ours, theirs)
    i = _first(ours, found, trial.tolerance.precision)
    if i is None and not passed and trial.tolerance.precision == "fp32" and found and found[-1].error > _NOISE:
        # What departs is small at the end, and so counted as near: then it is the first that has no counterpart.
        i = next((j for j, match in enumerate(found) if match.error > limit), None)
    matched = sum(match.error <= limit for match in found)
    if i is None:
        end = "to the end" if passed else "as far as tensors can be told apart: the answers are read differently"
        sentence = f"{trial.other.letter} agrees with {trial.reference.letter} layer by layer, {end}"
        return Departure(sentence, None, None, _place(ours[-1]) if ours else None, matched, len(ours), notes=notes)
    told = _told(trial, ours, theirs, found, i, matched, limit, notes)
    if not passed:
        return told
    here, letters = ours[i], (trial.other.letter, trial.reference.letter)
    sentence = (
        f"{letters[0]} gives the answers of {letters[1]}, but {matched} of {len(ours)} tensors have a counterpart: "
        f"the first that has none is {here.name} ({here.kind})"
    )
    return replace(told, sentence=sentence)


def _first(ours: Sequence[Tensor], found: Sequence[Match], precision: str) -> int | None:
    """The first tensor that departs: one whose 8-bit range is too small, wherever there is one."""
    narrow = (i for i, (tensor, match) in enumerate(zip(ours, found, strict=True)) if _is_narrow(tensor, match))
    first = next(narrow, None) if precision == "int8" else None
    return matching.first_departure(ours, found, precision) if first is None else first


def _is_narrow(tensor: Tensor, match: Match) -> bool:
    """Whether many values are at the end of a range that their counterpart goes beyond."""
    if match.tensor is None or tensor.limits is None or (tensor.saturated or 0) <= _SATURATED:
        return False
    low, high = tensor.limits
    return _BEYOND * high < float(match.tensor.value.max()) or _BEYOND * low > float(match.tensor.value.min())


def _told(
    trial: Trial,
    ours: Sequence[Tensor],
    theirs: Sequence[Tensor],
    found: Sequence[Match],
    i: int,
    matched: int,
    limit: float,
    notes: list[str],
) -> Departure:
    here = ours[i]
    before = [j for j in range(i) if found[j].error <= limit]
    last = ours[before[-1]] if before else None
    nearest = found[i].tensor
    there, error = (nearest, found[i].error) if here.limits and nearest else _counterpart(here, theirs, found, before)
    where = f"after {last.name}, on which they agree" if last else "at the very beginning"
    sentence = f"{trial.other.letter} departs from {trial.reference.letter} at {here.name} ({here.kind}), {where}"
    if there is None:
        sentence += _between(trial.reference.letter, found, before, i, limit)
    if here.saturated and here.saturated > _SATURATED and here.limits:
        sentence += f"; {100 * here.saturated:.0f} % of its values are at the end of its 8-bit range"
    return Departure(
        sentence=sentence,
        here=_place(here),
        there=None if there is None else _place(there),
        last=None if last is None else _place(last),
        matched=matched,
        tensors=len(ours),
        difference=error if error is not None and np.isfinite(error) else None,
        saturated=here.saturated,
        notes=notes,
    )


def _counterpart(
    here: Tensor, theirs: Sequence[Tensor], found: Sequence[Match], before: Sequence[int]
) -> tuple[Tensor | None, float | None]:
    """What stands in the reference in a tensor's place: the first of its size and kind after the last that agrees."""
    names = [tensor.name for tensor in theirs]
    last = found[before[-1]].tensor if before else None
    start = names.index(last.name) + 1 if last is not None else 0
    same = [tensor for tensor in theirs[start:] if tensor.size == here.size]
    near = [tensor for tensor in same if tensor.kind == here.kind]
    near = near or [tensor for tensor in same if matching.alike(tensor.kind, here.kind)]
    if not near:
        return None, None
    scale = float(np.abs(near[0].value).max()) or 1.0
    return near[0], matching.distance(here.value, near[0].value) / scale


def _between(letter: str, found: Sequence[Match], before: Sequence[int], i: int, limit: float) -> str:
    """Where in the reference that is, where no tensor of it stands in the place."""
    last = found[before[-1]].tensor if before else None
    following = next((match.tensor for match in found[i + 1 :] if match.error <= limit), None)
    if last is None:
        return ""
    place = f"after {last.name}" if following is None else f"between {last.name} and {following.name}"
    return f"; in {letter} it is somewhere {place}"


def _limit(trial: Trial) -> float:
    """How near a tensor must be to count as matched."""
    return LIMITS[trial.tolerance.precision] * (3 if trial.tolerance.precision == "int8" else 1)


def _inside(trial: Trial) -> tuple[list[Tensor], list[Tensor], list[str]]:
    """The tensors of both models, and notes."""
    differences = np.abs(trial.answered - trial.expected).max(axis=1)
    worst = [int(i) for i in np.argsort(-differences, kind="stable")[:_PHOTOS]]
    ours, theirs = (_tensors(trial, side, worst) for side in (trial.other, trial.reference))
    notes = []
    for side, tensors, rows in ((trial.other, ours, trial.answered), (trial.reference, theirs, trial.expected)):
        if len(tensors) > 1 and tensors[-1].size == rows.shape[1]:
            moved = float(np.abs(tensors[-1].value.reshape(len(worst), -1) - rows[worst]).max())
            if 1e-6 < moved <= 0.05:
                told = f"looking inside {side.letter} changed its answers by {moved:.1g}: its layers are not fused then"
                notes.append(told)
    return ours, theirs, notes


def _tensors(trial: Trial, side: Side, chosen: Sequence[int]) -> list[Tensor]:
    if side.feed is None:
        return side.model.tensors(np.zeros((1, 1, 1, 3), np.float32))  # says why it has none
    images = np.stack([decode(trial.photos[i].path, side.feed.decoding, trial.max_pixels) for i in chosen])
    numbers: Images = side.feed.numbers(images)
    taken = Tensor(side.model.input.name, "input", (), numbers)
    return [taken, *side.model.tensors(numbers)]


def _place(tensor: Tensor) -> Place:
    value = tensor.value[np.isfinite(tensor.value)]
    low, high = (float(value.min()), float(value.max())) if value.size else (0.0, 0.0)
    return Place(tensor.name, tensor.kind, low, high)


def quantization(trial: Trial) -> Cause | None:
    """What 8 bits have to do with a difference: a range that is too small, or just that they are few."""
    for each in (trial, trial.turned()):
        facts = each.other.model.facts
        if facts.precision != "int8":
            continue
        before = float(np.abs(trial.answered - trial.expected).max())
        try:
            found = departure(each, passed=False)
        except CheckError:
            found = None
        told = f"{each.other.letter} holds {facts.eight_bit} tensors in 8 bits"
        if found is not None and found.here is not None and (found.saturated or 0) > _SATURATED:
            here, there = found.here, found.there
            ranges = f"; it holds {here.low:.3g} to {here.high:.3g}"
            ranges += f", {each.reference.letter} {there.low:.3g} to {there.high:.3g}" if there else ""
            share = f"{100 * (found.saturated or 0):.0f} % of {here.name} are at the end of its range"
            return Cause("quantization", f"{told}, and {share}{ranges}: the range is too small", before)
        place = f", and departs at {found.here.name}" if found is not None and found.here is not None else ""
        return Cause("quantization", f"{told}{place}", before)
    return None
