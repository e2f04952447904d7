"""Downloads: everything that is needed to run the model elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gemelo.errors import GemeloError
from gemelo.store.bundle import Bundle
from gemelo.webpage.assets import Assets
from gemelo.webpage.content import choose_runtimes

from . import archives, cards, errors, i18n, snippets
from .guard import guarded
from .i18n import say
from .sidebar import Chosen, chosen


def render() -> None:
    """The page. The sizes of zips are known when they are made: that comes last, when all else is drawn."""
    at = chosen()
    cards.heading(say("downloads.title"), say("downloads.lead"))
    offers = [offer for offer in (_bundle(at), _page(at), _onnx(at.bundle), _wheel()) if offer is not None]
    slots = []
    for pair in (offers[:2], offers[2:]):
        for column, offer in zip(st.columns(2), pair, strict=False):
            with column:
                slots.append(_draw(offer))
    _code(at)
    for offer, slot in zip(offers, slots, strict=True):
        if offer.size is not None:
            with slot.container(), guarded():
                st.html(f'<p class="gm lead small">{offer.file}, {i18n.size(offer.size())}</p>')


@dataclass(frozen=True)
class Offer:
    """Something to take.

    Attributes:
        key: Of its texts.
        text: What it is, HTML.
        file: What it is called on the visitor's disk.
        make: Its bytes; None where it cannot be had, and `text` says why.
        size: How many they are.
    """

    key: str
    text: str
    file: str = ""
    make: Callable[[], bytes] | None = None
    size: Callable[[], int] | None = None


def _bundle(at: Chosen) -> Offer:
    total = sum(row.bytes for row in at.bundle.files.values())
    text = say("downloads.bundle_text", size=i18n.size(total))
    return _zip("bundle", text, f"{archives.slug(at.bundle.name)}.zip", lambda: archives.bundle_zip(at.found))


def _page(at: Chosen) -> Offer:
    try:
        choose_runtimes(Assets.open(), at.bundle, None)
    except GemeloError as error:
        return Offer("page", i18n.markup(" ".join(filter(None, (errors.sentence(error), errors.hint(error))))))
    name = f"{archives.slug(at.bundle.name)}-page.zip"
    return _zip("page", say("downloads.page_text"), name, lambda: archives.page_zip(at.found, at.options.max_pixels))


def _onnx(bundle: Bundle) -> Offer | None:
    artifact = next((a for a in bundle.artifacts if a.name == "onnx/fp32"), None)
    if artifact is None:
        return None
    path, name = bundle.file(artifact.path), f"{archives.slug(bundle.name)}.onnx"
    return Offer("onnx", say("downloads.onnx_text"), name, path.read_bytes, lambda: artifact.bytes)


def _wheel() -> Offer:
    return _zip("wheel", say("downloads.wheel_text"), archives.wheel_name(), archives.wheel)


def _zip(key: str, text: str, file: str, pack: Callable[[], archives.Packed]) -> Offer:
    return Offer(key, text, file, lambda: pack().read(), lambda: pack().size)


def _draw(offer: Offer) -> DeltaGenerator:
    """A card with a button; gives back the place for its size."""
    with st.container(border=True, height="stretch", vertical_alignment="distribute"):
        st.html(f'<div class="gm offer"><h3>{say(f"downloads.{offer.key}")}</h3><p>{offer.text}</p></div>')
        with st.container(horizontal=True, vertical_alignment="center"):
            if offer.make is not None:
                st.download_button(
                    say("downloads.download"),
                    offer.make,
                    offer.file,
                    "application/octet-stream" if offer.key in ("onnx", "wheel") else "application/zip",
                    key=f"take-{offer.key}",
                    on_click="ignore",
                    icon=":material/download:",
                    type="primary",
                )
            slot = st.empty()
            if offer.size is not None:
                slot.html(f'<p class="gm lead small">{say("downloads.packing")}</p>')
            return slot


def _code(at: Chosen) -> None:
    st.subheader(say("downloads.code"), anchor=False)
    st.html(f'<p class="gm">{say("downloads.python")}</p>')
    st.code(snippets.install(at.artifact), language="bash", wrap_lines=True)
    st.code(snippets.python(at.bundle, at.artifact), language="python", wrap_lines=True)
    hint = "tfjs_hint" if at.artifact.format == "tfjs" else "python_hint"
    st.html(f'<p class="gm lead small">{say(f"downloads.{hint}")}</p>')
    plain = snippets.onnxruntime(at.bundle)
    if plain is not None:
        st.html(f'<p class="gm">{say("downloads.onnxruntime")}</p>')
        st.code(snippets.INSTALL_PLAIN, language="bash", wrap_lines=True)
        st.code(plain, language="python", wrap_lines=True)
    st.html(f'<p class="gm">{say("downloads.javascript")}</p>')
    st.code(snippets.javascript(at.bundle), language="html", wrap_lines=True)
    st.html(f'<p class="gm lead small">{say("downloads.javascript_hint")}</p>')
