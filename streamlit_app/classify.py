"""Classify: photos in, answers out."""

import csv
import io

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from gemelo.preprocessing import EXTENSIONS
from gemelo.terminal.text import spreadsheet_cell
from gemelo.webpage.samples import drawings_fit

from . import cards, i18n, limits
from .i18n import counted, say
from .models import Model, load_model
from .photos import Photo, Tray, sample_files, samples, tray
from .sidebar import Chosen, chosen
from .subject import too_many

# The first characters by which spreadsheets take text for a formula.


def render() -> None:
    """The page."""
    at, kept = chosen(), tray()
    cards.heading(say("classify.title"), say("classify.lead"))
    model = load_model(at.found, at.artifact)  # before the first photo comes: it shall not wait
    latest = _take(at, kept)
    if kept.left_out:
        too_many(kept, at)
    if kept.photos:
        _ask(at, kept, model)
        _answers(at, kept, latest)
    else:
        _try_samples(at, kept)


def _take(at: Chosen, kept: Tray) -> DeltaGenerator | None:
    """Files or the camera; where the camera is on, the place beside it for what it took last."""
    with_camera = bool(st.session_state.get("with-camera"))
    with st.container(key="shot" if with_camera else "files"):
        left, right = st.columns([3, 2] if with_camera else [3, 1], vertical_alignment="top")
    with right:
        st.toggle(say("classify.camera"), key="with-camera")
    with left:
        files = _shot(kept) if with_camera else _files(at, kept)
    if files:
        _read(files, at, kept)
    return right if with_camera else None


def _files(at: Chosen, kept: Tray) -> list[UploadedFile]:
    size = i18n.plain(limits.upload_bytes(at.options) / (1 << 20))
    label = say("classify.upload", size=size, most=at.options.max_photos)
    return list(st.file_uploader(label, accept_multiple_files=True, key=f"upload-{kept.round}"))


def _shot(kept: Tray) -> list[UploadedFile]:
    shot = st.camera_input(say("classify.shoot"), key=f"camera-{kept.round}")
    if shot is None:
        return []
    shot.name = f"camera-{kept.taken + 1}.jpg"
    return [shot]


def _read(files: list[UploadedFile], at: Chosen, kept: Tray) -> None:
    """New photos are read at once, and the uploader starts anew: nobody's files stay in the server's memory."""
    with st.spinner(say("classify.reading")):
        kept.add(files, at.preprocessings(), at.options)
    kept.let_go([file.file_id for file in files])
    st.rerun()


def _try_samples(at: Chosen, kept: Tray) -> None:
    if drawings_fit(at.bundle.labels):
        st.html(f'<p class="gm">{say("classify.none")} <span class="small">{say("card.drawing")}</span></p>')
        tiles = "".join(f'<img src="{cards.data_url(data)}" alt="">' for data in samples().values())
        st.html(f'<div class="gm strip">{tiles}</div>')
        if st.button(say("classify.samples"), type="primary", key="samples"):
            kept.add(sample_files(), at.preprocessings(), at.options)
            st.rerun()
    st.html(f'<p class="gm lead small">{say("classify.formats", formats=", ".join(EXTENSIONS))}</p>')


def _ask(at: Chosen, kept: Tray, model: Model) -> None:
    asked = [photo for photo in kept.readable(at.bundle.preprocessing) if at.key not in photo.answers]
    with st.spinner(say("classify.working")):
        for photo in asked:
            photo.answers[at.key] = model.answer(photo.tensors[at.bundle.preprocessing])


def _answers(at: Chosen, kept: Tray, latest: DeltaGenerator | None) -> None:
    unread = sum(photo.problem is not None for photo in kept.photos)
    done = sum(at.key in photo.answers for photo in kept.photos)
    with st.container(horizontal=True, vertical_alignment="center"):
        text = counted("classify.done", done, artifact=at.artifact.name)
        text += f" {counted('classify.unread', unread)}" if unread else ""
        st.html(f'<p class="gm count" role="status">{text}</p>')
        st.download_button(
            say("classify.csv"), table(at, kept.photos), "gemelo.csv", "text/csv", key="csv", on_click="ignore"
        )
        st.button(say("classify.clear"), key="clear", on_click=kept.clear)
    if any(photo.drawing for photo in kept.photos):
        st.html(f'<p class="gm lead small">{say("card.drawing")}</p>')
    photos = kept.photos
    if latest is not None:
        with latest:
            _card(photos[0], at, kept)
        photos = photos[1:]
    with st.container(key="cards"):
        for photo in photos:
            _card(photo, at, kept)


def _card(photo: Photo, at: Chosen, kept: Tray) -> None:
    """A photo with its answer, or why it has none, and a way to remove it."""
    with st.container(key=f"card-{photo.number}"):
        st.html(f'<div class="gm">{_html(photo, at)}</div>')
        label = i18n.markdown(say("card.remove", name=photo.name))
        st.button(label, key=f"remove-{photo.number}", icon=":material/close:", on_click=_remove, args=(kept, photo))


def _remove(kept: Tray, photo: Photo) -> None:
    kept.drop([photo.number])
    kept.left_out = 0


def _html(photo: Photo, at: Chosen) -> str:
    if photo.problem is not None:
        return cards.failed(photo)
    if at.key in photo.answers:
        return cards.answered(photo, photo.answers[at.key], at.bundle)
    return cards.waiting(
        photo, say("card.other_input", size=f"{at.bundle.preprocessing.width}×{at.bundle.preprocessing.height}")
    )


def table(at: Chosen, photos: list[Photo]) -> str:
    """The answers as CSV: a row a photo, a column a label, errors in the last one; no prediction where not sure."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(
        ["photo", "prediction", "probability", "sure", *map(spreadsheet_cell, at.bundle.labels), "ms", "error"]
    )
    for photo in photos:
        answer = photo.answers.get(at.key)
        if answer is None:
            why = photo.problem.message if photo.problem else ""
            writer.writerow(
                [spreadsheet_cell(photo.name), "", "", "", *("" for _ in at.bundle.labels), "", spreadsheet_cell(why)]
            )
        else:
            # Nine digits bring every float32 back as it was.
            shares = [f"{share:.9g}" for share in answer.probabilities]
            sure = at.bundle.is_sure(float(answer.probabilities[answer.index]))
            label = spreadsheet_cell(at.bundle.labels[answer.index]) if sure else ""
            said = "" if at.bundle.threshold is None else str(sure).lower()
            head = [spreadsheet_cell(photo.name), label, shares[answer.index], said]
            writer.writerow([*head, *shares, f"{answer.ms:.2f}", ""])
    return stream.getvalue()
