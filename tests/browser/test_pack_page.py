"""The page of `classify.py --serve` in a browser: a photo goes in by its form, and the answer is readable."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

from gemelo.edge.build import make_pack
from gemelo.edge.device.model import Model
from gemelo.edge.device.service import LIMITS, Service
from gemelo.edge.device.whole import Pack
from gemelo.http_server import listen
from tests.edge.support import make_variants


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    folder = tmp_path_factory.mktemp("pack")
    return Pack.open(make_pack(make_variants(folder / "bundle").path, folder / "pack").path)


@pytest.fixture(scope="module")
def url(pack: Pack) -> Iterator[str]:
    with listen(Service(Model(pack)), "127.0.0.1", [0], LIMITS, option="--serve") as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server.url
        server.shutdown()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_photo_is_answered_on_a_phone(page: Page, pack: Pack, url: str, scheme: str, tmp_path: Path) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 320, "height": 600})
    page.goto(url)
    page.set_input_files("input", min((pack.root / "goldens").glob("*.png")))
    page.get_by_role("button", name="Classify").click()
    expect(page.locator(".answer")).to_have_text("cats")
    expect(page.get_by_alt_text("The photo as the network sees it")).to_be_visible()
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    light = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every(part => part > 127)")
    assert light == (scheme == "light")
    (tmp_path / "text.jpg").write_text("no photo")
    page.set_input_files("input", tmp_path / "text.jpg")
    page.get_by_role("button", name="Classify").click()
    expect(page.locator(".error")).to_have_text("the photo: this is text")
