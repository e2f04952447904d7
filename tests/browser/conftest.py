"""Chromium for the tests: the machine's own where there is one, else playwright's."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import expect

expect.set_options(timeout=60_000)  # five seconds, playwright's own, are not enough on a busy machine

QUIET = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
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
def page_folder(small_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static page of the small bundle, with every runtime."""
    from gemelo.site import make_page

    return make_page(small_bundle, tmp_path_factory.mktemp("site") / "pets").path


@pytest.fixture(scope="session")
def serve_page() -> Iterator[Callable[[Path], str]]:
    """Serves page folders as `gemelo serve` does, and gives back their addresses."""
    from gemelo.site import bind

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
