"""The visitor's browser as a component: the page's own gemelo.js, and a few cards around it."""

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).resolve().parent

# Drawn by component.mjs; what it says back: `report` (a state) and `photo` (a trigger, one photo that was sent).
classify_here = st.components.v2.component(
    "gemelo_browser",
    html='<div class="room"></div>',
    css=(_HERE / "component.css").read_text(encoding="utf-8"),
    js=(_HERE / "component.mjs").read_text(encoding="utf-8"),
)
