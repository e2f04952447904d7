"""Browsers for the tests: Chromium, the machine's own where there is one, else Playwright's; Firefox and WebKit."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.browser import engines
from tests.browser.agreement import Photos
from tests.browser.engines import Engine
from tests.browser.preprocessing_page import PreprocessingPage, Site, build, served
from tests.conftest import SHARED
from tests.goldens import make

expect.set_options(timeout=60_000)  # five seconds, playwright's own, are not enough on a busy machine

QUIET = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu-rasterization",  # by software it takes a third of the time of these tests; WebGL stays
    "--disable-gpu-compositing",
    "--enable-unsafe-webgpu",  # by software, where there is no GPU
)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """How Chromium is started."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    own = {"executable_path": found} if found else {}
    return {**browser_type_launch_args, **own, "args": list(QUIET)}


@pytest.fixture(scope="session")
def chromium(browser: Browser) -> Engine:
    """The browser of the tests that run in one only, as other engines are given."""
    return engines.chromium(browser)


@pytest.fixture(scope="session", params=["chromium", "firefox", "webkit"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each of the three browsers; a test that takes it runs in all."""
    with contextlib.ExitStack() as stack:
        if request.param == "chromium":
            yield request.getfixturevalue("chromium")
        elif request.param == "firefox":
            yield engines.start(stack, engines.firefox(request.getfixturevalue("playwright")))
        else:
            yield engines.start(stack, engines.webkit())


@pytest.fixture(scope="session")
def resistant_firefox(playwright: Playwright) -> Iterator[Engine]:
    """Firefox that resists fingerprinting: what a page reads from a canvas is random."""
    with contextlib.ExitStack() as stack:
        yield engines.start(stack, engines.firefox(playwright, {"privacy.resistFingerprinting": True}))


@pytest.fixture(scope="session")
def page_folder(small_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static page of the small bundle, with every runtime."""
    from gemelo.webpage import make_page

    return make_page(small_bundle, tmp_path_factory.mktemp("site") / "pets").path


@pytest.fixture(scope="session")
def serve_page() -> Iterator[Callable[[Path], str]]:
    """Serves page folders as `gemelo serve` does, and gives back their addresses."""
    from gemelo.webpage import bind

    with contextlib.ExitStack() as stack:

        def serve(folder: Path) -> str:
            server = stack.enter_context(bind(folder, "127.0.0.1", 0))
            Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
            return server.url

        yield serve


@pytest.fixture(scope="session")
def page_url(page_folder: Path, serve_page: Callable[[Path], str]) -> str:
    """Where that page is served."""
    return serve_page(page_folder)


@pytest.fixture(scope="session")
def site(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A page with nothing but the preprocessing, and where photos for it are put."""
    web_demo = project / "web_demo"
    if not (web_demo / "node_modules").is_dir():
        pytest.skip("web_demo/node_modules is not there: npm ci in web_demo/")
    folder = tmp_path_factory.mktemp("preprocessing")
    build(web_demo, folder)
    with served(folder) as served_site:
        yield served_site


@pytest.fixture(scope="module")
def decoder(engine: Engine, site: Site) -> Iterator[PreprocessingPage]:
    """That page in each of the three browsers."""
    with engine.tab() as tab:
        yield PreprocessingPage(site, tab)


@pytest.fixture(scope="session")
def goldens() -> Photos:
    """The goldens of the preprocessing, by name."""
    return {path.name: path.read_bytes() for path in sorted(make.IMAGES.iterdir())}


@pytest.fixture(scope="session")
def photos() -> Photos:
    """Photos, half of them cats and dogs, evenly spread; `benchmarks/decoding.py` has three times as many."""
    folders = [SHARED / name for name in ("cats_vs_dogs", "grocery8")]
    if not all(folder.is_dir() for folder in folders):
        pytest.skip("the photos are not beside the project (shared/data)")
    found = [sorted(path for path in folder.rglob("*") if path.suffix == ".jpg") for folder in folders]
    paths = [each[i] for each in found for i in np.linspace(0, len(each) - 1, 30).astype(int)]
    assert len(set(paths)) == 60
    return {str(path.relative_to(SHARED)): path.read_bytes() for path in paths}
