"""What decided: the heat map over the photo."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.inside_visit import HEAT, OUTPUT, assert_repainted, drawn, go, look, pixels, press
from tests.browser.visitor import PATIENCE


@pytest.fixture
def opened(page: Page, page_url: str, drawings: Path) -> Page:
    return look(page, page_url, min(drawings.rglob("*.jpg")))


def test_the_heat_map_covers_the_photo_square_by_square_once(opened: Page) -> None:
    go(opened, HEAT)
    legend = opened.locator(".step .legend")
    expect(legend).to_be_visible(timeout=PATIENCE)
    expect(opened.locator(".body")).to_contain_text("A gray square of 8 × 8 pixels")
    expect(opened.locator(".body")).to_contain_text("225 in all")
    ends = [opened.locator(".step .legend span").nth(i).inner_text() for i in (0, 2)]
    first, other = opened.get_by_label("Label").locator("option").all_inner_texts()
    chosen = opened.get_by_label("Label").evaluate("(s) => s.selectedOptions[0].text")
    opened.get_by_label("Label").select_option(label=other if chosen == first else first)
    expect(opened.locator(".heat-progress")).to_be_hidden()
    # Two labels share one probability: what speaks for one speaks against the other.
    assert [opened.locator(".step .legend span").nth(i).inner_text() for i in (0, 2)] == ends
    picture = opened.locator(".heat-picture canvas")
    assert (other if chosen == first else first) in (picture.get_attribute("aria-label") or "")
    drawn(opened)
    before = pixels(picture)
    opened.get_by_label("Opacity").fill("0")
    assert_repainted(opened, picture, before)
    go(opened, OUTPUT)
    press(opened, "ArrowRight")
    expect(legend).to_be_visible(timeout=PATIENCE)
    # Kept: what is computed anew is said to be ready as it is shown.
    expect(opened.locator("#live")).to_contain_text("What decided?")


def test_a_heat_map_can_be_canceled_and_computed_after_all(opened: Page) -> None:
    opened.evaluate(
        """() => new MutationObserver((_, observer) => {
          const button = document.querySelector('.heat-progress:not([hidden]) button');
          if (button) { observer.disconnect(); button.click(); }
        }).observe(document.body, { subtree: true, childList: true, attributes: true })"""
    )
    go(opened, HEAT)
    expect(opened.locator(".heat-progress")).to_contain_text("Canceled.")
    expect(opened.locator(".step .legend")).to_be_hidden()
    opened.get_by_role("button", name="Compute it").click()
    expect(opened.locator(".step .legend")).to_be_visible(timeout=PATIENCE)
    expect(opened.locator("#live")).to_contain_text("The heat map is ready.")
