"""A machine without one of the browsers: its tests are skipped with the reason, and fail in continuous integration."""

import contextlib
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Playwright

from tests.browser import engines
from tests.browser.engines import Engine

Start = Callable[[Playwright], AbstractContextManager[Engine]]


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
@pytest.mark.parametrize(
    ("start", "program"),
    [(engines.firefox, "firefox-esr"), (lambda _: engines.webkit(), "WebKitWebDriver")],
    ids=["firefox", "webkit"],
)
def test_a_missing_browser_is_named(
    monkeypatch: pytest.MonkeyPatch,
    playwright: Playwright,
    start: Start,
    program: str,
    ci: str,
    outcome: type[BaseException],
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setenv("CI", ci)
    with contextlib.ExitStack() as stack, pytest.raises(outcome, match=f"{program} is not installed; `make browser`"):
        engines.start(stack, start(playwright))
