"""The usual suspects: what people's programs do differently, one change at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo import installed
from gemelo.compare import outputs
from gemelo.compare.feed import MISREADINGS, Feed
from gemelo.errors import SchemaError
from gemelo.preprocessing import FILTERS, FITS, Preprocessing

Rows = NDArray[np.float32]
# Where the center is cut out, people resize the shorter side to this much more.
_SHARES = (256 / 224, 1.0)
_EXIF = ("photos turned by their EXIF orientation", "photos as they lie in the file")
# Answers whose sum is so far from 1 are no probabilities.
_APART = 0.05


@dataclass(frozen=True)
class Fed:
    """A suspect of the way to the model's input.

    Attributes:
        stage: For machines and headings.
        given: How the model is fed now.
        instead: What is tried.
        feed: The same.
        option: Of `gemelo compare`, without the letter; empty where there is none.
    """

    stage: str
    given: str
    instead: str
    feed: Feed
    option: str = ""


@dataclass(frozen=True)
class Read:
    """A suspect of what is done with the model's answers.

    Attributes:
        stage: For machines and headings.
        found: What was found, as a sentence without its subject.
        rows: Probabilities as they would be without it.
        order: Of the columns, where that is the fault.
    """

    stage: str
    found: str
    rows: Callable[[Rows], Rows]
    order: tuple[int, ...] | None = None


def numbers(feed: Feed) -> Iterator[Fed]:
    """Other ways to feed a model with the same decoded photos."""
    yield from _numbers(feed)
    for name in MISREADINGS:
        yield Fed("layout", "pixels in their order", MISREADINGS[name], replace(feed, misread=name))


def decoded(feed: Feed, like: Preprocessing | None, *, turned: bool) -> Iterator[Fed]:
    """Other ways to decode and to resize photos.

    Args:
        feed: The one that is used.
        like: How the other model's are resized, which is tried first.
        turned: Whether any photo has an EXIF orientation.
    """
    if turned:
        given, instead = _EXIF if feed.exif else _EXIF[::-1]
        yield Fed("EXIF", given, instead, replace(feed, exif=not feed.exif))
    own = feed.preprocessing
    ways = sorted(_resized(own), key=lambda way: like is None or not _is_like(way[1], own, like))
    for told, preprocessing in ways:
        stage = "filter" if preprocessing.filter != own.filter else "fit"
        given, other = f"photos resized with {getattr(own, stage)}", replace(feed, preprocessing=preprocessing)
        yield Fed(stage, given, told, other, _option(stage, preprocessing))


def _numbers(feed: Feed) -> Iterator[Fed]:
    declare = installed.load("importers.declare")
    order = "bgr" if feed.channel_order == "rgb" else "rgb"
    if feed.preprocessing.channels == 3:
        swapped = replace(feed, channel_order=order)
        yield Fed("channel order", feed.channel_order.upper(), order.upper(), swapped, f"channel-order {order}")
    scales: dict[str, Any] = dict(declare.SCALES)
    scales["127/127"] = declare.Scale((127.0,), (127.0,))
    for name, scale in scales.items():
        if (scale.mean, scale.std) == (feed.scale.mean, feed.scale.std):
            continue
        other = replace(feed, scale=scale, channel_order="bgr" if scale.bgr else feed.channel_order)
        yield Fed("scale", f"pixels scaled as {feed.scale}", name, other, f"scale {name}")


def _resized(own: Preprocessing) -> Iterator[tuple[str, Preprocessing]]:
    """Every other filter, and every other fit."""
    for name in FILTERS:
        if name != own.filter:
            yield from _if_there_is(own, name, fit=own.fit, filter=name, resize_to=own.resize_to)
    for fit in FITS:
        if fit == "resize-crop":
            for share in _SHARES:
                side = round(min(own.width, own.height) * share)
                if (own.fit, own.resize_to) != (fit, side):
                    yield from _if_there_is(own, f"{fit} from {side}", fit=fit, filter=own.filter, resize_to=side)
        elif fit != own.fit:
            yield from _if_there_is(own, fit, fit=fit, filter=own.filter, resize_to=None)


def _is_like(way: Preprocessing, own: Preprocessing, like: Preprocessing) -> bool:
    """Whether a way takes the filter or the fit of another model where that is not the own one."""
    filters = way.filter == like.filter != own.filter
    return filters or ((way.fit, way.resize_to) == (like.fit, like.resize_to) != (own.fit, own.resize_to))


def _if_there_is(own: Preprocessing, name: str, **change: Any) -> Iterator[tuple[str, Preprocessing]]:
    try:
        yield name, replace(own, **change)
    except SchemaError:  # a fit that goes with other filters
        return


def _option(stage: str, preprocessing: Preprocessing) -> str:
    if stage == "filter":
        return f"filter {preprocessing.filter}"
    more = "" if preprocessing.resize_to is None else f" resize-to {preprocessing.resize_to}"
    return f"fit {preprocessing.fit}{more}"


def read(answered: Rows, expected: Rows, labels: Sequence[str]) -> Iterator[Read]:
    """Other ways to read answers.

    Args:
        answered: Probabilities of the model, (n, classes).
        expected: Those of the reference.
        labels: Of the columns.
    """
    order = _order(answered, expected)
    if order is not None:
        moved = [f"{labels[j]} holds the answers of {labels[i]}" for i, j in enumerate(order) if i != j]
        found = f"has its columns in another order ({', '.join(moved[:4])}{', ...' if len(moved) > 4 else ''})"
        yield Read("labels", found, lambda rows: rows[:, order], tuple(order))
    yield Read("softmax", "applies a softmax twice", _once)
    if np.abs(answered.sum(axis=1) - 1).max() > _APART:
        yield Read("softmax", "ends in a sigmoid for each class, not in a softmax", _softmax_of_sigmoids)
    factor = _factor(answered, expected)
    if factor is not None:
        found = f"multiplies its logits by {factor:.4g} (a temperature)"
        yield Read("temperature", found, lambda rows: outputs.softmax(_float(outputs.logits_of(rows) / factor)))


def _once(rows: Rows) -> Rows:
    """The probabilities that a second softmax was applied to: their logarithm plus what makes them sum to 1."""
    logs = outputs.logits_of(rows)
    return _float(logs + 1 / rows.shape[1])


def _softmax_of_sigmoids(rows: Rows) -> Rows:
    inside = np.clip(rows.astype(np.float64), 1e-7, 1 - 1e-7)
    return outputs.softmax(_float(np.log(inside / (1 - inside))))


def _factor(answered: Rows, expected: Rows) -> float | None:
    """The factor between two sets of logits, where it is not 1."""
    ours, theirs = outputs.logits_of(answered), outputs.logits_of(expected)
    inside = (np.abs(theirs) < 12) & (np.abs(ours) < 12)
    power = float((theirs[inside] ** 2).sum())
    factor = float((ours[inside] * theirs[inside]).sum()) / power if power else 1.0
    return factor if factor > 0.05 and abs(factor - 1) > 0.02 else None


def _order(answered: Rows, expected: Rows) -> list[int] | None:
    """The model's column of each column of the reference, where that is another; each column is taken once."""
    classes = expected.shape[1]
    if classes > 2000:
        return None
    distance = np.stack([np.abs(answered - expected[:, i : i + 1]).mean(axis=0) for i in range(classes)])
    order, free = [-1] * classes, set(range(classes))
    for i in np.argsort(distance.min(axis=1), kind="stable"):
        order[i] = min(free, key=lambda j: (float(distance[i, j]), abs(j - int(i))))
        free.remove(order[i])
    return None if order == list(range(classes)) else order


def _float(value: Any) -> Rows:
    return np.asarray(value, np.float32)
