"""One photo is taken away, by key, by mouse, by finger; the others stay."""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.visitor import PATIENCE, arrive, choose, violations, wait_for_all


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four small photos."""
    folder = tmp_path_factory.mktemp("photos")
    for name, color in (("one", "teal"), ("two", "orange"), ("three", "navy"), ("four", "white")):
        Image.new("RGB", (60, 40), color).save(folder / f"{name}.png")
    return [folder / f"{name}.png" for name in ("one", "two", "three", "four")]


def names(page: Page) -> list[str]:
    """Of the photos that are there."""
    return page.locator(".photo-card .name").all_inner_texts()


def test_the_delete_key_takes_a_photo_away_and_the_focus_goes_on(page: Page, page_url: str, photos: list[Path]) -> None:
    arrive(page, page_url)
    choose(page, photos)
    wait_for_all(page, 4)
    current = page.locator(".photo-card[aria-current]")
    current.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Delete")
    assert names(page) == ["one.png", "three.png", "four.png"]
    expect(current).to_contain_text("three.png")
    expect(current).to_be_focused()
    expect(page.locator("#live")).to_have_text("two.png was removed.")
    expect(page.locator("figcaption").first).to_have_text("three.png")
    page.keyboard.press("End")
    page.keyboard.press("Delete")
    expect(current).to_contain_text("three.png")
    expect(current).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Remove three.png").last).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("figcaption").first).to_have_text("one.png")
    expect(page.locator(".photo .remove")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("figcaption")).to_have_count(0)
    expect(page.locator(".drop")).to_be_focused()
    expect(page.locator(".drop")).to_contain_text("Drop photos here")
    page.get_by_role("link", name="Look inside").click()
    expect(page.locator(".inside")).to_contain_text("choose", ignore_case=True, timeout=PATIENCE)


def test_a_photo_that_is_not_the_chosen_one_goes_alone(page: Page, page_url: str, photos: list[Path]) -> None:
    broken = photos[0].with_name("broken.png")
    broken.write_bytes(b"no photo")
    arrive(page, page_url)
    choose(page, [*photos, broken])
    wait_for_all(page, 5)
    card = page.locator("li", has_text="three.png")
    button = card.get_by_role("button", name="Remove three.png")
    expect(button).to_have_css("opacity", "0")
    card.hover()
    expect(button).to_have_css("opacity", "1")
    button.click()
    assert names(page) == ["one.png", "two.png", "four.png", "broken.png"]
    expect(page.locator("figcaption").first).to_have_text("one.png")
    page.locator(".photo-card.failed").click()
    page.locator(".stage.alone").get_by_role("button", name="Remove broken.png").click()
    assert names(page) == ["one.png", "two.png", "four.png"]
    expect(page.locator(".headline")).to_be_visible()


def test_a_finger_finds_the_button(browser: Browser, page_url: str, photos: list[Path]) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    arrive(page, page_url)
    choose(page, photos[:2])
    wait_for_all(page, 2)
    button = page.locator(".cards").get_by_role("button", name="Remove two.png")
    assert button.evaluate("one => getComputedStyle(one).opacity") == "1"
    assert violations(page) == []
    button.tap()
    expect(page.locator(".photo-card")).to_have_count(1)
    expect(page.locator("figcaption").first).to_have_text("one.png")
    context.close()
