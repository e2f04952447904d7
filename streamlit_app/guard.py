"""No traceback reaches the page: an error is a sentence with what to do, as on the command line."""

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator

import streamlit as st

from gemelo.errors import GemeloError
from streamlit_app.words import markup, say


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
    """An error in gemelo's own words."""
    notice(say(f"error.{kind(error)}"), error.message, error.hint)


def kind(error: GemeloError) -> str:
    """Which heading an error has: the nearest of its classes that has words."""
    for cls in type(error).__mro__:
        if cls.__name__ in HEADED:
            return cls.__name__
    return "GemeloError"


HEADED = (
    "GemeloError",
    "UsageError",
    "MissingDependencyError",
    "IntegrityError",
    "ImageError",
    "RuntimeFailure",
    "StorageError",
)


def notice(title: str, sentence: str, hint: str | None = None) -> None:
    """A sentence in a frame."""
    more = f'<p class="hint">{markup_lines(hint)}</p>' if hint else ""
    st.html(f'<div class="gm notice" role="alert"><h3>{markup(title)}</h3><p>{markup(sentence)}</p>{more}</div>')


def markup_lines(text: str) -> str:
    """Text of several lines as HTML."""
    return "<br>".join(markup(line) for line in text.splitlines())
