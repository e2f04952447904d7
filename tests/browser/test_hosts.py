"""Hosts that do not know what .wasm is and let no browser guess, and runtimes that are asked for by name."""

import functools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Page

from gemelo import load
from gemelo.webpage import PageOptions, make_page
from tests.browser.visitor import arrive, watch

RUNTIMES = ["tfjs", "onnx", "litert"]
# What hosts send for files that they do not know; the last one sends nothing.
TYPES = ["application/octet-stream", "text/plain", ""]
OTHER = b'<!doctype html><html lang="en"><link rel="icon" href="data:," /><title>other</title></html>'
ASK = """async ([base, wanted]) => {
  const { load } = await import(base + "gemelo.js");
  try {
    const classifier = await load(wanted);
    const photo = await (await fetch(base + "samples/cat-1.webp")).blob();
    const { probability } = await classifier.classify(photo);
    classifier.close();
    return { ...classifier.choice, probability };
  } catch ({ name, message }) {
    return { name, message };
  }
}"""


class _Handler(SimpleHTTPRequestHandler):
    type_of_wasm = ""

    def guess_type(self, path: Any) -> str:
        return self.type_of_wasm if str(path).endswith((".wasm", ".mjs")) else super().guess_type(path)

    def send_header(self, keyword: str, value: str) -> None:
        if value:
            super().send_header(keyword, value)

    def end_headers(self) -> None:
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def host(folder: Path, type_of_wasm: str = "application/octet-stream") -> Iterator[str]:
    """A host that sends .wasm and .mjs as that type."""
    handler = type("Handler", (_Handler,), {"type_of_wasm": type_of_wasm})
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def folder(page_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page in a folder beside another page."""
    root = tmp_path_factory.mktemp("host")
    (root / "pets").symlink_to(page_folder)
    (root / "other.html").write_bytes(OTHER)
    return root


@pytest.mark.parametrize("type_of_wasm", TYPES)
def test_every_runtime_answers_without_a_complaint(page: Page, folder: Path, type_of_wasm: str) -> None:
    seen = watch(page)
    with host(folder, type_of_wasm) as url, load(folder / "pets" / "bundle") as classifier:
        expected = classifier.predict(folder / "pets" / "samples" / "cat-1.webp")[0].probability
        page.goto(f"{url}other.html")
        for runtime in RUNTIMES:
            found = page.evaluate(ASK, [f"{url}pets/", {"runtime": runtime}])
            assert (found["runtime"], found["backend"]) == (runtime, "wasm"), found
            assert found["probability"] == pytest.approx(expected, abs=1e-5)
    assert seen.complaints == []


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_page_of_one_runtime_proves_itself(page: Page, small_bundle: Path, tmp_path: Path, runtime: str) -> None:
    make_page(small_bundle, tmp_path / "page", PageOptions(runtimes=[runtime]))
    seen = watch(page)
    with host(tmp_path / "page") as url:
        arrive(page, url)
    assert seen.complaints == []


# Runtimes by name


def without(page_folder: Path, tmp_path: Path, *patterns: str) -> Path:
    """A copy of the page that lacks files."""
    root = tmp_path / "host"
    shutil.copytree(page_folder, root / "pets")
    (root / "other.html").write_bytes(OTHER)
    for path in [found for pattern in patterns for found in (root / "pets").glob(pattern)]:
        path.unlink()
    return root


@pytest.fixture
def ask(page: Page, page_folder: Path, tmp_path: Path) -> Iterator[Callable[..., dict[str, Any]]]:
    """load() in a page whose ONNX Runtime cannot start and whose uint8 model is gone."""
    root = without(page_folder, tmp_path, "runtimes/onnx/*.wasm", "bundle/tfjs/uint8/*.bin")
    with host(root) as url:
        page.goto(f"{url}other.html")
        yield lambda **wanted: dict(page.evaluate(ASK, [f"{url}pets/", wanted]))


def test_a_runtime_that_cannot_run_is_an_error_and_no_other_one(ask: Callable[..., dict[str, Any]]) -> None:
    refused = ask(runtime="onnx")
    assert refused["name"] == "NoEngineError"
    tried = [line.split(": ")[0] for line in refused["message"].split("; ")]
    assert {"onnx/wasm/fp32", "onnx/wasm/int8"} <= set(tried)
    assert all(name.startswith("onnx/wasm/") for name in tried), "GPUs only where they are named"
    assert "ort-wasm-simd-threaded.wasm is missing (HTTP 404)" in refused["message"]
    assert ask(runtime="onnx", variant="fp32")["name"] == "NoEngineError"


def test_what_fits_is_tried_in_order(ask: Callable[..., dict[str, Any]]) -> None:
    fp32 = ask(variant="fp32")
    assert (fp32["runtime"], fp32["backend"], fp32["variant"]) == ("tfjs", "wasm", "fp32")
    assert ask(runtime="tfjs", variant="uint8")["name"] == "NoEngineError"
    int8 = ask(variant="int8")
    assert (int8["runtime"], int8["variant"]) == ("litert", "int8"), "onnx/int8 cannot start, litert/int8 fits too"
    assert ask()["runtime"] == "tfjs"


@pytest.mark.parametrize(
    "wanted", [{"runtime": "onnx", "backend": "webgl"}, {"variant": "int2"}, {"runtime": "abacus"}, {"runtim": "onnx"}]
)
def test_what_the_page_does_not_have_is_named(ask: Callable[..., dict[str, Any]], wanted: dict[str, str]) -> None:
    refused = ask(**wanted)
    assert refused["name"] == "NoEngineError"
    assert (
        f"this page has no {', '.join(f'{key} {value}' for key, value in wanted.items())}; it has" in refused["message"]
    )
    assert "runtime tfjs or onnx or litert" in refused["message"]


def test_the_page_falls_back_and_says_so(page: Page, page_folder: Path, tmp_path: Path) -> None:
    root = without(page_folder, tmp_path, "runtimes/tfjs/*.wasm")
    with host(root) as url:
        page.goto(f"{url}pets/")
        badge = page.locator("#status .badge.warn")
        badge.wait_for(timeout=120_000)
        assert "ONNX Runtime wasm fp32 taken, for TF.js wasm fp32 failed" in badge.inner_text()


def test_a_folder_without_page_json_says_what_base_is(page: Page, folder: Path) -> None:
    with host(folder) as url:
        page.goto(f"{url}other.html")
        script = f"import('{url}pets/gemelo.js').then(({{ load }}) => load({{ base: '/nowhere' }})).catch(String)"
        found = page.evaluate(script)
    assert "page.json is missing (HTTP 404)" in found
    assert "load({ base })" in found
