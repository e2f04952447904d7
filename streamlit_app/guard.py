"""No traceback reaches the page: an error is a sentence with what to do, as on the command line."""

import contextlib
import os
import re
import sys
import traceback
from collections.abc import Iterator

import streamlit as st

from gemelo.errors import GemeloError

from . import errors
from .i18n import markup, say


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Show what was raised inside. Streamlit's own ways to stop or to start again are no Exceptions: they pass."""
    try:
        yield
    except GemeloError as error:
        problem(error)
    except Exception as error:
        if os.environ.get("GEMELO_TRACEBACK"):
            traceback.print_exc()
        print(f"error: {type(error).__name__}: {error}", file=sys.stderr)
        sentence = say("guard.unexpected", error=f"{type(error).__name__}: {error}")
        notice(say("guard.title"), sentence, say("guard.report"))


def problem(error: GemeloError) -> None:
    """An error in gemelo's own words, or in Spanish."""
    notice(say(f"error.{errors.kind(error)}"), errors.sentence(error), errors.hint(error))


def notice(title: str, sentence: str, hint: str | None = None, *, calm: bool = False) -> None:
    """A sentence in a frame; a calm one is no alarm."""
    more = f'<p class="hint">{markup_lines(hint)}</p>' if hint else ""
    how = 'class="gm notice calm" role="note"' if calm else 'class="gm notice" role="alert"'
    st.html(f"<div {how}><h3>{markup(title)}</h3><p>{markup(sentence)}</p>{more}</div>")


def markup_lines(text: str) -> str:
    """Text of several lines as HTML; what stands in `ticks` is code."""
    lines = "<br>".join(markup(line) for line in text.splitlines())
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", lines)
