"""Take it away: everything that is needed to run the model elsewhere."""

from collections.abc import Callable

import streamlit as st

from gemelo.bundle import Bundle
from gemelo.errors import GemeloError
from gemelo.site.assets import Assets
from gemelo.site.content import choose_runtimes
from streamlit_app import archives, cards, snippets, words
from streamlit_app.shell import Chosen, chosen
from streamlit_app.words import say


def render() -> None:
    """The page."""
    at = chosen()
    cards.heading(say("takeaway.title"), say("takeaway.lead"))
    name = archives.slug(at.bundle.name)
    total = sum(int(row["bytes"]) for row in at.bundle.files.values())
    columns = st.columns(3)
    with columns[0]:
        text = say("takeaway.bundle_text", size=words.size(total))
        _offer("bundle", text, f"{name}.zip", "application/zip", lambda: archives.bundle_zip(at.found))
    with columns[1]:
        _page(at, name)
    with columns[2]:
        _onnx(at.bundle, name)
    _code(at)


def _page(at: Chosen, name: str) -> None:
    try:
        Assets.open()
        choose_runtimes(at.bundle, None)
    except GemeloError as error:
        _offer("page", words.markup(str(error)), "", "", None)
        return
    make = lambda: archives.page_zip(at.found, at.options.max_pixels)  # noqa: E731
    _offer("page", say("takeaway.page_text"), f"{name}-page.zip", "application/zip", make)


def _onnx(bundle: Bundle, name: str) -> None:
    artefact = next((a for a in bundle.artefacts if a.name == "onnx/fp32"), None)
    if artefact is None:
        return
    path = bundle.file(artefact.path)
    text = say("takeaway.onnx_text", size=words.size(artefact.bytes))
    _offer("onnx", text, f"{name}.onnx", "application/octet-stream", path.read_bytes)


def _offer(key: str, text: str, file: str, mime: str, make: Callable[[], bytes] | None) -> None:
    """A card with a button; nothing is made before it is pressed."""
    with st.container(border=True, height="stretch"):
        st.html(f'<div class="gm offer"><h3>{say(f"takeaway.{key}")}</h3><p>{text}</p></div>')
        if make is not None:
            st.download_button(
                say("takeaway.download"),
                make,
                file,
                mime,
                key=f"take-{key}",
                on_click="ignore",
                icon=":material/download:",
                type="primary",
            )


def _code(at: Chosen) -> None:
    st.subheader(say("takeaway.code"), anchor=False)
    st.html(f'<p class="gm">{say("takeaway.python")}</p>')
    st.code(snippets.python(at.bundle, at.artefact), language="python")
    st.html(f'<p class="gm lead small">{say("takeaway.python_hint")}</p>')
    plain = snippets.onnxruntime(at.bundle)
    if plain is not None:
        st.html(f'<p class="gm">{say("takeaway.onnxruntime")}</p>')
        st.code(plain, language="python")
    st.html(f'<p class="gm">{say("takeaway.javascript")}</p>')
    st.code(snippets.javascript(), language="html")
    st.html(f'<p class="gm lead small">{say("takeaway.javascript_hint")}</p>')


if __name__ == "__main__":
    render()
