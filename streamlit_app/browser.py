"""In your browser: the visitor's own machine answers, and the server only where it is asked to."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from gemelo.decisions import top1
from gemelo.errors import CheckError
from gemelo.parity import gate_for
from gemelo.webpage.samples import drawings_fit

from . import cards, errors, hosting, i18n, limits
from .component import classify_here
from .guard import problem
from .i18n import markup, percent, say
from .models import load_model
from .photos import Named, Photo, read_photo
from .sidebar import Chosen, chosen

MOST_SENT = 20
MOST_ARRIVED = 1000
MOST_SHOWN = 60
MOST_BUNDLES = 4
# What the component says, by the name that it has for it.
WORDS = {
    "loading": "browser.loading",
    "verified": "browser.verified",
    "failed": "browser.failed",
    "choose": "browser.choose",
    "private": "browser.private",
    "drawings": "browser.drawings",
    "send": "browser.send",
    "sending": "browser.sending",
    "sent": "browser.sent",
    "too_large": "browser.too_large",
    "by": "browser.by",
    "times": "card.times",
    "not_sure": "card.not_sure",
    "why_not_sure": "card.why_not_sure",
    "unread": "card.unread",
    "remove": "card.remove",
    "drawing": "card.drawing",
}


@dataclass(frozen=True)
class Sent:
    """A photo that was sent, with what the browser had answered to it.

    Attributes:
        stamp: Of the bundle.
        photo: What is kept of it.
        here: The browser's probabilities, float32 (classes,).
        variant: Of the model that the browser ran.
    """

    stamp: str
    photo: Photo
    here: NDArray[np.float32]
    variant: str


def render() -> None:
    """The page."""
    at = chosen()
    cards.heading(say("browser.title"), say("browser.lead"))
    st.html(f'<p class="gm lead small">{say("browser.sidebar", artifact=at.artifact.name)}</p>')
    with st.spinner(say("browser.making")):
        base = hosting.publish(at.found, at.options.max_pixels)
    data = {
        "base": base,
        "drawings": drawings_fit(at.bundle.labels),
        "words": {key: say(name) for key, name in WORDS.items()},
        "language": i18n.language(),
        "limit": limits.message_bytes(at.options),
        "sent": _ids(),
        "known": list(st.session_state.get("told", {}).get(at.found.stamp, {})),
        "said": errors.photo_sentences() if i18n.language() == "es" else None,
    }
    result = classify_here(key="browser", data=data, on_report_change=_nothing, on_photo_change=_nothing)
    if (message := result.get("photo")) and _id(message) not in _ids():
        _receive(at, message)
        _ids().append(_id(message))
        st.rerun()  # so that the component hears of it, and sends the next
    if (error := st.session_state.get("refused")) is not None:
        problem(error)
    st.subheader(say("browser.beside"), anchor=False)
    _beside(at, _told(at, base, result.get("report")))


def _told(at: Chosen, base: str, report: Any) -> dict[str, "Told"]:
    """Every answer that came back in this session: the component tells them only while its page is shown."""
    kept: dict[str, dict[str, Told]] = st.session_state.setdefault("told", {})
    if isinstance(report, Mapping) and report.get("base") == base:  # those of another model come once more
        kept[at.found.stamp] = {one.id: one for one in read_report(at, report.get("rows"))[:MOST_SHOWN]}
    for stamp in list(kept)[:-MOST_BUNDLES]:
        del kept[stamp]
    return kept.get(at.found.stamp, {})


def _nothing() -> None:
    """What the component says is read where it is needed."""


def _ids() -> list[str]:
    """What arrived in this session, whether it was a photo or not."""
    arrived: list[str] = st.session_state.setdefault("arrived", [])
    del arrived[:-MOST_ARRIVED]
    return arrived


def _id(message: Any) -> str:
    return str(message.get("id"))[:64] if isinstance(message, Mapping) else ""


def _receive(at: Chosen, message: Any) -> None:
    try:
        sent = read_sent(at, message)
    except CheckError as error:
        st.session_state["refused"] = error
        return
    st.session_state["refused"] = sent.photo.problem
    if sent.photo.problem is not None:
        return
    kept: dict[str, Sent] = st.session_state.setdefault("sent", {})
    kept[_id(message)] = sent
    for old in list(kept)[:-MOST_SENT]:
        del kept[old]


def read_sent(at: Chosen, message: Any) -> Sent:
    """A photo as the component sends it: anybody can send anything, so nothing of it is believed.

    Raises:
        CheckError: It is no such message.
        ImageTooLargeError: Its photo is larger than an upload may be.
    """
    try:
        name, text = str(message["name"])[:255], str(message["data"])
        limits.check_size(name, len(text) * 3 // 4, limits.message_bytes(at.options))
        data = base64.b64decode(text, validate=True)
        here = np.asarray(message["probabilities"], np.float32)
        variant = _text(message["choice"], "variant")
        str(message["id"])
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise CheckError(say("browser.damaged")) from error
    if here.shape != (len(at.bundle.labels),) or not ((here >= 0) & (here <= 1)).all():
        raise CheckError(say("browser.damaged"))
    photo = read_photo(0, Named(name, data), at.preprocessings(), at.options)
    return Sent(at.found.stamp, photo, here, variant)


def _text(choice: Any, key: str) -> str:
    if not isinstance(choice, Mapping):
        raise TypeError(key)
    return str(choice[key])[:32]


def _beside(at: Chosen, told: dict[str, "Told"]) -> None:
    """Every answer that came back and was not removed; the server's beside those whose photo was sent."""
    kept: dict[str, Sent] = st.session_state.get("sent", {})
    mine = {key: sent for key, sent in kept.items() if sent.stamp == at.found.stamp and key in told}
    rows = [_row(at, sent) for sent in reversed(mine.values()) if at.bundle.preprocessing in sent.photo.tensors]
    rows += [_alone(at, one) for one in told.values() if one.id not in mine]
    if not rows:
        st.html(f'<p class="gm lead small">{say("browser.nothing")}</p>')
        return
    there = say("browser.there", artifact=at.artifact.name)
    head = [say("browser.photo"), say("browser.here"), there, say("browser.difference"), say("browser.verdict")]
    cards.table(head, rows[:MOST_SHOWN], numbers=(3,))


@dataclass(frozen=True)
class Told:
    """What the browser told of a photo that stayed there."""

    id: str
    name: str
    label: str
    probability: float


def read_report(at: Chosen, report: Any) -> list[Told]:
    """The answers that the component reports; what is no answer of this model is left out."""
    told: list[Told] = []
    for row in report if isinstance(report, list) else []:
        try:
            one = Told(str(row["id"])[:64], str(row["name"])[:255], str(row["label"]), float(row["probability"]))
        except (KeyError, TypeError, ValueError):
            continue
        if one.label in at.bundle.labels and 0 <= one.probability <= 1:
            told.append(one)
    return told


def _alone(at: Chosen, one: Told) -> list[str]:
    answer = _said(at, one.label, one.probability)
    return [markup(one.name), answer, f'<span class="small">{say("browser.not_sent")}</span>', "–", ""]


def _row(at: Chosen, sent: Sent) -> list[str]:
    photo = sent.photo
    if at.key not in photo.answers:
        photo.answers[at.key] = load_model(at.found, at.artifact).answer(photo.tensors[at.bundle.preprocessing])
    there = photo.answers[at.key].probabilities
    difference = float(np.abs(sent.here - there).max())
    picture = f'<img src="{cards.data_url(photo.thumbnail)}" alt="">'
    return [
        picture + markup(photo.name),
        _answer(at, sent.here),
        _answer(at, there),
        i18n.power(difference),
        _verdict(at, sent, difference),
    ]


def _answer(at: Chosen, probabilities: NDArray[np.float32]) -> str:
    return _said(at, at.bundle.labels[int(top1(probabilities))], float(probabilities.max()))


def _said(at: Chosen, label: str, share: float) -> str:
    """A label with its probability; in brackets behind "not sure" where it is not certain enough."""
    if at.bundle.is_sure(share):
        return f"<strong>{markup(label)}</strong> {percent(share, 3)}"
    return f'{say("card.not_sure")} <span class="small">({markup(label)} {percent(share, 3)})</span>'


def _verdict(at: Chosen, sent: Sent, difference: float) -> str:
    """fp32 against fp32 must pass the gate; anything else has other digits by nature."""
    if at.artifact.variant != "fp32" or sent.variant != "fp32":
        return markup(say("browser.not_fp32", artifact=at.artifact.name))
    gate = gate_for("fp32", at.bundle.manifest.convolutions).max_abs_difference or 0.0
    text = say("browser.exact" if difference <= gate else "browser.apart", tolerance=i18n.plain(gate))
    return cards.badge(difference <= gate, text)
