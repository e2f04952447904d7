"""What the detective found, in words: a table, sentences, and the options that say the same."""

from collections.abc import Callable
from typing import Any

from gemelo.reports.statistics import percent

from .trials import Combination, Finding, Trial

ROWS = 12
_ADVICE = "Nothing was changed: `gemelo detect` shows all combinations, and the options for the best."

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
    words = [] if inside else ["--scale", str(found.scale)]
    words += ["--channel-order", found.channel_order] if found.channel_order == "bgr" and not found.scale.bgr else []
    words += ["--filter", found.filter, "--fit", found.fit]
    words += ["--resize-to", str(found.resize_to)] if found.resize_to is not None else []
    return [*words, "--labels", ",".join(found.labels)]


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


def warning(found: Finding, declared: Combination) -> str | None:
    """What the owner of a declared combination must know; None where nothing speaks against it."""
    own = found.of(declared)
    if own is None or own is found.best or not found.knows or not own.worse_than(found.best):
        return None
    best = found.best.combination
    # What a tie also has is no reason.
    good = [trial.combination for trial in (found.best, *found.ties)]
    axes = [(name, value) for name, value in _AXES if value(declared) not in {value(one) for one in good}]
    differ = [
        f"{name} {value(best)} instead of {value(declared)}"
        for name, value in axes or _AXES
        if value(best) != value(declared)
    ]
    if own.too_sure_beside(found.best):
        return (
            f"The declared scale is probably not that of the training. As declared, scale {_AXES[0][1](declared)}, the "
            f"model is far too sure of its answers: the log-loss is {own.raw_loss:.2f} on {found.photos} photos, "
            f"{percent(own.accuracy)} of which are right. With scale {_AXES[0][1](best)}, it is "
            f"{found.best.raw_loss:.2f} ({percent(found.best.accuracy)}). {_ADVICE}"
        )
    return (
        f"The declared preprocessing is probably not that of the training. As declared, the model is right on "
        f"{percent(own.accuracy)} of {found.photos} photos (log-loss {own.loss:.3f}). With {'; '.join(differ)}, it is "
        f"right on {percent(found.best.accuracy)} ({found.best.loss:.3f}). {_ADVICE}"
    )
