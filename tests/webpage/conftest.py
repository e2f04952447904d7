"""A built page of a few bytes instead of the real one, and bundles to put beside it."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gemelo.http_server import Server
from gemelo.webpage import assets, bind, make_page
from tests.support.pages import make_assets, make_full_bundle


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of built code, small, and taken for gemelo/web/page."""
    folder = make_assets(tmp_path / "web")
    monkeypatch.setattr(assets, "FOLDER", folder)
    return folder


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with something for every runtime; not to be changed."""
    return make_full_bundle(tmp_path_factory.mktemp("full") / "tiny").path


@pytest.fixture
def bundle(written: Path, tmp_path: Path) -> Path:
    """A copy of it that may be damaged."""
    return Path(shutil.copytree(written, tmp_path / "bundles" / "tiny"))


@pytest.fixture(scope="module")
def made(written: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of it; not to be changed."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assets, "FOLDER", make_assets(folder / "web"))
        return make_page(written, folder / "page").path


@pytest.fixture
def site(built: Path, made: Path, tmp_path: Path) -> Path:
    """A copy of it that may be damaged."""
    return Path(shutil.copytree(made, tmp_path / "page"))


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Starts servers on free ports of loopback, and stops them."""
    servers: list[Server] = []

    def start(root: Path, host: str = "127.0.0.1", *, verbose: bool = False) -> Server:
        server = bind(root, host, 0, verbose=verbose)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
