"""What a visitor takes away: zips made when they are asked for, once for all, and kept on the disk, a few of them."""

import base64
import hashlib
import importlib.metadata
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

import gemelo
from gemelo import installed
from gemelo.errors import MissingDependencyError
from gemelo.store.bundle import MANIFEST, Bundle
from gemelo.store.files import TEMPORARY, scratch_directory, storage_errors
from gemelo.store.leftovers import prefix_of, sweep
from gemelo.webpage import PageOptions, make_page

from .models import Found

# Each is as large as its bundle, or its page.
MOST = 3
_TIME = (1980, 1, 1, 0, 0, 0)  # the same bundle gives the same bytes
_WHEEL = "Wheel-Version: 1.0\nGenerator: gemelo's app\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
Rows = Iterable[tuple[str, Callable[[], bytes]]]


@dataclass(frozen=True)
class Packed:
    """A zip on the disk, which goes when nobody has this any more.

    Attributes:
        path: Of the zip.
        size: In bytes.
    """

    path: Path
    size: int
    _folder: tempfile.TemporaryDirectory[str]

    def read(self) -> bytes:
        """Its bytes."""
        return self.path.read_bytes()


def slug(name: str) -> str:
    """A bundle's name as the name of a file or a folder."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "model"


def bundle_zip(found: Found) -> Packed:
    """The bundle: what was written, checked against its hashes once more, in a folder of its name.

    Raises:
        StorageError: There is no room for it in the temporary folder; also of the others.
    """
    return _bundle_zip(str(found.path), found.stamp)


def page_zip(found: Found, max_pixels: int) -> Packed:
    """The static page, in a folder of its name.

    Raises:
        MissingDependencyError: The page's code was not built.
    """
    return _page_zip(str(found.path), found.stamp, max_pixels)


def wheel_name() -> str:
    """What pip wants the wheel to be called."""
    return f"gemelo-{gemelo.__version__}-py3-none-any.whl"


@st.cache_resource(max_entries=1, show_spinner=False)
def wheel() -> Packed:
    """The gemelo that runs here, as pip installs it: what `make wheel` builds.

    Raises:
        MissingDependencyError: It runs from a folder that was never installed, which has no metadata.
    """
    return _pack(_wheel_rows())


@st.cache_resource(max_entries=MOST, show_spinner=False)
def _bundle_zip(path: str, stamp: str) -> Packed:
    del stamp  # a part of the key
    bundle = Bundle.open(path)
    return _pack(_below(bundle.path, slug(bundle.name), [MANIFEST, *bundle.files]))


@st.cache_resource(max_entries=MOST, show_spinner=False)
def _page_zip(path: str, stamp: str, max_pixels: int) -> Packed:
    del stamp
    bundle = Bundle.open(path)
    with scratch_directory("page") as folder:
        page = make_page(path, folder / "page", PageOptions(max_pixels=max_pixels)).path
        names = sorted(file.relative_to(page).as_posix() for file in page.rglob("*") if file.is_file())
        return _pack(_below(page, f"{slug(bundle.name)}-page", names))


def _below(root: Path, folder: str, names: Iterable[str]) -> Rows:
    return [(f"{folder}/{name}", (root / name).read_bytes) for name in names]


def _wheel_rows() -> Rows:
    try:
        known = importlib.metadata.distribution("gemelo")
    except importlib.metadata.PackageNotFoundError as error:
        raise MissingDependencyError("gemelo's own metadata", "make setup") from error
    rows = [(f"gemelo/{name}", path.read_bytes) for name, path in sorted(_own_files().items())]
    about = f"gemelo-{gemelo.__version__}.dist-info"
    texts = {"METADATA": known.read_text("METADATA"), "entry_points.txt": known.read_text("entry_points.txt")}
    texts |= {"licenses/LICENSE": known.read_text("licenses/LICENSE"), "WHEEL": _WHEEL}
    rows += [(f"{about}/{name}", text.encode) for name, text in texts.items() if text]
    return [*rows, (f"{about}/RECORD", lambda: _record(rows, f"{about}/RECORD"))]


def _own_files() -> dict[str, Path]:
    """The files of gemelo by their names in an installed one, without what was cached or published beside them."""
    folders = {"": Path(gemelo.__file__).parent, **{f"{part}/": installed.folder_of(part) for part in installed.PARTS}}
    names = {
        f"{below}{path.relative_to(folder).as_posix()}": path
        for below, folder in folders.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return {name: path for name, path in names.items() if not name.startswith("streamlit_app/static/pages/")}


def _record(rows: Rows, itself: str) -> bytes:
    """A line a file with its hash, as the wheel's format wants it; of itself without."""
    lines = []
    for name, read in rows:
        data = read()
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode("ascii")
        lines.append(f"{name},sha256={digest},{len(data)}\n")
    return "".join([*lines, f"{itself},,\n"]).encode()


def _pack(rows: Rows) -> Packed:
    parent = Path(tempfile.gettempdir())
    with storage_errors(parent / "gemelo-app", TEMPORARY):
        sweep(parent, "gemelo-app")
        folder = tempfile.TemporaryDirectory(prefix=prefix_of("gemelo-app"))
        path = Path(folder.name, "taken.zip")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for name, read in rows:
                row = zipfile.ZipInfo(name, _TIME)
                row.compress_type, row.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                archive.writestr(row, read())
        return Packed(path, path.stat().st_size, folder)
