"""The app as a test has it: run by AppTest in this process, or as a server of its own."""

import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page
from streamlit.testing.v1 import AppTest

from gemelo.webpage.samples import drawn_samples
from tests.browser.conftest import browser_type_launch_args  # noqa: F401  the same Chromium
from tests.browser.visitor import PATIENCE, eventually
from tests.support.apps import go_to
from tests.support.bundles import make_bundle

APP = Path(__file__).resolve().parents[2] / "streamlit_app" / "app.py"
Start = Callable[..., AppTest]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle made by hand: one ONNX file that looks at the mean color."""
    return make_bundle(tmp_path_factory.mktemp("shelf") / "tiny").path


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Start:
    """Runs the app with a command line; `page` and `lang` are where the visitor goes."""

    def run(*arguments: str | Path, page: str = "classify", lang: str = "en") -> AppTest:
        monkeypatch.setattr(sys, "argv", [str(APP), *map(str, arguments)])
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.query_params["lang"] = lang
        app.run()
        return app if page == "classify" else go_to(app, page)

    return run


def text(app: AppTest) -> str:
    """What the visitor reads, tags left out."""
    parts = [re.sub(r"<[^>]*>", " ", element.body) for element in app.html]
    kinds = (app.title, app.subheader, app.markdown, app.warning, app.info)
    parts += [element.value for kind in kinds for element in kind]
    return re.sub(r"\s+", " ", " ".join(str(part) for part in parts))


@pytest.fixture(scope="session")
def app_url(small_bundle: Path, serve_app: Callable[..., str]) -> str:
    """The app with the small bundle."""
    return serve_app("--bundle", small_bundle)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three drawings."""
    folder = tmp_path_factory.mktemp("photos")
    paths = [folder / name for name in list(drawn_samples())[:3]]
    for path in paths:
        path.write_bytes(drawn_samples()[path.name])
    return paths


@pytest.fixture
def visit(browser: Browser, app_url: str) -> Iterator[Callable[..., Page]]:
    """Opens a page of the app in a session of its own."""
    contexts = []

    def open_page(where: str = "", *, url: str = "", lang: str = "en", width: int = 1280, **options: Any) -> Page:
        size = {"width": width, "height": 900}
        context = browser.new_context(locale="en-GB", accept_downloads=True, viewport=size, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{url or app_url}/{where}?lang={lang}")
        page.locator("h1").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()


def assert_style(one: Locator, pseudo: str, name: str, value: str) -> None:
    """Until a property of an element (or of its `::before` or `::after`) has a value: the app's style comes late."""
    script = "(one, [pseudo, name]) => getComputedStyle(one, pseudo || null)[name]"
    eventually(one.page, lambda: one.evaluate(script, [pseudo, name]), value)


def upload(page: Page, *paths: Path) -> None:
    page.locator("[data-testid=stFileUploader] input[type=file]").first.set_input_files([str(path) for path in paths])


@pytest.fixture(scope="session")
def serve_app() -> Iterator[Callable[..., str]]:
    """Starts the app as people do and gives back its address."""
    running: list[subprocess.Popen[bytes]] = []

    def serve(*arguments: str | Path, options: tuple[str, ...] = (), cwd: Path | None = None) -> str:
        port = _free_port()
        command = [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            str(APP.with_name("server.py")),
            "--server.port",
            str(port),
        ]
        command += ["--server.headless", "true", *options, "--", *map(str, arguments)]
        running.append(subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        url = f"http://localhost:{port}"
        _wait(f"{url}/_stcore/health", running[-1])
        return url

    serve.processes = running  # type: ignore[attr-defined]
    yield serve
    for process in running:
        process.terminate()
        process.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the app ended"
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")
