"""The page's built code and a bundle, where the visitor's browser can fetch them: below the app's own address."""

import contextlib
import hashlib
import os
import shutil
import threading
from pathlib import Path

import streamlit as st

from gemelo.errors import UsageError
from gemelo.store.bundle import Bundle
from gemelo.webpage import PageOptions, make_page
from gemelo.webpage.assets import INDEX, Assets
from gemelo.webpage.content import choose_runtimes

from .i18n import say
from .models import Found

FOLDER = Path(__file__).resolve().parent / "static" / "pages"
# Streamlit serves static/ at this address.
ADDRESS = "app/static/pages"
MOST = 6

_lock = threading.Lock()


def publish(found: Found, max_pixels: int) -> str:
    """Make the page of a bundle once, with its lightest runtime alone, and give back its address relative to the app's.

    Raises:
        UsageError: Streamlit serves no files, or the bundle has nothing that a browser can run.
        MissingDependencyError: The page's code was not built.
        StorageError: It cannot be written beside the app.
    """
    if not st.get_option("server.enableStaticServing"):
        raise UsageError(say("browser.no_static"), hint=say("browser.start"))
    assets = Assets.open()
    code = (assets.folder / INDEX).read_bytes()
    key = hashlib.sha256(code + f"{found.stamp}:{max_pixels}".encode()).hexdigest()[:32]
    page = FOLDER / key
    with _lock:
        if not (page / "page.json").is_file():
            runtimes, _ = choose_runtimes(assets, Bundle.open(found.path), None)  # the lightest comes first
            make_page(found.path, page, PageOptions(runtimes=runtimes[:1], max_pixels=max_pixels))
        with contextlib.suppress(OSError):
            os.utime(page)
        _sweep(page)
    return f"{ADDRESS}/{key}/"


def _sweep(kept: Path) -> None:
    """Remove the pages that nobody asked for the longest time."""
    pages = sorted((path for path in FOLDER.iterdir() if path.is_dir() and path.name[0] != "."), key=_age)
    for page in pages[MOST:]:
        if page != kept:
            shutil.rmtree(page, ignore_errors=True)


def _age(page: Path) -> float:
    try:
        return -page.stat().st_mtime
    except OSError:
        return 0.0
