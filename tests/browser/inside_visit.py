"""What a visitor of "Look inside" does, and what a test reads there."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.visitor import PATIENCE, arrive, eventually

TOLERANCE = 1e-5
# Of the lecture's network.
STEPS = (
    *("The photo", "The photo as numbers", "Convolution 1", "The 32 feature maps", "ReLU", "Max-pooling 1"),
    *("Convolution 2", "The 32 feature maps", "ReLU", "Max-pooling 2", "Flatten", "Dense 1", "ReLU", "Dense 2"),
    *("The output", "What decided?"),
)
NUMBERS, FIRST, MAPS, RELU, POOL, SECOND, FLATTEN, DENSE, OUTPUT, HEAT = 2, 3, 4, 5, 6, 7, 11, 12, 15, 16


def look(page: Page, url: str, photo: Path, step: int = 1) -> Page:
    arrive(page, f"{url}#inside/{step}")
    page.set_input_files("input[type=file]", photo)
    expect(page.locator(".step .body > *").first).to_be_visible(timeout=PATIENCE)
    # The page's own answer may come later than the layers': it draws some steps anew, and is said.
    expect(page.locator("#live")).to_contain_text(photo.name, timeout=PATIENCE)
    return page


def go(page: Page, step: int) -> None:
    page.locator(".stepper input").fill(str(step))
    at(page, step)


def at(page: Page, step: int) -> None:
    expect(page.locator(".step h2")).to_have_text(re.compile(rf"^{step}\. "))
    expect(page.locator(".step .body > *").first).to_be_visible(timeout=PATIENCE)


def field(page: Page, name: str) -> Locator:
    return page.locator(".step").get_by_label(name, exact=True)


def place(page: Page) -> tuple[int, int]:
    return int(field(page, "Row").input_value()), int(field(page, "Column").input_value())


def checks(page: Page) -> list[tuple[float, float]]:
    """What was worked out and what the runtime computed, wherever both stand."""
    found = page.locator(".step .checked").evaluate_all("all => all.map(({ dataset: d }) => [+d.worked, +d.computed])")
    return [(worked, there) for worked, there in found]


def canvas(page: Page, index: int) -> Locator:
    return page.locator(".step canvas.live").nth(index)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def drawn(page: Page) -> None:
    """Until what was asked for is on the canvases."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def pixels(found: Locator) -> str:
    return str(found.evaluate("(canvas) => canvas.toDataURL()"))


def assert_repainted(page: Page, found: Locator, before: str) -> None:
    """Until a canvas shows another picture than before."""

    def another() -> bool:
        drawn(page)
        return pixels(found) != before

    eventually(page, another, True)
