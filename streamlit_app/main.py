"""The app: its pages, and what stands around them."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from gemelo.webpage.assets import FOLDER

from . import i18n, limits, sidebar
from .guard import guarded
from .models import find_bundles
from .options import read_options

HERE = Path(__file__).resolve().parent
PAGES = {
    "classify": ":material/photo_library:",
    "compare": ":material/balance:",
    "browser": ":material/devices:",
    "inside": ":material/layers:",
    "training": ":material/show_chart:",
    "downloads": ":material/download:",
}
_ICON = FOLDER / "icon-192.png"  # not there until the page was built


def main() -> None:
    """Draw what the visitor sees."""
    icon = str(_ICON) if _ICON.is_file() else None
    st.set_page_config("gemelo", icon, layout="wide", initial_sidebar_state="auto")
    i18n.settle_language()
    st.html(HERE / "app.css")
    st.html(i18n.style())
    pages = [
        st.Page(_page(name), title=i18n.say(f"{name}.title"), icon=sign, url_path=name, default=i == 0)
        for i, (name, sign) in enumerate(PAGES.items())
    ]
    page = st.navigation(pages)
    st.logo(str(HERE / "logo.svg"), size="large")
    with guarded():
        options = read_options(sys.argv[1:])
        if sidebar.choose(find_bundles(options), options) is not None:
            page.run()
    limits.tidy_soon()


def _page(name: str) -> Callable[[], None]:
    """A page's `render`, imported when a visitor goes there."""

    def render() -> None:
        importlib.import_module(f".{name}", __package__).render()

    return render
