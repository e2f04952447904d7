"""Compare: one photo through every artifact that Python can run."""

import statistics
import time
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from gemelo import runtimes
from gemelo.decisions import top1
from gemelo.errors import GemeloError
from gemelo.prediction import Prediction
from gemelo.preprocessing import Images, prepare
from gemelo.store.bundle import Artifact, Bundle
from gemelo.store.files import sha256_bytes

from . import cards, charts, errors, i18n
from .i18n import counted, markup, percent, say
from .models import Answer, Found, load_model
from .photos import Photo
from .sidebar import Chosen, chosen
from .subject import subject

TIMES = 9
# A slow network is not run all of them: seconds that one artifact may take.
_PATIENCE = 0.5


@dataclass(frozen=True)
class Held:
    """An artifact against Keras's record on the goldens, on this machine.

    Attributes:
        artifact: Which.
        runtime: What ran it, with its version.
        difference: The largest of a probability.
        label_changes: How many goldens have another label.
        problem: Why it cannot be run here; the others then mean nothing.
    """

    artifact: Artifact
    runtime: str = ""
    difference: float = 0.0
    label_changes: int = 0
    problem: GemeloError | None = None


@dataclass(frozen=True)
class Row:
    """An artifact's answer to the photo, with its middle latency in milliseconds."""

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
        reference = _reference(at, photo, rows)
        left, right = st.columns([1, 3], vertical_alignment="center")
        with left:
            st.html(f'<div class="gm">{cards.picture(photo.thumbnail, photo.name)}</div>')
        with right:
            _verdict(at, rows, reference.row)
        _table(at, rows, reference)
        st.subheader(say("compare.plot"), anchor=False)
        st.html(f'<p class="gm lead small">{say("compare.plot_lead", times=TIMES)}</p>')
        st.altair_chart(charts.cost([_point(row) for row in rows]), width="stretch")
    for one in held:
        if one.problem is not None:
            st.warning(say("compare.cannot", artifact=one.artifact.name, reason=i18n.markdown(_reason(one.problem))))


@dataclass(frozen=True)
class Reference:
    """What differences are taken from.

    Attributes:
        row: The artifact whose answer stands in for Keras's.
        probabilities: The answer: Keras's where it is known, else that artifact's.
        is_keras: Whether it is Keras's.
    """

    row: Row
    probabilities: NDArray[np.float32]
    is_keras: bool


def _reason(error: GemeloError) -> str:
    return "\n".join(part for part in (errors.sentence(error), errors.hint(error)) if part)


def hold_all(found: Found) -> list[Held]:
    """Every artifact against Keras's record; measured once for all sessions."""
    return _hold_all(str(found.path), found.stamp, found)


@st.cache_resource(max_entries=32, show_spinner=False)
def _hold_all(path: str, stamp: str, _found: Found) -> list[Held]:
    del path, stamp  # the key
    bundle = _found.bundle
    if bundle is None:
        return []
    images = np.stack([prepare(bundle.file(image.path), bundle.preprocessing) for image in bundle.reference.goldens])
    formats = runtimes.ordered(artifact.format for artifact in bundle.artifacts)
    known = [a for name in formats for a in bundle.artifacts if a.format == name]
    return [_hold(_found, bundle, artifact, images) for artifact in known]


def _hold(found: Found, bundle: Bundle, artifact: Artifact, images: Images) -> Held:
    expected = np.stack([image.probabilities for image in bundle.reference.goldens])
    try:
        answered = load_model(found, artifact).batch(images)
        runtime = runtimes.get(artifact.format)
        label_changes = int((top1(answered) != top1(expected)).sum())
        return Held(
            artifact, f"{runtime.NAME} {runtime.version()}", float(np.abs(answered - expected).max()), label_changes
        )
    except GemeloError as error:
        return Held(artifact, problem=error)


def _ask_all(at: Chosen, photo: Photo, held: list[Held]) -> list[Row]:
    """Asked once for a photo and a bundle, not at every click."""
    key = (photo.number, at.found.stamp)
    if st.session_state.get("compared-of") != key:
        image = photo.tensors[at.bundle.preprocessing]
        st.session_state["compared"] = [_ask(at, one, image) for one in held if one.problem is None]
        st.session_state["compared-of"] = key
    rows: list[Row] = st.session_state["compared"]
    return rows


def _ask(at: Chosen, held: Held, image: Images) -> Row:
    """The answer, and the middle time of several; the first, cold one is not counted."""
    model = load_model(at.found, held.artifact)
    answer = model.answer(image)
    times: list[float] = []
    end = time.perf_counter() + _PATIENCE
    while len(times) < TIMES and (not times or time.perf_counter() < end):
        times.append(model.answer(image).ms)
    label = at.bundle.labels[answer.index]
    first = Prediction(label, float(answer.probabilities[answer.index]), answer.index)
    return Row(held, Answer(answer.probabilities, statistics.median(times)), first)


def _reference(at: Chosen, photo: Photo, rows: list[Row]) -> Reference:
    row = next((row for row in rows if row.held.artifact.variant == "fp32"), rows[0])
    keras = keras_answer(at.bundle, photo.tensors[at.bundle.preprocessing])
    return Reference(row, row.answer.probabilities if keras is None else keras, keras is not None)


def keras_answer(bundle: Bundle, image: Images) -> NDArray[np.float32] | None:
    """What Keras answered to exactly this image; None where it never saw it."""
    digest = sha256_bytes(image.tobytes())
    known = (*bundle.reference.goldens, *bundle.reference.test)
    return next((one.probabilities for one in known if one.tensor_sha256 == digest), None)


def _verdict(at: Chosen, rows: list[Row], reference: Row) -> None:
    labels = list(dict.fromkeys(row.first.label for row in rows))
    if len(labels) == 1:
        verdict = cards.badge(True, counted("compare.all_same", len(rows)))
    else:
        verdict = cards.badge(False, say("compare.differ", labels=", ".join(labels)))
    goldens = len(at.bundle.reference.goldens)
    notes = (elsewhere(goldens, [row.held for row in rows]), _right(reference))
    st.html(
        f'<div class="gm verdict">{cards.headline(at.bundle, reference.answer.probabilities)}<p>{verdict}</p>'
        + "".join(f'<p class="small">{note}</p>' for note in notes)
        + "</div>"
    )


def elsewhere(goldens: int, held: list[Held]) -> str:
    """One photo is little: which artifacts gave another label than Keras on the goldens, so many."""
    label_changes = [f"{one.artifact.name}: {one.label_changes}" for one in held if one.label_changes]
    if not label_changes:
        return say("compare.no_label_changes", goldens=goldens)
    return say("compare.some_label_changes", goldens=goldens, label_changes=", ".join(label_changes))


def _right(reference: Row) -> str:
    """To agree is not to be right."""
    accuracy = reference.held.artifact.parity.accuracy
    return say("compare.unmeasured") if accuracy is None else say("compare.how_right", share=percent(accuracy, 1))


def _table(at: Chosen, rows: list[Row], reference: Reference) -> None:
    slowest = max(row.answer.ms for row in rows)
    largest = max(row.held.artifact.bytes for row in rows)
    names = ("artifact", "answer", "difference", "self_test", "warm", "size", "accuracy")
    lines = [_line(row, reference, slowest, largest) for row in rows]
    cards.table([say(f"compare.{name}") for name in names], lines, numbers=(2, 3, 4, 5, 6))
    name = reference.row.held.artifact.name
    origin = say("compare.from_keras") if reference.is_keras else say("compare.from_artifact", reference=name)
    note = counted("compare.note", len(at.bundle.reference.goldens))
    st.html(f'<p class="gm lead small">{origin} {note}</p>')


def _line(row: Row, reference: Reference, slowest: float, largest: int) -> list[str]:
    artifact, accuracy = row.held.artifact, row.held.artifact.parity.accuracy
    difference = float(np.abs(row.answer.probabilities - reference.probabilities).max())
    kind = "good" if row.first.index == int(top1(reference.probabilities)) else "bad"
    return [
        f'<strong>{artifact.name}</strong><br><span class="small">{markup(row.held.runtime)}</span>',
        f'<span class="{kind}">{markup(row.first.label)}</span> {percent(row.first.probability)}',
        i18n.power(difference),
        _self_test(row.held),
        _measured(i18n.milliseconds(row.answer.ms), row.answer.ms / slowest),
        _measured(i18n.size(artifact.bytes), artifact.bytes / largest),
        "–" if accuracy is None else percent(accuracy),
    ]


def _self_test(held: Held) -> str:
    """The largest difference on the goldens, and how many labels changed, where any did."""
    changes = [counted("compare.label_changes", held.label_changes)] if held.label_changes else []
    return ", ".join([i18n.power(held.difference), *changes])


def _measured(text: str, share: float) -> str:
    """A figure with a bar below it, as long as its share of the largest."""
    return f'{text}<span class="under"><span style="width:{100 * share:.1f}%"></span></span>'


def _point(row: Row) -> charts.Cost:
    artifact = row.held.artifact
    accuracy = artifact.parity.accuracy
    return charts.Cost(
        artifact.name, runtimes.get(artifact.format).TITLE, artifact.bytes / 1e3, row.answer.ms, accuracy
    )
