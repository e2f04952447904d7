"""Classify: photos in, answers out."""

import csv
import io

import streamlit as st

from gemelo.contract import EXTENSIONS
from streamlit_app import cards, limits
from streamlit_app.models import Model, load_model
from streamlit_app.photos import Photo, Tray, sample_files, samples, tray
from streamlit_app.shell import Chosen, chosen
from streamlit_app.words import number, say, shown

# The first characters by which spreadsheets take text for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render() -> None:
    """The page."""
    at, kept = chosen(), tray()
    cards.heading(say("classify.title"), say("classify.lead"))
    model = load_model(at.found, at.artefact)  # before the first photo comes: it shall not wait
    _take(at, kept)
    if kept.left_out:
        text = say("classify.too_many", count=kept.left_out, most=at.options.max_photos)
        st.warning(text, icon=":material/filter_none:")
    if kept.photos:
        _answers(at, kept, model)
    else:
        _try_samples(at, kept)


def _take(at: Chosen, kept: Tray) -> None:
    """New photos are read at once, and the uploader starts anew: nobody's files stay in the server's memory."""
    left, right = st.columns([3, 1], vertical_alignment="top")
    with left:
        files = st.file_uploader(
            say("classify.upload", size=limits.upload_bytes() >> 20, most=at.options.max_photos),
            accept_multiple_files=True,
            key=f"upload-{kept.round}",
        )
    with right:
        with_camera = st.toggle(say("classify.camera"), key="with-camera")
    shot = st.camera_input(say("classify.shoot"), key=f"camera-{kept.round}") if with_camera else None
    if not files and shot is None:
        return
    with st.spinner(say("classify.reading")):
        if shot is not None:
            shot.name = f"camera-{kept.taken + 1}.jpg"
        kept.add([*files, *([] if shot is None else [shot])], at.contracts(), at.options)
    kept.let_go([file.file_id for file in files])
    st.rerun()


def _try_samples(at: Chosen, kept: Tray) -> None:
    st.html(f'<p class="gm">{say("classify.none")}</p>')
    tiles = "".join(f'<img src="{cards.data_url(data)}" alt="">' for data in samples().values())
    st.html(f'<div class="gm strip">{tiles}</div>')
    if st.button(say("classify.samples"), type="primary", key="samples"):
        kept.add(sample_files(), at.contracts(), at.options)
        st.rerun()
    st.html(f'<p class="gm lead small">{say("classify.formats", formats=", ".join(EXTENSIONS))}</p>')


def _answers(at: Chosen, kept: Tray, model: Model) -> None:
    unread = [photo for photo in kept.photos if photo.problem is not None]
    asked = [photo for photo in kept.readable(at.bundle.contract) if at.key not in photo.answers]
    with st.spinner(say("classify.working")):
        for photo in asked:
            photo.answers[at.key] = model.answer(photo.tensors[at.bundle.contract])
    done = sum(at.key in photo.answers for photo in kept.photos)
    with st.container(horizontal=True, vertical_alignment="center"):
        text = say("classify.done", count=number(done), twin=at.artefact.name)
        text += f" {say('classify.unread', count=number(len(unread)))}" if unread else ""
        st.html(f'<p class="gm count" role="status">{text}</p>')
        st.download_button(
            say("classify.csv"), table(at, kept.photos), "gemelo.csv", "text/csv", key="csv", on_click="ignore"
        )
        if st.button(say("classify.clear"), key="clear"):
            kept.clear()
            st.rerun()
    cards.grid([_card(photo, at) for photo in kept.photos])


def _card(photo: Photo, at: Chosen) -> str:
    if photo.problem is not None:
        return cards.failed(photo)
    if at.key in photo.answers:
        return cards.answered(photo, photo.answers[at.key], at.bundle)
    return cards.waiting(photo, say("card.other_input", size=f"{at.bundle.contract.width}×{at.bundle.contract.height}"))


def table(at: Chosen, photos: list[Photo]) -> str:
    """The answers as CSV: a row a photo, a column a label, errors in the last one; no prediction where not sure."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["photo", "prediction", "probability", "sure", *map(_cell, at.bundle.labels), "ms", "error"])
    for photo in photos:
        answer = photo.answers.get(at.key)
        if answer is None:
            words = photo.problem.message if photo.problem else ""
            writer.writerow([_cell(photo.name), "", "", "", *("" for _ in at.bundle.labels), "", _cell(words)])
        else:
            # Nine digits bring every float32 back as it was.
            shares = [f"{share:.9g}" for share in answer.probabilities]
            sure = at.bundle.is_sure(float(answer.probabilities[answer.index]))
            label = _cell(at.bundle.labels[answer.index]) if sure else ""
            said = "" if at.bundle.threshold is None else str(sure).lower()
            head = [_cell(photo.name), label, shares[answer.index], said]
            writer.writerow([*head, *shares, f"{answer.ms:.2f}", ""])
    return stream.getvalue()


def _cell(text: str) -> str:
    plain = shown(text)
    return f"'{plain}" if plain.startswith(_FORMULA) else plain


if __name__ == "__main__":
    render()
