"""What the detective found, in words: a table, sentences, and the options that say the same."""

import shlex
from collections.abc import Callable
from typing import Any

from gemelo.errors import Message
from gemelo.reports.statistics import percent

from .trials import Combination, Finding, Trial

ROWS = 12

_AXES: tuple[tuple[str, Callable[[Combination], str]], ...] = (
    ("scale", lambda one: f"{one.scale} {one.channel_order}"),
    ("filter", lambda one: one.filter),
    ("fit", lambda one: one.fit if one.resize_to is None else f"{one.fit} from {one.resize_to}"),
    ("labels", lambda one: ", ".join(one.labels[:8]) + (", ..." if len(one.labels) > 8 else "")),
)


def sentences(found: Finding) -> list[str]:
    """What the model wants, one sentence for each part of it; ties are called ties."""
    count = f"{found.photos} photos" if found.photos >= found.given else f"{found.photos} of {found.given:,} photos"
    if not found.knows:
        return [
            f"Not enough evidence: no combination of {len(found.trials)} is clearly better than guessing on {count}.",
            "Try more photos." if found.photos == found.given else "Try other photos.",
            "Are these photos of its classes, and is every label in its own folder?",
        ]
    best = found.best
    told = [f"With the best combination the model is right on {percent(best.accuracy)} of {count}."]
    told += [_of_axis(name, value, found) for name, value in _AXES if name != "labels" or _labels_matter(found)]
    if best.combination.labels != tuple(sorted(best.combination.labels)):
        told.append("This order of labels is not that of the folders' names: give it with --labels.")
    if found.ties:
        told.append("Tie: chance alone may have made the difference. The more usual combination comes first.")
    return told


def _of_axis(name: str, value: Callable[[Combination], str], found: Finding) -> str:
    best, others = value(found.best.combination), dict.fromkeys(value(trial.combination) for trial in found.ties)
    others.pop(best, None)
    return (
        f"{name.capitalize()}: {best}, in a tie with {', '.join(others)}."
        if others
        else f"{name.capitalize()}: {best}."
    )


def _labels_matter(found: Finding) -> bool:
    """Whether more than one order of labels was tried, or the answers suggest another one."""
    return len({trial.combination.labels for trial in found.trials if trial.combination.usual}) > 1 or (
        not found.best.combination.usual
    )


def options(found: Combination, *, inside: bool) -> list[str]:
    """The options of `gemelo import` that declare a combination.

    Args:
        found: Which.
        inside: Whether the scaling is a part of the model: then it is not declared.
    """
    words = _words("scale", found)[2:] if inside else _words("scale", found)
    return [*words, *_words("filter", found), *_words("fit", found), *_words("labels", found)]


def _words(axis: str, one: Combination) -> list[str]:
    """The options that say one part of a combination."""
    match axis:
        case "scale":
            bgr = one.channel_order == "bgr" and not one.scale.bgr
            return ["--scale", str(one.scale), *(["--channel-order", "bgr"] if bgr else [])]
        case "filter":
            return ["--filter", one.filter]
        case "fit":
            return ["--fit", one.fit, *([] if one.resize_to is None else ["--resize-to", str(one.resize_to)])]
        case _:
            return ["--labels", ",".join(one.labels)]


def table(found: Finding) -> list[list[str]]:
    """Rows of text, the best first: scale, channel order, filter, fit, log-loss, share of right answers, remark."""
    ties = {trial.combination for trial in found.ties}
    labels = found.best.combination.labels
    shown = [trial for trial in found.trials if trial.combination.labels == labels][:ROWS]
    return [
        [
            str(one.scale),
            one.channel_order,
            one.filter,
            one.fit if one.resize_to is None else f"{one.fit} {one.resize_to}",
            f"{trial.loss:.3f}",
            percent(trial.accuracy),
            "" if not found.knows else "best" if trial is found.best else "tie" if one in ties else "",
        ]
        for trial in shown
        for one in (trial.combination,)
    ]


def as_json(found: Finding) -> dict[str, Any]:
    """The same for programs."""
    ties = {trial.combination for trial in found.ties}
    return {
        "photos": found.photos,
        "given": found.given,
        "unreadable": found.unreadable,
        "found": found.knows,
        "trials": [{**_row(trial), "tie": trial.combination in ties} for trial in found.trials],
    }


def _row(trial: Trial) -> dict[str, Any]:
    one = trial.combination
    return {
        "scale": str(one.scale),
        "channel_order": one.channel_order,
        "filter": one.filter,
        "fit": one.fit,
        "resize_to": one.resize_to,
        "labels": list(one.labels),
        "log_loss": round(trial.loss, 6),
        "accuracy": trial.accuracy,
        "temperature": trial.temperature,
        "raw_log_loss": round(trial.raw_loss, 6),
    }


def warning(found: Finding, declared: Combination) -> Message | None:
    """What the owner of a declared combination must know; None where nothing speaks against it."""
    own = found.of(declared)
    if own is None or own is found.best or not found.knows or not own.worse_than(found.best):
        return None
    sure = own.too_sure_beside(found.best)
    return Message(
        "import.doubt-scale" if sure else "import.doubt",
        options=_other_options(found, declared),
        photos=found.photos,
        right=100 * own.accuracy,
        loss=own.raw_loss if sure else own.loss,
        better=100 * found.best.accuracy,
        better_loss=found.best.raw_loss if sure else found.best.loss,
    )


def _other_options(found: Finding, declared: Combination) -> str:
    """The options in which the best combination differs from a declared one."""
    best = found.best.combination
    differ = [(axis, value) for axis, value in _AXES if value(best) != value(declared)]
    # What a tie also has is no reason.
    good = [trial.combination for trial in (found.best, *found.ties)]
    reasons = [axis for axis, value in differ if value(declared) not in {value(one) for one in good}]
    return shlex.join(word for axis, _ in differ if axis in reasons or not reasons for word in _words(axis, best))
