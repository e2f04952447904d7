"""The one photo that a page looks at: of the visitor's, or a drawing where the drawings suit the model."""

import streamlit as st

from gemelo.terminal.text import shown
from gemelo.webpage.samples import drawings_fit

from .guard import problem
from .i18n import counted, say
from .photos import Photo, Tray, read_photo, sample_files, tray
from .sidebar import Chosen


def subject(at: Chosen) -> Photo | None:
    """Draw the choice of a photo and give back the chosen one, read for the model; None where there is none yet."""
    kept = tray()
    photos = {photo.number: photo for photo in [*kept.readable(at.bundle.preprocessing), *_drawings(at)]}
    if not photos:
        st.html(f'<p class="gm">{say("subject.none")}</p>')
        _more(at)
        if kept.refused is not None:
            problem(kept.refused)
        return None
    first = kept.chosen if kept.chosen in photos else next(iter(photos))
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        number = st.selectbox(
            say("subject.photo"),
            list(photos),
            index=list(photos).index(first),
            format_func={number: _title(photo) for number, photo in photos.items()}.__getitem__,
            key=f"subject-{kept.round}-{at.found.stamp}",
        )
    with right, st.popover(say("subject.upload"), icon=":material/upload:", width="stretch"):
        _more(at)
    if kept.refused is not None:
        problem(kept.refused)
    if kept.left_out:
        too_many(kept, at)
    kept.chosen = number
    if photos[number].drawing:
        st.html(f'<p class="gm lead small">{say("card.drawing")}</p>')
    return photos[number]


def too_many(kept: Tray, at: Chosen) -> None:
    """Say that photos were left out."""
    text = counted("classify.too_many", kept.left_out, most=at.options.max_photos)
    st.warning(text, icon=":material/filter_none:")


def _title(photo: Photo) -> str:
    return shown(photo.name) if photo.number > 0 else say("subject.drawing", name=photo.name.rsplit(".", 1)[0])


def _drawings(at: Chosen) -> list[Photo]:
    """The drawings, read as this model reads photos; their numbers are below zero. None for a model of other things."""
    if not drawings_fit(at.bundle.labels):
        return []
    kept = tray()
    preprocessing = at.bundle.preprocessing
    if not all(preprocessing in photo.tensors for photo in kept.drawings) or not kept.drawings:
        files = enumerate(sample_files(), 1)
        kept.drawings = [read_photo(-i, file, [preprocessing], at.options) for i, file in files]
    return kept.drawings


def _more(at: Chosen) -> None:
    kept = tray()
    file = st.file_uploader(say("subject.upload"), key=f"more-{kept.round}", label_visibility="collapsed")
    if file is None:
        return
    kept.add([file], at.preprocessings(), at.options)
    kept.let_go([file.file_id])
    kept.refused = None
    if not kept.left_out:
        if kept.photos[0].problem is None:
            kept.chosen = kept.photos[0].number
        else:
            kept.refused = kept.photos.pop(0).problem
    st.rerun()
