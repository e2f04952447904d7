"""What the app says, in the visitor's language: chosen on the page, by ?lang=, or by his browser."""

import functools
import html
import re
import tomllib
from pathlib import Path
from typing import Any

import streamlit as st

from gemelo.terminal.text import shown

LANGUAGES = {"es": "Español", "en": "English"}
_KEPT = "language"
_SPACE = "\u00a0"  # between a figure and its unit
_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$^=])")


def language() -> str:
    """`es` or `en`."""
    return str(st.session_state.get(_KEPT, "en"))


def settle_language() -> None:
    """Once a visit: what the address asks for, else what the browser speaks."""
    asked = str(st.query_params.get("lang", ""))
    if asked in LANGUAGES and st.session_state.get("asked_language") != asked:
        st.session_state["asked_language"] = st.session_state[_KEPT] = asked
    if _KEPT not in st.session_state:
        spoken = str(st.context.locale or "").lower()
        st.session_state[_KEPT] = "es" if spoken.startswith("es") else "en"


def choose_language(wanted: str | None) -> None:
    """Speak another language from now on; the address says so too, to be passed on."""
    if wanted in LANGUAGES:
        st.session_state[_KEPT] = st.session_state["asked_language"] = wanted
        st.query_params["lang"] = str(wanted)


def say(key: str, **values: Any) -> str:
    """The text of that key, its {places} filled in."""
    text = texts(language())[key]
    return text.format(**values) if values else text


def counted(key: str, count: int, **values: Any) -> str:
    """The text of that key for so many things: `key_one` where there is one of them; {count} is the number."""
    form = f"{key}_one" if count == 1 else key
    return say(form, count=number(count), **values)


def style() -> str:
    """Texts inside of Streamlit's widgets that no argument sets: app.css puts these in their place."""
    keys = {
        "browse": "classify.browse",
        "one": "subject.browse",
        "drop": "classify.drop",
        "shutter": "classify.shutter",
    }
    rows = "".join(f'--gm-say-{name}: "{say(key)}";' for name, key in keys.items())
    return f"<style>:root {{{rows}}}</style>"


@functools.cache
def texts(language: str) -> dict[str, str]:
    """All texts of a language: {"section.key": text}."""
    path = Path(__file__).with_name("lang") / f"{language}.toml"
    sections = tomllib.loads(path.read_text(encoding="utf-8"))
    return {f"{section}.{key}": text for section, rows in sections.items() for key, text in rows.items()}


def number(value: float, digits: int = 0) -> str:
    """A number as the language writes it: 1,234.5 or 1.234,5."""
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language() == "es" else text


def plain(value: float, digits: int = 6) -> str:
    """A number without needless digits: 20, 0.5."""
    text = f"{value:.{digits}g}"
    return text.replace(".", ",") if language() == "es" else text


def percent(share: float, digits: int = 1) -> str:
    """0.973 as 97.3 % or 97,3 %, with a no-break space."""
    return f"{number(100 * share, digits)}{_SPACE}%"


def milliseconds(value: float) -> str:
    """A time that is read at a glance."""
    return f"{number(value, 2 if value < 10 else 1 if value < 100 else 0)}{_SPACE}ms"


def size(count: int) -> str:
    """Bytes as people read them."""
    return f"{number(count / 1e6, 2)}{_SPACE}MB" if count >= 1e6 else f"{number(count / 1e3, 1)}{_SPACE}kB"


def power(value: float) -> str:
    """A small difference as the page writes it: 4.5e-7, or 0."""
    text = "0" if value == 0 else f"{value:.1e}".replace("e-0", "e-").replace("e+00", "e0")
    return text.replace(".", ",") if language() == "es" else text


def markup(text: str) -> str:
    """Text from outside for an HTML page."""
    return html.escape(shown(text))


def markdown(text: str) -> str:
    """Text from outside for a Markdown page: not a mark in it means anything."""
    return _MARKS.sub(r"\\\1", shown(text))
