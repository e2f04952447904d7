"""A page that is not whole, or was tampered with, or a browser that cannot: said in place, and never a wrong answer."""

import functools
import json
import shutil
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserType, Page, expect

from gemelo.store.files import sha256_bytes
from tests.browser.visitor import PATIENCE, arrive, watch
from tests.goldens.make import card, saved

PNG = saved(card(9, 9), "PNG")

Serve = Callable[[Path], str]
Edit = Callable[[Path, dict[str, Any]], None]


@pytest.fixture
def damaged(page_folder: Path, serve_page: Serve, tmp_path: Path) -> Callable[[Edit], str]:
    """A copy of the page that `edit` has changed, with its page.json written again, served."""

    def make(edit: Edit) -> str:
        folder = tmp_path / "page"
        shutil.copytree(page_folder, folder)
        content = json.loads((folder / "page.json").read_text())
        edit(folder, content)
        (folder / "page.json").write_text(json.dumps(content))
        return serve_page(folder)

    return make


def only_tfjs(content: dict[str, Any]) -> dict[str, Any]:
    """Leaves one artifact; gives back its files."""
    content["runtimes"] = ["tfjs"]
    content["artifacts"] = [a for a in content["artifacts"] if (a["format"], a["variant"]) == ("tfjs", "fp32")]
    files: dict[str, Any] = content["artifacts"][0]["files"]
    return files


def shard(files: dict[str, Any]) -> str:
    """The path of the weights."""
    return next(path for path in files if path.endswith(".bin"))


def change_weight(folder: Path, files: dict[str, Any], written: bool) -> None:
    """Makes one weight another; with `expected_outputs`, page.json is told."""
    path = folder / shard(files)
    weights = np.frombuffer(path.read_bytes(), "<f4").copy()
    weights[weights.size // 2] += 0.5
    path.write_bytes(weights.tobytes())
    if written:
        files[shard(files)]["sha256"] = sha256_bytes(weights.tobytes())


def assert_refused(page: Page, *words: str) -> None:
    """A failed badge, the reason in place, and no answer to a photo."""
    expect(page.locator("#status .badge.bad")).to_have_text("not verified: no answers are given", timeout=PATIENCE)
    for word in words:
        expect(page.locator(".problem")).to_contain_text(word)
    expect(page.locator(".drop")).to_contain_text("No answers: the self-test of this page failed.")
    page.set_input_files("input[type=file]", [{"name": "a.png", "mimeType": "image/png", "buffer": PNG}])
    expect(page.locator(".result")).to_contain_text("no answer: the self-test failed", timeout=PATIENCE)
    expect(page.locator(".headline")).to_have_count(0)
    page.get_by_role("link", name="Compare").click()
    expect(page.locator(".problem")).to_contain_text("The self-test failed")


def test_one_weight_changed_is_refused(page: Page, damaged: Callable[[Edit], str]) -> None:
    def edit(folder: Path, content: dict[str, Any]) -> None:
        change_weight(folder, only_tfjs(content), written=True)

    page.goto(damaged(edit))
    assert_refused(page, "max difference", "allowed")


def test_a_wrong_hash_is_refused_and_the_file_is_named(page: Page, damaged: Callable[[Edit], str]) -> None:
    def edit(folder: Path, content: dict[str, Any]) -> None:
        change_weight(folder, only_tfjs(content), written=False)

    page.goto(damaged(edit))
    assert_refused(page, "bundle/tfjs/fp32/", "is not the file that was written", "publish its folder again, whole")


def test_a_missing_file_is_named(page: Page, damaged: Callable[[Edit], str]) -> None:
    def edit(folder: Path, content: dict[str, Any]) -> None:
        (folder / shard(only_tfjs(content))).unlink()

    page.goto(damaged(edit))
    assert_refused(page, "is missing (HTTP 404)", "publish its folder again, whole")


def test_missing_goldens_are_no_pass(page: Page, damaged: Callable[[Edit], str]) -> None:
    def edit(folder: Path, content: dict[str, Any]) -> None:
        (folder / content["goldens"]["path"]).unlink()

    seen = watch(page)
    page.goto(damaged(edit))
    assert_refused(page, "goldens.bin is missing")
    # No other artifact can be proven without them: none is fetched.
    fetched = {url.split("/bundle/")[1].split("/")[0] for url in seen.urls if "/bundle/" in url}
    assert fetched == {"tfjs"}


class _Keeping(SimpleHTTPRequestHandler):
    """A host that lets browsers keep every file for ten minutes, whatever is published meanwhile."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "max-age=600")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_a_file_of_an_older_page_in_the_browser_s_cache_is_fetched_anew(
    page: Page, page_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "page"
    shutil.copytree(page_folder, folder)
    content = json.loads((folder / "page.json").read_text())
    weights = folder / shard(only_tfjs(content))
    kept = weights.read_bytes()
    weights.write_bytes(bytes(len(kept)))
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Keeping, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        page.goto(url)
        expect(page.locator("#status .badge.warn")).to_contain_text("TF.js wasm fp32 failed", timeout=PATIENCE)
        weights.write_bytes(kept)
        page.goto(f"{url}?again")
        expect(page.locator("#status .badge.good")).to_be_visible(timeout=PATIENCE)
        server.shutdown()


def test_another_runtime_answers_where_the_first_is_damaged(page: Page, damaged: Callable[[Edit], str]) -> None:
    def edit(folder: Path, content: dict[str, Any]) -> None:
        files = next(a for a in content["artifacts"] if a["format"] == "tfjs" and a["variant"] == "fp32")["files"]
        change_weight(folder, files, written=True)

    page.goto(damaged(edit))
    badge = page.locator("#status .badge.warn")
    expect(badge).to_contain_text("taken, for TF.js wasm fp32 failed", timeout=PATIENCE)
    page.locator(".sample").first.click()
    expect(page.locator(".headline")).to_be_visible(timeout=PATIENCE)
    badge.click()
    expect(page.locator(".about")).to_contain_text("Tried and not taken")
    expect(page.locator(".about")).to_contain_text("max difference")


def test_a_page_without_its_description_says_so(page: Page, damaged: Callable[[Edit], str]) -> None:
    url = damaged(lambda _folder, _content: None)
    page.route("**/page.json", lambda route: route.fulfill(status=404, body="gone"))
    page.goto(url)
    expect(page.locator(".problem")).to_contain_text("This page cannot start")
    expect(page.locator(".problem")).to_contain_text("page.json")
    expect(page.locator("#status .badge.bad")).to_be_visible()
    page.unroute("**/page.json")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#status .badge.good")).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize(("text", "words"), [("<html>", "page.json is no JSON"), ('{"schema": 99}', "newer")])
def test_a_description_that_cannot_be_read(page: Page, page_url: str, text: str, words: str) -> None:
    page.route("**/page.json", lambda route: route.fulfill(status=200, body=text))
    page.goto(page_url)
    expect(page.locator(".problem")).to_contain_text(words)


def test_missing_samples_stop_nothing(page: Page, damaged: Callable[[Edit], str]) -> None:
    arrive(page, damaged(lambda folder, _content: shutil.rmtree(folder / "samples")))
    page.set_input_files("input[type=file]", [{"name": "a.png", "mimeType": "image/png", "buffer": PNG}])
    expect(page.locator(".headline")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".samples")).to_be_hidden()


def test_a_page_that_has_no_samples_leaves_no_room_for_them(page: Page, damaged: Callable[[Edit], str]) -> None:
    url = damaged(lambda _folder, content: content.update(samples=[]))
    for view in ("", "#inside"):
        arrive(page, f"{url}{view}")
        # Room for them comes a moment after the self-test, so ask for something that comes later still.
        page.set_input_files("input[type=file]", [{"name": "a.png", "mimeType": "image/png", "buffer": PNG}])
        expect(page.locator(".headline, .stepper").first).to_be_visible(timeout=PATIENCE)
        assert page.locator(".samples").evaluate_all("all => all.map(({ offsetHeight }) => offsetHeight)") in ([0], [])
        assert page.locator(".sample").count() == 0
        page.goto("about:blank")


def test_a_browser_without_webassembly_takes_the_cpu(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], page_url: str
) -> None:
    arguments = [*browser_type_launch_args["args"], "--js-flags=--jitless"]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": arguments})
    page = browser.new_page()
    seen = watch(page)
    page.goto(page_url)
    assert page.evaluate("typeof WebAssembly") == "undefined"
    expect(page.locator("#status .badge.warn")).to_contain_text("this browser has no WebAssembly", timeout=PATIENCE)
    page.locator(".sample").first.click()
    expect(page.locator(".headline")).to_be_visible(timeout=PATIENCE)
    page.locator("#status a").click()
    expect(page.locator(".about")).to_contain_text("passed: TF.js cpu fp32")
    assert seen.foreign(page_url) == []
    browser.close()


def test_an_engine_that_dies_is_opened_and_verified_again(page: Page, page_url: str) -> None:
    # Workers are kept, so that the test can end one as the system does when memory is short.
    page.add_init_script(
        """(() => {
          const Real = Worker;
          window.workers = [];
          window.Worker = class extends Real { constructor(...a) { super(...a); window.workers.push(this); } };
        })()"""
    )
    arrive(page, page_url)
    count = page.evaluate("workers.length")
    page.evaluate(
        "workers.forEach(worker => worker.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' })))"
    )
    files = [{"name": f"{i}.png", "mimeType": "image/png", "buffer": PNG} for i in range(4)]
    page.set_input_files("input[type=file]", files)
    expect(page.locator(".photo-card.failed, .photo-card.done")).to_have_count(4, timeout=PATIENCE)
    expect(page.locator(".photo-card.failed").first).to_contain_text("out of memory")
    expect(page.locator(".photo-card.done").first).to_be_visible()
    expect(page.locator("#status .badge.good")).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("workers.length") == count + 2
