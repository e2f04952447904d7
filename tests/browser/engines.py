"""Chromium, Firefox and WebKit behind one small interface, so that a test is written once and runs in all three.

Playwright drives Chromium and Firefox, selenium WebKitGTK.
"""

import os
import shutil
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright
from selenium.webdriver import WebKitGTK
from selenium.webdriver.common.by import By
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tests.browser.visitor import PATIENCE

HOW = "`make browser` installs it"


class MissingBrowserError(Exception):
    """A browser that this machine does not have; the message names what is missing."""


class Tab(ABC):
    """A tab in a profile of its own: no cache, no cookies, no service worker of another test."""

    @abstractmethod
    def open(self, url: str) -> None:
        """Go to an address and wait until it is loaded."""

    @abstractmethod
    def reload(self) -> None:
        """Load the same address again."""

    @abstractmethod
    def run(self, function: str, *arguments: Any) -> Any:
        """Call a JavaScript function, which may be async, with JSON arguments; its JSON answer."""

    @abstractmethod
    def click(self, selector: str) -> None:
        """Click the first element that matches, with the mouse."""

    @abstractmethod
    def choose(self, *paths: Path) -> None:
        """Choose files in the page's file dialog."""

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Set the size of the window; a browser may have a larger minimum."""

    @abstractmethod
    def close(self) -> None:
        """Close the tab and forget its profile."""

    def texts(self, selector: str) -> list[str]:
        """The visible text of each element that matches."""
        return list(self.run("(wanted) => [...document.querySelectorAll(wanted)].map((e) => e.innerText)", selector))

    def wait(self, selector: str, text: str = "", count: int | None = None) -> list[str]:
        """Wait until elements match and one has the text, or until exactly `count` match; their texts."""

        def there() -> bool:
            found = self.texts(selector)
            return len(found) == count if count is not None else any(text in one for one in found)

        self.until(there, lambda: f"{selector} with {text!r}" + ("" if count is None else f", {count} times"))
        return self.texts(selector)

    def until(self, condition: Callable[[], object], what: Callable[[], str]) -> None:
        """Wait until a condition is true, and say what was awaited where it never is."""
        end = time.monotonic() + PATIENCE / 1000
        while not condition():
            if time.monotonic() > end:
                body = self.run("() => document.body.innerText")
                raise AssertionError(f"not within {PATIENCE / 1000:.0f} s: {what()}; the page says:\n{body}")
            time.sleep(0.03)


class PlaywrightTab(Tab):
    """A tab of Chromium or Firefox."""

    def __init__(self, context: BrowserContext) -> None:
        self._context, self.page = context, context.new_page()

    def open(self, url: str) -> None:
        self.page.goto(url)

    def reload(self) -> None:
        self.page.reload()

    def run(self, function: str, *arguments: Any) -> Any:
        return self.page.evaluate(f"(given) => ({function})(...given)", list(arguments))

    def click(self, selector: str) -> None:
        self.page.locator(selector).first.click(timeout=PATIENCE)

    def choose(self, *paths: Path) -> None:
        self.page.set_input_files("input[type=file]", [str(path) for path in paths])

    def resize(self, width: int, height: int) -> None:
        self.page.set_viewport_size({"width": width, "height": height})

    def close(self) -> None:
        self._context.close()


class WebKitTab(Tab):
    """A tab of WebKitGTK's MiniBrowser, which starts with an empty profile each time."""

    def __init__(self, driver: WebKitGTK) -> None:
        self._driver = driver
        driver.set_script_timeout(600)

    def open(self, url: str) -> None:
        self._driver.get(url)

    def reload(self) -> None:
        self._driver.refresh()

    def run(self, function: str, *arguments: Any) -> Any:
        script = f"""const [given, done] = arguments;
          (async () => ({function})(...given))().then(
            (value) => done({{ value }}), (thrown) => done({{ thrown: String(thrown) }}));"""
        answer = self._driver.execute_async_script(script, list(arguments))
        if "thrown" in answer:
            raise AssertionError(answer["thrown"])
        return answer.get("value")

    def click(self, selector: str) -> None:
        self.wait(selector)
        self._driver.find_element(By.CSS_SELECTOR, selector).click()

    def choose(self, *paths: Path) -> None:
        field = self._driver.find_element(By.CSS_SELECTOR, "input[type=file]")
        field.send_keys("\n".join(str(path) for path in paths))

    def resize(self, width: int, height: int) -> None:
        self._driver.set_window_size(width, height)

    def close(self) -> None:
        self._driver.quit()


class Engine:
    """A started browser.

    Attributes:
        name: "chromium", "firefox" or "webkit".
    """

    def __init__(self, name: str, new_tab: Callable[[], Tab]) -> None:
        self.name, self._new_tab = name, new_tab

    @contextmanager
    def tab(self) -> Iterator[Tab]:
        """A new tab in a profile of its own."""
        tab = self._new_tab()
        try:
            yield tab
        finally:
            tab.close()


def start(stack: ExitStack, browser: AbstractContextManager[Engine]) -> Engine:
    """Start a browser until the stack closes; where this machine lacks it, skip, or fail in continuous integration."""
    try:
        return stack.enter_context(browser)
    except MissingBrowserError as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def chromium(browser: Browser) -> Engine:
    """The Chromium that pytest-playwright has started."""
    return Engine("chromium", lambda: PlaywrightTab(browser.new_context()))


@contextmanager
def firefox(playwright: Playwright, preferences: Mapping[str, bool] | None = None) -> Iterator[Engine]:
    """The machine's Firefox, with preferences of about:config."""
    path = _program("firefox-esr", "firefox")
    browser = playwright.firefox.launch(
        channel="moz-firefox", executable_path=path, firefox_user_prefs=dict(preferences or {})
    )
    try:
        yield Engine("firefox", lambda: PlaywrightTab(browser.new_context()))
    finally:
        browser.close()


@contextmanager
def webkit() -> Iterator[Engine]:
    """WebKitGTK's MiniBrowser, on a display of its own where the machine has none."""
    driver = _program("WebKitWebDriver")
    found = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    if not found:
        raise MissingBrowserError(f"WebKitGTK's MiniBrowser is not installed; {HOW}")

    def new_tab() -> Tab:
        options = Options()
        options.binary_location = str(found[-1])
        options.add_argument("--automation")
        return WebKitTab(WebKitGTK(options=options, service=Service(driver, env=environment)))

    with _display() as display:
        environment = {**os.environ, "DISPLAY": display}
        yield Engine("webkit", new_tab)


@contextmanager
def _display() -> Iterator[str]:
    """The machine's X display, or a virtual one."""
    if os.environ.get("DISPLAY"):
        yield os.environ["DISPLAY"]
        return
    command = [_program("Xvfb"), "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        number = server.stdout.readline().strip()
        try:
            yield f":{number}"
        finally:
            server.terminate()


def _program(*names: str) -> str:
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise MissingBrowserError(f"{names[0]} is not installed; {HOW}")
    return found
