"""Everything that gemelo does with a bundle, a run, a pack or a page from outside, as functions of its folder."""

import importlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.hostile.images import BUNDLE

APP_SECONDS = 30
_EVERY_APP = 8  # drawing the whole app takes a second
Use = Callable[[Path], object]


def uses(kind: str, number: int) -> dict[str, Use]:
    """The ways to use one, by name; the app is drawn for some numbers only."""
    found = dict(_OF_KIND[kind])
    if kind in _OF_APP and number % _EVERY_APP < _EVERY_APP // 2 - 1:
        found["app"] = _OF_APP[kind]
    return found


def _command(*arguments: str | Path) -> object:
    """A command of gemelo in this process; its exit code."""
    from gemelo.cli import app

    importlib.import_module(f"gemelo.cli.{arguments[0]}")
    return app([str(word) for word in arguments], standalone_mode=False)


def _out(root: Path) -> Path:
    return root.parents[1] / "out"


def _predict(root: Path, format: str) -> object:
    photo = root.parents[1] / "photo.png"
    shutil.copy(next(iter(sorted((BUNDLE / "goldens").iterdir()))), photo)
    return _command("predict", root, photo, "--format", format)


def _app(root: Path) -> None:
    _drawn("classify", "--bundle", root)


def _app_of_run(root: Path) -> None:
    _drawn("training", "--bundle", BUNDLE, "--run", root)


def _drawn(page: str, *arguments: str | Path) -> None:
    """The app's page, as AppTest draws it."""
    from streamlit.testing.v1 import AppTest

    from tests.support.apps import go_to

    script = Path("streamlit_app/app.py").resolve()
    sys.argv = [str(script), *map(str, arguments)]
    app = AppTest.from_file(str(script), default_timeout=APP_SECONDS).run()
    if page != "classify":
        go_to(app, page)
    if app.exception:
        raise RuntimeError(f"the app: {app.exception[0].value}")
    shown = " ".join(element.body for element in app.html)
    if "This should not have happened" in shown:
        raise RuntimeError(f"the app says: {shown[-300:]}")


def _serve(root: Path) -> None:
    from gemelo.webpage import bind

    bind(root, "127.0.0.1", 0).server_close()


def _page_over(root: Path) -> object:
    """A new page in its place: only where it is one."""
    return _command("page", BUNDLE, "--out", root, "--runtimes", "tfjs")


def _open_pack(root: Path) -> None:
    from gemelo.edge.device.model import Model
    from gemelo.edge.device.selftest import self_test
    from gemelo.edge.device.whole import Pack

    pack = Pack.open(root)
    self_test(pack, Model(pack), 0)


def _install(root: Path) -> None:
    from gemelo.edge.device.update import install
    from gemelo.edge.output_path import zipped

    if any(path.is_symlink() for path in root.rglob("*")):
        return  # a zip has none
    path = root.parents[1] / "it.zip"
    path.write_bytes(zipped(root))
    install(path, _out(root))


_OF_KIND: dict[str, dict[str, Use]] = {
    "bundle": {
        "info": lambda root: _command("info", root),
        "info --json": lambda root: _command("info", root, "--json"),
        "predict onnx": lambda root: _predict(root, "onnx"),
        "predict tflite": lambda root: _predict(root, "tflite"),
        "verify": lambda root: _command("verify", root, "--format", "onnx"),
        "page": lambda root: _command("page", root, "--out", _out(root) / "page", "--runtimes", "tfjs"),
        "pack": lambda root: _command("pack", root, "--out", _out(root) / "pack.zip"),
    },
    "run": {
        "info": lambda root: _command("info", root),
        "info --json": lambda root: _command("info", root, "--json"),
    },
    "pack": {"self-test": _open_pack, "install": _install},
    "page": {"serve": _serve, "page": _page_over},
}
_OF_APP: dict[str, Use] = {"bundle": _app, "run": _app_of_run}
