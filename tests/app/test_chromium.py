"""What only a browser shows: what Streamlit refuses, words inside its widgets, widths, what the fold hides."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.app.conftest import assert_style, upload
from tests.browser.visitor import PATIENCE, eventually

FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.mark.timeout(180)
def test_a_photo_above_the_limit_has_its_card_and_stops_no_other(
    visit: Callable[..., Page], serve_app: Callable[..., str], tiny: Path, photos: list[Path], tmp_path: Path
) -> None:
    """Started from another folder, where there is no configuration of Streamlit's."""
    page = visit(url=serve_app("--bundle", tiny, cwd=tmp_path))
    large = tmp_path / "large.jpg"
    large.write_bytes(b"\xff\xd8\xff" + bytes(21 << 20))
    expect(page.locator("[data-testid=stFileUploader]")).to_contain_text("up to 20 MB each")
    upload(page, photos[0], large, photos[1])
    expect(page.locator(".gm .printed")).to_have_count(2)
    expect(page.locator(".gm .card.bad")).to_contain_text("large.jpg: 21.1 MB, the limit is 20 MB")
    page.get_by_role("button", name="Remove large.jpg").click()
    expect(page.locator(".gm .card.bad")).to_have_count(0)
    expect(page.locator(".gm .printed")).to_have_count(2)


@pytest.mark.parametrize(
    ("lang", "browse", "drop"),
    [("en", "Choose photos", "or drop them here"), ("es", "Elegir fotos", "o suéltelas aquí")],
)
def test_streamlits_uploader_speaks_the_visitors_language(
    visit: Callable[..., Page], lang: str, browse: str, drop: str
) -> None:
    page = visit(lang=lang)
    zone = page.locator("[data-testid=stFileUploaderDropzone]")
    assert_style(zone.locator("button p"), "::after", "content", f'"{browse}"')
    assert_style(zone.locator("button p"), "", "fontSize", "0px")
    instructions = page.locator("[data-testid=stFileUploaderDropzoneInstructions] span")
    assert_style(instructions, "::after", "content", f'"{drop}"')
    assert_style(instructions, "", "fontSize", "0px")


def test_compare_fits_a_phone_and_vega_has_no_complaint(visit: Callable[..., Page]) -> None:
    page = visit(lang="es", width=420)
    said: list[str] = []
    too_wide = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth).length"
    page.on("console", lambda message: said.append(message.text))
    for where in ("compare", "training"):
        page.goto(page.url.split("/?")[0].removesuffix("/compare") + f"/{where}?lang=es")
        page.locator("[data-testid=stVegaLiteChart] svg").first.wait_for()
        page.wait_for_timeout(1000)
        page.locator("[data-testid=stVegaLiteChart]").last.scroll_into_view_if_needed()
        eventually(page, lambda: page.locator(".gm.table, html").evaluate_all(too_wide), 0)
        if where == "compare":
            expect(page.locator("[data-testid=stVegaLiteChart] svg")).to_contain_text("0,")
    assert [text for text in said if "WARN" in text] == []


def test_a_row_of_a_table_says_what_its_cells_are_on_a_phone(visit: Callable[..., Page]) -> None:
    page = visit("compare", width=420)
    cell = page.locator(".gm.table tbody tr").first.locator("td").nth(4)
    assert_style(cell, "::before", "content", '"Warm"')


def test_look_inside_leads_to_the_page(visit: Callable[..., Page]) -> None:
    page = visit("inside")
    expect(page.locator(".gm.verdict .answer")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Walk through every sum on the page").click()
    expect(opened.value.locator("#status .badge.good")).to_be_visible(timeout=PATIENCE)
    assert opened.value.url.endswith("#inside") or "#inside" in opened.value.url


@pytest.fixture
def with_camera(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """A Chromium with a camera that films a green room."""
    launch = {**browser_type_launch_args, "args": [*browser_type_launch_args.get("args", []), *FAKE_CAMERA]}
    browser = browser_type.launch(**launch)
    yield browser
    browser.close()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (420, 860)])
def test_what_the_camera_took_is_answered_above_the_fold(
    with_camera: Browser, app_url: str, width: int, height: int
) -> None:
    page = with_camera.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(PATIENCE)
    page.goto(f"{app_url}/?lang=es")
    page.locator(".st-key-with-camera label").click()
    page.locator("[data-testid=stCameraInput] video").wait_for()
    shutter = page.locator("[data-testid=stCameraInputButton]")
    assert_style(shutter, "::after", "content", '"Tomar la foto"')
    page.wait_for_function("document.querySelector('[data-testid=stCameraInput] video')?.currentTime > 0.5")
    answer = page.locator(".st-key-shot .card .answer")
    for _ in range(4):  # Streamlit's shutter takes nothing while its camera is opened anew, as on a busy machine
        shutter.click()
        with contextlib.suppress(PlaywrightTimeout):
            answer.wait_for(timeout=PATIENCE / 4)
            break
    expect(answer).to_be_visible()
    page.wait_for_timeout(500)  # the camera is opened anew
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    bottom = "(one) => one.getBoundingClientRect().bottom || Infinity"  # 0 where it is hidden
    for one in (answer, page.locator("[data-testid=stCameraInput] video")):
        eventually(page, lambda one=one: one.evaluate(bottom) < height, True)  # type: ignore[misc]
