"""The page's header at every width: nothing over another, nothing crushed, in both languages and with a long name."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from gemelo.errors import Message
from tests.browser.visitor import PATIENCE, arrive, fits, held, watch

NAME = "Groceries of class 3B"
WIDTHS = range(320, 1921, 50)
# What one sees of the header: its parts, its height, and what of its texts stands in more lines than one.
MEASURE = """() => {
  const box = (element) => { const { left, top, right, bottom } = element.getBoundingClientRect();
    return { left, top, right, bottom }; };
  const lines = (element) => { const range = document.createRange(); range.selectNodeContents(element);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size; };
  const all = [...document.querySelectorAll("#name, #tabs a, #status .badge, #switches button")];
  return {
    height: document.querySelector(".top").offsetHeight,
    boxes: all.map((element) => [element.textContent, box(element)]),
    lines: all.filter((element) => !element.matches(".badge")).map(lines),
    name: document.querySelector("#name").clientWidth,
    badge: lines(document.querySelector("#status .badge span")),
  };
}"""


@pytest.fixture(params=["en-GB", "es-ES"])
def titled(request: pytest.FixtureRequest, browser: Browser, page_url: str, page_folder: Path) -> Iterator[Page]:
    """The page under a name of twenty letters, in either language."""
    # Routes do not reach what a service worker fetches.
    context: BrowserContext = browser.new_context(locale=request.param, service_workers="block")
    page = context.new_page()
    content = json.loads((page_folder / "page.json").read_text(encoding="utf-8")) | {"name": NAME}
    page.route("**/page.json", lambda route: route.fulfill(json=content))
    arrive(page, page_url)
    yield page
    context.close()


def overlaps(boxes: list[tuple[str, dict[str, float]]]) -> list[tuple[str, str]]:
    """Pairs of parts that lie over one another by more than a pixel."""
    return [
        (one, other)
        for i, (one, a) in enumerate(boxes)
        for other, b in boxes[i + 1 :]
        if min(a["right"], b["right"]) - max(a["left"], b["left"]) > 1
        and min(a["bottom"], b["bottom"]) - max(a["top"], b["top"]) > 1
    ]


def test_the_header_stands_at_every_width(titled: Page) -> None:
    expect(titled.locator("#name")).to_have_text(NAME)
    for width in WIDTHS:
        titled.set_viewport_size({"width": width, "height": 700})
        found: dict[str, Any] = titled.evaluate(MEASURE)
        assert fits(titled), width
        assert overlaps(found["boxes"]) == [], width
        assert set(found["lines"]) == {1}, (width, found["lines"])
        assert found["height"] <= (80 if width > 1200 else 130 if width > 720 else 170), (width, found["height"])
        assert found["name"] >= 60, (width, "of the name")
        assert found["badge"] == 1 or width <= 1200, (width, "of the badge")


@pytest.mark.parametrize(
    ("locale", "said", "scale", "why"),
    [
        ("en-GB", "probably declared wrongly", "its owner said so", "With --scale 0..1, it is right on 93.5 % (0.213)"),
        (
            *("es-ES", "probable que el preprocesamiento se declarara mal", "lo dijo su dueño"),
            "Con --scale 0..1 acierta el 93,5 % (0,213)",
        ),
    ],
)
def test_a_wrong_declaration_is_told_below_the_badge_and_in_about(
    locale: str, said: str, scale: str, why: str, browser: Browser, page_url: str, page_folder: Path
) -> None:
    with browser.new_context(locale=locale, service_workers="block") as context:
        page = context.new_page()
        figures = {"right": 50.0, "loss": 0.75, "better": 93.5, "better_loss": 0.213}
        warning = Message("import.doubt", options="--scale 0..1", photos=150, **figures)
        declared = [{"name": "scale", "value": "0..255", "by": "option"}]
        source = {
            "file": "my.keras",
            "sha256": "0" * 64,
            "framework": "Keras",
            "title": "Keras 3",
            "declared": declared,
        }
        content = json.loads((page_folder / "page.json").read_text(encoding="utf-8"))
        told = {"code": warning.code, "parameters": warning.parameters}
        content["imported"] = source | {"warning": str(warning), "warning_told": told}
        page.route("**/page.json", lambda route: route.fulfill(json=content))
        arrive(page, page_url)
        expect(page.locator("#doubt")).to_contain_text(said)
        page.locator("#doubt a").click()
        expect(page.locator(".about")).to_contain_text(why)
        expect(page.locator(".about")).to_contain_text(f"0..255 ({scale})")
        assert fits(page)
        content["imported"] = source
        page.reload()
        expect(page.locator(".about")).to_contain_text("my.keras")
        expect(page.locator("#doubt")).to_be_hidden()


def test_a_model_that_is_here_is_not_said_to_be_loading(
    page: Page, page_folder: Path, serve_page: Callable[[Path], str]
) -> None:
    seen = watch(page)
    with held(page, "**/app/tfjs-*"):
        page.goto(serve_page(page_folder))
        badge = page.locator("#status .badge.wait.endless")
        expect(badge).to_have_text("TF.js wasm fp32: loading the runtime", timeout=PATIENCE)
        assert badge.evaluate("one => getComputedStyle(one, '::after').animationName") == "slide"
        assert seen.complaints == []
