"""The app's entry, which `streamlit_app/server.py` runs for each visitor."""

import sys
from pathlib import Path

if str(Path(__file__).resolve().parents[1]) not in sys.path:
    sys.path.append(str(Path(__file__).resolve().parents[1]))

import streamlit as st

from streamlit_app import i18n, limits, sidebar
from streamlit_app.guard import guarded
from streamlit_app.models import find_bundles
from streamlit_app.options import read_options

HERE = Path(__file__).resolve().parent
PAGES = {
    "classify": ":material/photo_library:",
    "compare": ":material/balance:",
    "browser": ":material/devices:",
    "inside": ":material/layers:",
    "training": ":material/show_chart:",
    "downloads": ":material/download:",
}


def main() -> None:
    """Draw what the visitor sees."""
    st.set_page_config(
        "gemelo", str(HERE.parent / "web_demo/src/app/icons/icon-192.png"), layout="wide", initial_sidebar_state="auto"
    )
    i18n.settle_language()
    st.html(HERE / "app.css")
    st.html(i18n.style())
    pages = [
        st.Page(HERE / f"{name}.py", title=i18n.say(f"{name}.title"), icon=icon, url_path=name, default=i == 0)
        for i, (name, icon) in enumerate(PAGES.items())
    ]
    page = st.navigation(pages)
    st.logo(str(HERE / "logo.svg"), size="large")
    with guarded():
        options = read_options(sys.argv[1:])
        if sidebar.choose(find_bundles(options), options) is not None:
            page.run()
    limits.tidy_soon()


main()
