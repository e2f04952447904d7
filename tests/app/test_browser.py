"""The app as its visitors have it: in Chromium, from a server of its own."""

import functools
import http.server
import re
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import numpy as np
from playwright.sync_api import Browser, Download, Locator, Page, expect

import gemelo
from gemelo.preprocessing import prepare
from gemelo.store.bundle import Bundle
from gemelo.webpage.samples import drawn_samples
from streamlit_app import archives
from tests.app.conftest import upload
from tests.browser.visitor import PATIENCE, eventually
from tests.hostile.photos import HOSTILE_PHOTOS

HOSTILE = ("truncated JPEG", "HEIC named .jpg", "PNG that claims 20000x20000", "zero bytes", "text named .jpg")


def test_the_first_photo_is_answered_soon_and_bad_ones_say_why(
    visit: Callable[..., Page], app_url: str, serve_app: Callable[..., str], photos: list[Path], tmp_path: Path
) -> None:
    page = visit()
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.get_by_text("Try these six drawings").wait_for()
    start = time.monotonic()
    upload(page, photos[0])
    page.locator(".gm .answer").wait_for()
    assert time.monotonic() - start < 30  # 2 s on a quiet machine
    whole = "(one) => one.clientHeight <= one.parentElement.clientHeight"
    eventually(page, lambda: page.locator(".gm .picture img").first.evaluate(whole), True)
    rows = [row for row in HOSTILE_PHOTOS if row.name in HOSTILE]
    upload(page, *(row.make(tmp_path) for row in rows), photos[1])
    expect(page.locator(".gm .card.bad")).to_have_count(len(rows))
    expect(page.locator(".gm .printed")).to_have_count(2)
    said = page.locator(".gm .card.bad").all_inner_texts()
    assert all(any(row.words in text for text in said) for row in rows)
    assert "Traceback" not in page.content()
    assert [url for url in urls if not url.startswith((app_url, "data:", "blob:"))] == []
    maps = Path(f"/proc/{serve_app.processes[0].pid}/maps").read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert "onnxruntime" in maps
    assert "/tensorflow/" not in maps


def test_nobody_sees_anothers_photo(visit: Callable[..., Page], photos: list[Path]) -> None:
    one, other = visit(), visit()
    upload(one, photos[0])
    upload(other, photos[1])
    for page, mine in ((one, photos[0]), (other, photos[1])):
        expect(page.locator(".gm .card .name")).to_have_text([mine.name])


def test_the_browser_answers_as_the_server_does(
    visit: Callable[..., Page], small_bundle: Path, photos: list[Path], tmp_path: Path
) -> None:
    page = visit("compare")  # an address with a folder: the code is found from there too
    frames: list[bytes] = []

    def listen(socket: object) -> None:
        socket.on("framesent", lambda data: frames.append(data if isinstance(data, bytes) else data.encode()))  # type: ignore[attr-defined]

    page.on("websocket", listen)
    page.goto(page.url.replace("/compare", "/browser"))
    page.locator(".room .status.good").wait_for()
    bad = next(row for row in HOSTILE_PHOTOS if row.name == "truncated JPEG").make(tmp_path)
    page.locator(".room input").set_input_files([str(path) for path in [*photos, bad]])
    expect(page.locator(".room .answer")).to_have_count(3)
    expect(page.locator(".room .card.bad")).to_contain_text("damaged or truncated")
    expect(page.locator(".gm.table tbody tr")).to_have_count(3)
    assert max(map(len, frames)) < 4_000  # answers came back, photos did not
    expect(page.get_by_text("not sent")).to_have_count(3)

    page.locator(".room .card", has_text=photos[1].name).locator(".send").click()
    page.locator(".gm.table .badge.good").wait_for()
    row = page.locator(".gm.table tr", has=page.locator(".badge")).inner_text()
    assert photos[1].name in row
    assert "the same within 1e-05" in row
    difference = float(re.search(r"\s(0|\d\.\de-\d+)\s", row).group(1))
    assert difference <= 1e-5
    with gemelo.load(small_bundle) as classifier:
        label = classifier.predict(photos[1])[0].label
    assert row.count(label) == 2
    assert max(map(len, frames)) > photos[1].stat().st_size

    # Without a pause between the clicks, none of them is lost.
    buttons = page.locator(".room .send:not([disabled])")
    expect(buttons).to_have_count(2)
    buttons.evaluate_all("(buttons) => buttons.forEach((button) => button.click())")
    expect(page.locator(".gm.table .badge.good")).to_have_count(3)
    expect(page.get_by_text("Sent", exact=True)).to_have_count(3)


def test_the_browsers_cards_outlive_another_page(visit: Callable[..., Page], photos: list[Path]) -> None:
    page = visit("browser")
    page.locator(".room .status.good").wait_for()
    page.locator(".room input").set_input_files([str(path) for path in photos])
    expect(page.locator(".gm.table tbody tr")).to_have_count(3)
    page.locator(".room .card", has_text=photos[1].name).locator(".send").click()
    page.locator(".gm.table .badge.good").wait_for()
    expect(page.locator(".room .answer")).to_have_count(3)
    answers = page.locator(".room .answer").all_inner_texts()
    for other in ("Downloads", "In your browser"):
        page.get_by_test_id("stSidebarNavLink").filter(has_text=other).click()
        expect(page.locator("h1")).to_have_text(other)
    expect(page.locator(".room .status.good")).to_be_visible()
    expect(page.locator(".gm.table tbody tr")).to_have_count(3)
    expect(page.locator(".gm.table .badge.good")).to_have_count(1)
    expect(page.locator(".room .answer")).to_have_text(answers, use_inner_text=True)
    assert page.locator(".room img").first.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
    expect(page.get_by_text("Sent", exact=True)).to_have_count(1)
    expect(page.locator(".room .card", has_text=photos[1].name).locator(".send")).to_be_disabled()
    page.locator(".room .card", has_text=photos[0].name).locator(".send").click()  # the component is not dead
    expect(page.locator(".gm.table .badge.good")).to_have_count(2)

    page.locator(".room .card", has_text=photos[1].name).locator(".remove").click()
    expect(page.locator(".gm.table tbody tr")).to_have_count(2)
    expect(page.locator(".gm.table")).not_to_contain_text(photos[1].name)
    expect(page.locator("[data-testid=stMain]")).to_contain_text("whatever they say")


def test_another_models_answers_are_its_own(
    visit: Callable[..., Page], serve_app: Callable[..., str], small_bundle: Path, photos: list[Path], tmp_path: Path
) -> None:
    """Chosen while the room is full: asked again, nothing called sent that this model's server never saw."""
    other = Path(shutil.copytree(small_bundle, tmp_path / "other"))
    page = visit("browser", url=serve_app("--bundle", small_bundle, "--bundle", other))
    page.locator(".room .status.good").wait_for()
    page.locator(".room input").set_input_files([str(path) for path in photos[:2]])
    page.locator(".room .card", has_text=photos[1].name).locator(".send").click()
    page.locator(".gm.table .badge.good").wait_for()
    page.locator("[data-testid=stSidebar] [data-testid=stSelectbox] input").click()
    page.get_by_role("option").last.click()
    expect(page.get_by_text("not sent")).to_have_count(2)
    expect(page.locator(".room .send:not([disabled])")).to_have_count(2)
    page.locator(".room .send").first.click()
    expect(page.locator(".gm.table .badge.good")).to_have_count(1)


def test_what_is_taken_away_works(
    visit: Callable[..., Page], browser: Browser, small_bundle: Path, tmp_path: Path
) -> None:
    page = visit("downloads")
    bundle = Bundle.open(small_bundle)
    buttons = page.locator("[data-testid=stDownloadButton]")
    expect(buttons).to_have_count(4)
    eventually(page, lambda: _pairs_are_level(buttons), True)  # sizes come later, and move what is there
    downloads = [_download(page, key, tmp_path) for key in ("bundle", "page", "onnx", "wheel")]
    for path in downloads[:2]:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path)
    assert Bundle.open(tmp_path / bundle.name).manifest == bundle.manifest

    assert downloads[3].name == archives.wheel_name()
    assert downloads[3].read_bytes() == archives.wheel().read()

    import onnxruntime

    image = prepare(drawn_samples()["cat-1.webp"], bundle.preprocessing)
    session = onnxruntime.InferenceSession(str(downloads[2]), providers=["CPUExecutionProvider"])
    (answer,) = session.run(["probabilities"], {"image": image[np.newaxis].astype(np.float32)})
    with gemelo.load(small_bundle) as classifier:
        assert np.abs(answer - classifier.probabilities(image[np.newaxis])).max() <= 1e-6
        best = classifier.predict(drawn_samples()["cat-1.webp"])[0]

    folder = tmp_path / f"{bundle.name}-page"
    code = page.locator("[data-testid=stCode] code").last.inner_text()
    (folder / "try.html").write_text(code, encoding="utf-8")
    with _static_host(folder) as host:
        tried = browser.new_context().new_page()
        tried.goto(f"{host}/try.html")  # the code as it is shown
        expect(tried.locator("#answer")).to_have_text(f"{best.label} {best.probability:.4f}", timeout=PATIENCE)
        bad = {"name": "bad.jpg", "mimeType": "image/jpeg", "buffer": b"this is text"}
        tried.locator("input").set_input_files(bad)  # type: ignore[arg-type]
        expect(tried.locator("#answer")).to_have_text("This photo cannot be read: this is text")
        tried.goto(f"{host}/index.html")
        expect(tried.locator("#status .badge.good")).to_be_visible(timeout=PATIENCE)
        tried.context.close()


def _pairs_are_level(buttons: Locator) -> bool:
    tops = buttons.evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().top)")
    return len(tops) == 4 and all(abs(left - right) < 1 for left, right in zip(tops[::2], tops[1::2], strict=True))


def _download(page: Page, key: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.locator(f".st-key-take-{key} button").click()
    download: Download = waiting.value
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


class _static_host:  # noqa: N801  used as a function
    """Any static host: Python's own."""

    def __init__(self, folder: Path) -> None:
        handler = functools.partial(_Quiet, directory=str(folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self) -> str:
        Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""
