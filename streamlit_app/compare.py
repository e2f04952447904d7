"""Compare: one photo through every twin that Python can run."""

import statistics
import time
from dataclasses import dataclass

import numpy as np
import streamlit as st

from gemelo import runtimes
from gemelo.bundle import Artefact, Bundle
from gemelo.classifier import Prediction
from gemelo.contract import Images, prepare
from gemelo.errors import GemeloError
from streamlit_app import cards, charts, errors, words
from streamlit_app.models import Answer, Found, load_model
from streamlit_app.photos import Photo
from streamlit_app.shell import FORMATS, Chosen, chosen
from streamlit_app.subject import subject
from streamlit_app.words import counted, markup, percent, say

TIMES = 9
# A slow network is not run all of them: seconds that one twin may take.
_PATIENCE = 0.5


@dataclass(frozen=True)
class Held:
    """A twin against Keras's record on the goldens, on this machine.

    Attributes:
        artefact: Which.
        runtime: What ran it, with its version.
        difference: The largest of a probability.
        flips: How many goldens have another label.
        problem: Why it cannot be run here; the others then mean nothing.
    """

    artefact: Artefact
    runtime: str = ""
    difference: float = 0.0
    flips: int = 0
    problem: GemeloError | None = None


@dataclass(frozen=True)
class Row:
    """A twin's answer to the photo, with its middle latency in milliseconds."""

    held: Held
    answer: Answer
    first: Prediction


def render() -> None:
    """The page."""
    at = chosen()
    cards.heading(say("compare.title"), say("compare.lead"))
    photo = subject(at)
    if photo is None:
        return
    with st.spinner(say("compare.measuring")):
        held = hold_all(at.found)
        rows = _ask_all(at, photo, held)
    if rows:
        left, right = st.columns([1, 3], vertical_alignment="center")
        with left:
            st.html(f'<div class="gm">{cards.picture(photo.thumbnail, photo.name)}</div>')
        with right:
            _verdict(at, rows)
        _table(at, rows)
        st.subheader(say("compare.plot"), anchor=False)
        st.html(f'<p class="gm lead small">{say("compare.plot_lead", times=TIMES)}</p>')
        st.altair_chart(charts.cost([_point(row) for row in rows]), width="stretch")
    for one in held:
        if one.problem is not None:
            st.warning(say("compare.cannot", twin=one.artefact.name, reason=words.markdown(_reason(one.problem))))


def _reason(error: GemeloError) -> str:
    return "\n".join(part for part in (errors.sentence(error), errors.hint(error)) if part)


def hold_all(found: Found) -> list[Held]:
    """Every twin against Keras's record; measured once for all sessions."""
    return _hold_all(str(found.path), found.stamp, found)


@st.cache_resource(max_entries=32, show_spinner=False)
def _hold_all(path: str, stamp: str, _found: Found) -> list[Held]:
    del path, stamp  # the key
    bundle = _found.bundle
    if bundle is None:
        return []
    images = np.stack([prepare(bundle.file(image.path), bundle.contract) for image in bundle.recorded.goldens])
    known = [a for name in FORMATS for a in bundle.artefacts if a.format == name]
    return [_hold(_found, bundle, artefact, images) for artefact in known]


def _hold(found: Found, bundle: Bundle, artefact: Artefact, images: Images) -> Held:
    expected = np.stack([image.probabilities for image in bundle.recorded.goldens])
    try:
        answered = load_model(found, artefact).batch(images)
        runtime = runtimes.get(artefact.format)
        flips = int((answered.argmax(axis=1) != expected.argmax(axis=1)).sum())
        return Held(artefact, f"{runtime.NAME} {runtime.version()}", float(np.abs(answered - expected).max()), flips)
    except GemeloError as error:
        return Held(artefact, problem=error)


def _ask_all(at: Chosen, photo: Photo, held: list[Held]) -> list[Row]:
    """Asked once for a photo and a bundle, not at every click."""
    key = (photo.number, at.found.stamp)
    if st.session_state.get("compared-of") != key:
        image = photo.tensors[at.bundle.contract]
        st.session_state["compared"] = [_ask(at, one, image) for one in held if one.problem is None]
        st.session_state["compared-of"] = key
    rows: list[Row] = st.session_state["compared"]
    return rows


def _ask(at: Chosen, held: Held, image: Images) -> Row:
    """The answer, and the middle time of several; the first, cold one is not counted."""
    model = load_model(at.found, held.artefact)
    answer = model.answer(image)
    times: list[float] = []
    end = time.perf_counter() + _PATIENCE
    while len(times) < TIMES and (not times or time.perf_counter() < end):
        times.append(model.answer(image).ms)
    label = at.bundle.labels[answer.index]
    first = Prediction(label, float(answer.probabilities[answer.index]), answer.index)
    return Row(held, Answer(answer.probabilities, statistics.median(times)), first)


def _reference(rows: list[Row]) -> Row:
    return next((row for row in rows if row.held.artefact.variant == "fp32"), rows[0])


def _verdict(at: Chosen, rows: list[Row]) -> None:
    labels = list(dict.fromkeys(row.first.label for row in rows))
    if len(labels) == 1:
        verdict = cards.badge(True, counted("compare.all_same", len(rows)))
    else:
        verdict = cards.badge(False, say("compare.differ", labels=", ".join(labels)))
    top, goldens = _reference(rows).first, len(at.bundle.recorded.goldens)
    notes = (elsewhere(goldens, [row.held for row in rows]), _right(rows))
    st.html(
        f'<div class="gm verdict"><p class="answer"><strong>{markup(top.label)}</strong>'
        f"<span>{percent(top.probability)}</span></p><p>{verdict}</p>"
        + "".join(f'<p class="small">{note}</p>' for note in notes)
        + "</div>"
    )


def elsewhere(goldens: int, held: list[Held]) -> str:
    """One photo is little: which twins gave another label than Keras on the goldens, so many."""
    flips = [f"{one.artefact.name}: {one.flips}" for one in held if one.flips]
    if not flips:
        return say("compare.no_flips", goldens=goldens)
    return say("compare.some_flips", goldens=goldens, flips=", ".join(flips))


def _right(rows: list[Row]) -> str:
    """To agree is not to be right."""
    accuracy = _reference(rows).held.artefact.parity.get("accuracy")
    return say("compare.unmeasured") if accuracy is None else say("compare.how_right", share=percent(accuracy, 1))


def _table(at: Chosen, rows: list[Row]) -> None:
    reference = _reference(rows)
    slowest = max(row.answer.ms for row in rows)
    largest = max(row.held.artefact.bytes for row in rows)
    head = [
        say("compare.twin"),
        say("compare.answer"),
        say("compare.off", reference=reference.held.artefact.name),
        say("compare.keras"),
        say("compare.flips"),
        say("compare.latency"),
        say("compare.size"),
        say("compare.right"),
    ]
    lines = [_line(row, reference, slowest, largest) for row in rows]
    cards.table(head, lines, numbers=(2, 3, 4, 5, 6, 7))
    goldens = len(at.bundle.recorded.goldens)
    note = counted("compare.note", goldens, reference=reference.held.artefact.name)
    st.html(f'<p class="gm lead small">{note}</p>')


def _line(row: Row, reference: Row, slowest: float, largest: int) -> list[str]:
    artefact, accuracy = row.held.artefact, row.held.artefact.parity.get("accuracy")
    off = float(np.abs(row.answer.probabilities - reference.answer.probabilities).max())
    kind = "good" if row.first.index == reference.first.index else "bad"
    return [
        f'<strong>{artefact.name}</strong><br><span class="small">{markup(row.held.runtime)}</span>',
        f'<span class="{kind}">{markup(row.first.label)}</span> {percent(row.first.probability, 2)}',
        "–" if row is reference else words.power(off),
        words.power(row.held.difference),
        str(row.held.flips),
        _measured(words.milliseconds(row.answer.ms), row.answer.ms / slowest),
        _measured(words.size(artefact.bytes), artefact.bytes / largest),
        "–" if accuracy is None else percent(accuracy, 2),
    ]


def _measured(text: str, share: float) -> str:
    """A figure with a bar below it, as long as its share of the largest."""
    return f'{text}<span class="under"><span style="width:{100 * share:.1f}%"></span></span>'


def _point(row: Row) -> charts.Cost:
    artefact = row.held.artefact
    accuracy = artefact.parity.get("accuracy")
    return charts.Cost(
        artefact.name, FORMATS.get(artefact.format, artefact.format), artefact.bytes / 1e3, row.answer.ms, accuracy
    )


if __name__ == "__main__":
    render()
