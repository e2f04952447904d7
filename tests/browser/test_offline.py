"""The page in a sub-folder of a plain host, then without any network; a newer page; and what may be kept at all."""

import json
import shutil
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from gemelo.webpage import PageOptions, make_page
from tests.browser.host import Host
from tests.browser.visitor import PATIENCE, arrive, choose, eventually, watch

KEPT = """async () => {
  const found = {};
  for (const name of await caches.keys()) {
    found[name] = (await (await caches.open(name)).keys()).map(({ url }) => url);
  }
  return found;
}"""


ARTIFACTS = "rows => rows.map((row) => row.dataset.artifact)"


@pytest.fixture
def host(page_folder: Path, tmp_path: Path) -> Iterator[Host]:
    """A host with the page in some/where/, which may be changed."""
    shutil.copytree(page_folder, tmp_path / "root" / "some" / "where")
    with Host(tmp_path / "root", tmp_path / "log") as started:
        yield started


def kept(page: Page) -> dict[str, list[str]]:
    """What this origin keeps: URLs by cache."""
    return dict(page.evaluate(KEPT))


def wait_until_kept(page: Page, base: str, other_than: str = "") -> str:
    """Until a version of the page is whole, and the only one; gives back its cache's name."""
    for _ in range(PATIENCE // 100):
        # By their names first: to open a cache that is dropped meanwhile would make it anew.
        own = [name for name in page.evaluate("caches.keys()") if f" {base} " in name]
        if len(own) == 1 and own[0] != other_than and f"{base}index.html" in kept(page)[own[0]]:
            return own[0]
        page.wait_for_timeout(100)
    raise AssertionError(f"nothing was kept for {base}: {kept(page)}")


def answer(page: Page, photo: Path) -> str:
    choose(page, photo)
    expect(page.locator("figcaption").first).to_have_text(photo.name, timeout=PATIENCE)
    headline = page.locator(".headline")
    expect(headline).to_be_visible(timeout=PATIENCE)
    return headline.inner_text()


def test_in_a_subfolder_of_a_plain_host_and_then_without_a_network(
    context: BrowserContext, host: Host, drawings: Path
) -> None:
    first, second = sorted(drawings.rglob("*.jpg"))[:2]
    page = context.new_page()
    seen = watch(page)
    base = f"{host.url}some/where/"
    arrive(page, base)
    online = [answer(page, first), answer(page, second)]
    wait_until_kept(page, base)
    host.stop()
    context.set_offline(True)
    page.reload()
    expect(page.locator("#status .badge.good")).to_be_visible(timeout=PATIENCE)
    assert [answer(page, first), answer(page, second)] == online
    assert seen.foreign(host.url) == []
    # Again, with a new tab and by the other name of the same page.
    page.close()
    page = context.new_page()
    arrive(page, f"{base}index.html")
    assert answer(page, first) == online[0]


def test_nothing_is_transferred_twice(context: BrowserContext, host: Host, drawings: Path) -> None:
    page = context.new_page()
    base = f"{host.url}some/where/"
    arrive(page, base)
    answer(page, min(drawings.rglob("*.jpg")))
    wait_until_kept(page, base)
    page.wait_for_timeout(500)
    sent = {path: count for path, count in host.sent().items() if not path.endswith("/sw.js")}
    # index.html is small, and known as the folder and by its name.
    assert {path for path, count in sent.items() if count > 1} == set()
    assert not [path for path in sent if "/runtimes/onnx/" in path or "/runtimes/litert/" in path]
    before = host.sent()
    page.reload()
    expect(page.locator("#status .badge.good")).to_be_visible(timeout=PATIENCE)
    later = {path for path in host.sent() - before if not path.endswith("/sw.js")}
    assert later == set(), "a second visit asks for news, and has all else"


def test_what_is_used_once_is_there_offline(context: BrowserContext, host: Host) -> None:
    page = context.new_page()
    base = f"{host.url}some/where/"
    arrive(page, base)
    name = wait_until_kept(page, base)
    page.goto(f"{base}#compare")
    row = page.locator("tr[data-artifact='onnx/wasm/fp32']")
    row.get_by_role("button").click()
    expect(row).to_have_attribute("data-state", "done", timeout=PATIENCE)
    wasm = f"{base}runtimes/onnx/ort-wasm-simd-threaded.wasm"
    eventually(page, lambda: wasm in kept(page)[name], True)
    host.stop()
    context.set_offline(True)
    page.reload()
    row.get_by_role("button").click()
    expect(row).to_have_attribute("data-state", "done", timeout=PATIENCE)
    other = page.locator("tr[data-artifact='litert/wasm/fp32']")
    other.get_by_role("button").click()
    expect(other).to_have_attribute("data-state", "failed", timeout=PATIENCE)
    expect(other).to_contain_text("You are offline: only what was used before is kept.")
    expect(row).to_have_attribute("data-state", "done")


def test_a_page_without_tfjs_is_kept_with_the_runtime_it_has(
    context: BrowserContext, small_bundle: Path, tmp_path: Path
) -> None:
    make_page(small_bundle, tmp_path / "root" / "page", PageOptions(runtimes=["litert"]))
    with Host(tmp_path / "root", tmp_path / "log") as host:
        page = context.new_page()
        base = f"{host.url}page/"
        arrive(page, base)
        wait_until_kept(page, base)
        host.stop()
        page.reload()
        expect(page.locator("#status .badge.good")).to_be_visible(timeout=PATIENCE)


def test_a_newer_page_is_new_on_the_next_visit_and_whole(
    context: BrowserContext, host: Host, small_bundle: Path
) -> None:
    page = context.new_page()
    base = f"{host.url}some/where/"
    arrive(page, base)
    old = wait_until_kept(page, base)
    folder = host.folder / "some" / "where"
    page_json = json.loads((folder / "page.json").read_text())
    make_page(small_bundle, folder, PageOptions(runtimes=["tfjs"], title="A newer page"))
    renamed = {**json.loads((folder / "page.json").read_text()), "name": "newer"}
    (folder / "page.json").write_text(json.dumps(renamed))
    assert page_json["runtimes"] != renamed["runtimes"]
    page.reload()
    expect(page.locator("#name")).to_have_text("newer", timeout=PATIENCE)
    expect(page.locator("#status .badge.good")).to_be_visible(timeout=PATIENCE)
    wait_until_kept(page, base, other_than=old)
    host.stop()
    context.set_offline(True)
    page.reload()
    expect(page.locator("#name")).to_have_text("newer")
    expect(page.locator("#status .badge.good")).to_be_visible(timeout=PATIENCE)


def test_a_page_half_uploaded_is_not_kept(context: BrowserContext, host: Host) -> None:
    page = context.new_page()
    base = f"{host.url}some/where/"
    arrive(page, base)
    old = wait_until_kept(page, base)
    folder = host.folder / "some" / "where"
    description = json.loads((folder / "page.json").read_text())
    # The description is the new one; a weight file that it names has not come yet.
    model = next(a for a in description["artifacts"] if (a["format"], a["variant"]) == ("tfjs", "fp32"))
    next(iter(model["files"].values()))["sha256"] = "0" * 64
    (folder / "page.json").write_text(json.dumps(description))
    page.reload()
    expect(page.locator("#status .badge.warn")).to_be_visible(timeout=PATIENCE)
    page.wait_for_timeout(1000)
    eventually(page, lambda: page.evaluate("caches.keys()"), [old])  # what was begun is dropped
    host.stop()
    page.reload()
    expect(page.locator("#status .badge.good")).to_be_visible(timeout=PATIENCE)


def test_a_host_that_says_nothing_is_not_waited_for_long(context: BrowserContext, host: Host) -> None:
    page = context.new_page()
    base = f"{host.url}some/where/"
    arrive(page, base)
    wait_until_kept(page, base)
    host.hang()
    page.goto("about:blank")
    start = time.monotonic()
    arrive(page, base)
    assert time.monotonic() - start < 60, "what is kept is taken after four seconds, where the host would be waited for"


def test_errors_and_strangers_are_never_kept(context: BrowserContext, host: Host) -> None:
    (host.folder / "stranger.txt").write_text("of another page")
    page = context.new_page()
    base = f"{host.url}some/where/"
    arrive(page, base)
    name = wait_until_kept(page, base)
    statuses = page.evaluate(
        """async () => {
          const paths = ["no-such-file.bin", "app/gone-ABCDEFGH.js", "../../stranger.txt", "bundle/labels.txt"];
          return Promise.all(paths.map(async (path) => (await fetch(path)).status));
        }"""
    )
    assert statuses == [404, 404, 200, 200]
    labels = f"{base}bundle/labels.txt"
    eventually(page, lambda: labels in kept(page)[name], True)
    page.wait_for_timeout(500)
    urls = kept(page)[name]
    assert all(url.startswith(base) for url in urls)
    assert not [url for url in urls if "no-such" in url or "gone-" in url]
    assert labels in urls
    sizes = page.evaluate(
        """async (name) => {
          const cache = await caches.open(name);
          const all = await Promise.all((await cache.keys()).map((request) => cache.match(request)));
          return all.map(({ ok, type }) => ok && type === "basic" || type === "default" && ok);
        }""",
        name,
    )
    assert all(sizes)


def test_two_pages_of_one_host_do_not_mix(context: BrowserContext, host: Host, small_bundle: Path) -> None:
    make_page(small_bundle, host.folder / "other", PageOptions(runtimes=["tfjs"], title="The other"))
    page = context.new_page()
    names = []
    for path in ("some/where/", "other/"):
        arrive(page, host.url + path)
        names.append(wait_until_kept(page, host.url + path))
    assert set(kept(page)) == set(names)
    host.stop()
    for path, size in (("some/where/", 3), ("other/", 1)):
        arrive(page, host.url + path)
        page.goto(f"{host.url}{path}#compare")
        expect(page.locator(".artifacts")).to_be_visible(timeout=PATIENCE)
        runtimes = {name.split("/")[0] for name in page.locator(".artifacts tbody tr").evaluate_all(ARTIFACTS)}
        assert len(runtimes) == size


def test_it_can_be_installed(page: Page, page_url: str, page_folder: Path) -> None:
    arrive(page, page_url)
    wait_until_kept(page, page_url)
    session = page.context.new_cdp_session(page)
    found: dict[str, Any] = session.send("Page.getAppManifest")
    assert found["errors"] == []
    problems = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # The tests' windows are private ones: that is all that may be in the way.
    assert [problem for problem in problems if problem["errorId"] != "in-incognito"] == []
    manifest = json.loads(found["data"])
    assert manifest["name"] == json.loads((page_folder / "page.json").read_text())["name"]
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == (".", ".", "standalone")
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        data = (page_folder / icon["src"]).read_bytes()
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", data[16:24])
            assert icon["sizes"] == f"{width}x{height}"
