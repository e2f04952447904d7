"""What a visitor takes away: zips made in memory when they are asked for, and kept for the next one, a few of them."""

import io
import re
import tempfile
import zipfile
from pathlib import Path

import streamlit as st

from gemelo.bundle import MANIFEST, Bundle
from gemelo.files import storage_errors
from gemelo.site import PageOptions, make_page
from streamlit_app.models import Found

# Each is as large as its bundle, or its page.
MOST = 3
_TIME = (1980, 1, 1, 0, 0, 0)  # the same bundle gives the same bytes


def slug(name: str) -> str:
    """A bundle's name as the name of a file or a folder."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "model"


def bundle_zip(found: Found) -> bytes:
    """The bundle: what was sealed, held to its hashes once more, in a folder of its name."""
    return _bundle_zip(str(found.path), found.stamp)


def page_zip(found: Found, max_pixels: int) -> bytes:
    """The static page, in a folder of its name.

    Raises:
        MissingDependencyError: The page's code was not built.
        StorageError: There is no room for it in the temporary folder.
    """
    return _page_zip(str(found.path), found.stamp, max_pixels)


@st.cache_resource(max_entries=MOST, show_spinner=False)
def _bundle_zip(path: str, stamp: str) -> bytes:
    del stamp  # a part of the key
    bundle = Bundle.open(path)
    return _zip(bundle.path, slug(bundle.name), [MANIFEST, *bundle.files])


@st.cache_resource(max_entries=MOST, show_spinner=False)
def _page_zip(path: str, stamp: str, max_pixels: int) -> bytes:
    del stamp
    bundle = Bundle.open(path)
    with storage_errors(Path("a temporary folder")), tempfile.TemporaryDirectory(prefix="gemelo-app-") as folder:
        page = make_page(path, Path(folder, "page"), PageOptions(max_pixels=max_pixels)).path
        names = sorted(file.relative_to(page).as_posix() for file in page.rglob("*") if file.is_file())
        return _zip(page, f"{slug(bundle.name)}-page", names)


def _zip(root: Path, folder: str, names: list[str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in names:
            row = zipfile.ZipInfo(f"{folder}/{name}", _TIME)
            row.compress_type, row.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(row, (root / name).read_bytes())
    return stream.getvalue()
