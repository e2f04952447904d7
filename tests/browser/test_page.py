"""The page's first view in a real Chromium: by mouse, by keyboard, by paste and by drop, in two languages."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from gemelo import load
from tests.browser.visitor import PATIENCE, arrive, choose, fits, wait_for_all, watch
from tests.hostile.photos import HOSTILE_PHOTOS


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three small photos of different shapes."""
    folder = tmp_path_factory.mktemp("photos")
    paths = []
    for name, size, color in (
        ("one.png", (90, 60), "teal"),
        ("two.jpg", (60, 90), "orange"),
        ("three.webp", (40, 40), "navy"),
    ):
        paths.append(folder / name)
        Image.new("RGB", size, color).save(paths[-1])
    return paths


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files that are no photos, or broken, by what is the matter with them."""
    wanted = {
        "zero bytes": "is empty",
        "truncated JPEG": "damaged",
        "real PNG of 100 megapixels": "too large",
        "16-bit RGB PNG": "16 bits",
        "HEIC named .jpg": "HEIC",
        "AVIF named .png": "AVIF",
        "SVG": "SVG",
        "TIFF named .jpg": "TIFF",
        "PDF named .png": "PDF",
        "text named .jpg": "This is text",
        "random bytes": "not an image",
    }
    made = {}
    for photo in HOSTILE_PHOTOS:
        if photo.name in wanted:
            made[wanted[photo.name]] = photo.make(tmp_path_factory.mktemp("hostile"))
    return made


def test_a_photo_of_something_else_is_answered_not_sure(browser: Browser, page_url: str, page_folder: Path) -> None:
    context = browser.new_context(service_workers="block")  # routes do not reach what it fetches
    page = context.new_page()
    content = json.loads((page_folder / "page.json").read_text(encoding="utf-8"))
    content["threshold"] = 0.99999
    page.route("**/page.json", lambda route: route.fulfill(json=content))
    arrive(page, page_url)
    page.locator(".sample").first.click()
    expect(page.locator(".headline")).to_have_text("not sure", timeout=PATIENCE)
    expect(page.locator(".result")).to_contain_text("This classifier answers from 100.0\u00a0%")
    expect(page.locator(".bars li")).to_have_count(2)
    expect(page.locator("#live")).to_contain_text("not sure")
    page.locator(".sample").nth(1).click()
    expect(page.locator(".photo-card.done .verdict")).to_contain_text(["not sure", "not sure"], timeout=PATIENCE)
    answered = page.evaluate(
        """async () => {
          const { load } = await import(new URL("gemelo.js", document.baseURI));
          const blob = await (await fetch("samples/" + "cat-1.webp")).blob();
          return (await (await load()).classify(blob)).sure;
        }"""
    )
    assert answered is False
    context.close()


def test_a_sample_is_answered_as_python_answers_it(page: Page, page_url: str, page_folder: Path) -> None:
    seen = watch(page)
    arrive(page, page_url)
    expect(page.locator("#status")).to_contain_text(re.compile(r"verified: max difference \d+e-\d+ on \d+ goldens"))
    page.locator(".sample").first.click()
    headline = page.locator(".headline")
    expect(headline).to_be_visible(timeout=PATIENCE)
    sample = page_folder / json.loads((page_folder / "page.json").read_text())["samples"][0]["path"]
    with load(page_folder / "bundle") as classifier:
        best = classifier.predict(sample)[0]
    expect(headline).to_contain_text(best.label)
    expect(headline).to_contain_text(f"{100 * best.probability:.1f}")
    expect(page.locator(".bars li")).to_have_count(2)
    expect(page.locator(".times")).to_have_text(re.compile(r"decode .+\sms · resize .+\sms · model .+\sms"))
    expect(page.locator("#live")).to_contain_text(best.label)
    asked = [url.removeprefix(page_url) for url in seen.urls]
    first_sample = next(i for i, url in enumerate(asked) if url.startswith("samples/"))
    assert first_sample > asked.index("goldens.bin"), "samples cost nothing before the self-test"
    assert seen.foreign(page_url) == []
    assert seen.complaints == []


def test_the_exact_input_tensor_is_shown(page: Page, page_url: str, page_folder: Path, photos: list[Path]) -> None:
    from gemelo.preprocessing import Preprocessing, prepare

    arrive(page, page_url)
    choose(page, photos[0])
    expect(page.locator("canvas.seen")).to_be_visible(timeout=PATIENCE)
    shown = page.locator("canvas.seen").evaluate(
        "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).filter((_, i) => i % 4 < 3)"
    )
    preprocessing = json.loads((page_folder / "page.json").read_text())["preprocessing"]
    assert shown == prepare(photos[0], Preprocessing.from_json(preprocessing)).flatten().tolist()


def test_several_photos_each_get_a_card_and_bad_ones_stop_no_other(
    page: Page, page_url: str, photos: list[Path], hostile: dict[str, Path], tmp_path: Path
) -> None:
    seen = watch(page)
    arrive(page, page_url)
    choose(page, photos[0], list(hostile.values()), photos[1:])
    count = len(photos) + len(hostile)
    wait_for_all(page, count)
    expect(page.locator(".photo-card.done")).to_have_count(len(photos))
    for words, path in hostile.items():
        card = page.locator(".photo-card.failed").filter(has_text=path.name).filter(has_text=words)
        expect(card.first).to_be_visible()
    expect(page.locator(".all")).to_contain_text(f"{count} photos · {len(hostile)} could not be read")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    download.value.save_as(tmp_path / "answers.csv")
    with (tmp_path / "answers.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["name"] for row in rows] == [
        photos[0].name,
        *(p.name for p in hostile.values()),
        *(p.name for p in photos[1:]),
    ]
    good = [row for row in rows if row["label"]]
    assert len(good) == len(photos)
    assert all(float(row[row["label"]]) == float(row["probability"]) >= 0.5 for row in good)
    assert all(row["error"] for row in rows if not row["label"])
    assert seen.foreign(page_url) == []
    page.get_by_role("button", name="Remove all").click()
    expect(page.locator(".photo-card")).to_have_count(0)
    expect(page.locator(".headline")).to_have_count(0)


def test_the_sentences_are_spanish_too(browser: Browser, page_url: str, hostile: dict[str, Path]) -> None:
    context = browser.new_context(locale="es-MX")
    page = context.new_page()
    arrive(page, page_url)
    expect(page.locator("#status")).to_contain_text("verificado")
    choose(page, hostile["is empty"])
    expect(page.locator(".result")).to_contain_text("El archivo está vacío", timeout=PATIENCE)
    choose(page, hostile["too large"])
    expect(page.locator(".result")).to_contain_text("son 100,0 megapíxeles", timeout=PATIENCE)
    choose(page, hostile["16 bits"])
    expect(page.locator(".result")).to_contain_text("16 bits por canal", timeout=PATIENCE)
    context.close()


def test_photos_chosen_during_the_self_test_wait_for_it(page: Page, page_url: str, photos: list[Path]) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/model.json", hold)
    page.goto(page_url)
    expect(page.locator(".drop")).to_contain_text("You can choose photos already")
    choose(page, photos[0])
    expect(page.locator(".result")).to_contain_text("waiting for the self-test", timeout=PATIENCE)
    expect(page.locator("#status .badge.wait")).to_be_visible()
    held[0].continue_()
    expect(page.locator(".headline")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#status .badge.good")).to_be_visible()


def test_everything_is_done_by_keyboard(page: Page, page_url: str, photos: list[Path]) -> None:
    # Heard from the start: Chromium takes a moment until it hands dialogs over, and opens one until then.
    page.on("filechooser", lambda chooser: chooser.set_files([str(path) for path in photos]))
    arrive(page, page_url)
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".drop")).to_be_focused()
    page.keyboard.press("Enter")
    wait_for_all(page, 3)
    current = page.locator(".photo-card[aria-current]")
    expect(current).to_contain_text(photos[0].name)
    current.focus()
    page.keyboard.press("ArrowRight")
    expect(current).to_contain_text(photos[1].name)
    expect(current).to_be_focused()
    expect(page.locator("figcaption").first).to_have_text(photos[1].name)
    page.keyboard.press("End")
    expect(current).to_contain_text(photos[2].name)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Home")
    expect(current).to_contain_text(photos[0].name)
    page.get_by_role("link", name="About").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_be_focused()
    expect(page).to_have_title(re.compile("^About · "))
    page.go_back()
    expect(page.locator(".photo-card")).to_have_count(3)
    expect(current).to_contain_text(photos[0].name)


def test_a_picture_is_pasted_and_an_address_is_not_fetched(context: BrowserContext, page_url: str) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    seen = watch(page)
    arrive(page, page_url)
    page.evaluate(
        """async () => {
          const canvas = new OffscreenCanvas(50, 40);
          canvas.getContext("2d").fillRect(0, 0, 50, 40);
          const blob = await canvas.convertToBlob();
          await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
        }"""
    )
    page.keyboard.press("Control+V")
    expect(page.locator(".headline")).to_be_visible(timeout=PATIENCE)
    page.evaluate("navigator.clipboard.writeText('https://example.org/cat.jpg')")
    page.keyboard.press("Control+V")
    expect(page.locator(".notice")).to_contain_text("That is the address of a picture, not the picture.")
    expect(page.locator("#live")).to_contain_text("That is the address")
    assert seen.foreign(page_url) == []


def drop(page: Page, *paths: Path) -> None:
    """Drops files and folders as the desktop does, in the margin: nothing appears under the pointer meanwhile."""
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 8, "y": 300, "data": data})
        if kind == "dragOver" and page.locator(".drop").count():
            expect(page.locator(".drop.over")).to_be_visible()


def test_files_and_folders_are_dropped(page: Page, page_url: str, photos: list[Path], tmp_path: Path) -> None:
    arrive(page, page_url)
    drop(page, *photos)
    wait_for_all(page, 3)
    album = tmp_path / "album"
    (album / "deep").mkdir(parents=True)
    for i in range(3):
        Image.new("RGB", (20, 20), (80 * i, 90, 20)).save(album / "deep" / f"photo {i}.png")
    (album / "notes.txt").write_text("no photo")
    drop(page, album)
    wait_for_all(page, 6)
    expect(page.locator(".photo-card.failed")).to_have_count(0)
    empty = tmp_path / "nothing"
    empty.mkdir()
    drop(page, empty)
    expect(page.locator(".notice")).to_have_text("nothing: there is no photo in this folder.")


def test_a_photo_that_is_dropped_on_another_view_is_shown(page: Page, page_url: str, photos: list[Path]) -> None:
    arrive(page, page_url)
    page.get_by_role("link", name="About").click()
    expect(page.locator(".about")).to_be_visible()
    drop(page, photos[0])
    expect(page.locator("#live")).to_contain_text(photos[0].name, timeout=PATIENCE)
    expect(page, "About has no place for photos").to_have_url(f"{page_url}#classify")
    expect(page.locator("figcaption").first).to_have_text(photos[0].name)
    page.get_by_role("link", name="Compare").click()
    page.get_by_label("Photo").select_option(index=2)
    drop(page, photos[1])
    expect(page.get_by_label("Photo").locator("option:checked")).to_have_text(
        f"Your photo: {photos[1].name}", timeout=PATIENCE
    )
    assert page.url == f"{page_url}#compare"


@pytest.mark.timeout(900)
def test_hundreds_of_photos_are_a_queue(page: Page, page_url: str, tmp_path: Path) -> None:
    paths = [tmp_path / f"{i:03d}.jpg" for i in range(500)]
    for i, path in enumerate(paths):
        Image.new("RGB", (800, 600), (i % 256, i // 2, 99)).save(path, quality=50)
    arrive(page, page_url)
    choose(page, paths)
    expect(page.locator(".all")).to_contain_text(re.compile(r"\d+ of 500 done"), timeout=PATIENCE)
    expect(page.locator(".headline")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".photo-card.done")).to_have_count(500, timeout=600_000)
    expect(page.locator("#live")).to_have_text("500 photos done.")
    assert page.locator(".all > .bar").is_hidden()
    assert fits(page)


@pytest.fixture
def spanish(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="es-ES")
    yield context.new_page()
    context.close()


def test_the_language_is_the_browsers_and_can_be_switched(spanish: Page, page_url: str, photos: list[Path]) -> None:
    arrive(spanish, page_url)
    assert spanish.evaluate("document.documentElement.lang") == "es"
    expect(spanish).to_have_title(re.compile("^Clasificar · "))
    choose(spanish, photos[0])
    expect(spanish.locator(".headline")).to_contain_text(re.compile(r"\d,\d"), timeout=PATIENCE)
    button = spanish.get_by_role("button", name="EN, English")
    button.click()
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert spanish.evaluate("document.documentElement.lang") == "en"
    expect(spanish.locator(".headline")).to_contain_text(re.compile(r"\d\.\d"))
    spanish.reload()
    expect(spanish.locator("#status .badge.good")).to_contain_text("verified", timeout=PATIENCE)


def test_a_browser_that_forbids_storage_only_forgets(page: Page, page_url: str) -> None:
    seen = watch(page)
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })"
    )
    arrive(page, page_url)
    page.get_by_role("button", name="ES, Español").click()
    expect(page.locator("#tabs")).to_contain_text("Clasificar")
    page.get_by_role("button", name="Colores").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert seen.complaints == []


def test_colors_follow_the_system_or_the_visitor(page: Page, page_url: str) -> None:
    def background() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    page.emulate_media(color_scheme="dark")
    arrive(page, page_url)
    dark = background()
    page.emulate_media(color_scheme="light")
    light = background()
    assert dark != light
    switch = page.get_by_role("button", name="Colors")
    for expected in (light, dark, light):
        switch.click()
        assert background() == expected
    switch.click()
    switch.click()
    page.reload()
    assert background() == dark


@pytest.mark.parametrize("locale", ["en-GB", "es-ES"])
def test_a_phone_needs_no_sideways_scrolling(
    browser: Browser, page_url: str, photos: list[Path], hostile: dict[str, Path], locale: str
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale=locale)
    page = context.new_page()
    arrive(page, page_url)
    assert fits(page)
    choose(page, photos, list(hostile.values()))
    wait_for_all(page, len(photos) + len(hostile))
    assert fits(page)
    page.locator(".photo-card.failed").first.click()
    assert fits(page)
    page.goto(f"{page_url}#about")
    expect(page.locator(".about .table").first).to_be_visible()
    assert fits(page)
    context.close()


def test_another_backend_is_chosen_and_answers_the_photos_again(page: Page, page_url: str, photos: list[Path]) -> None:
    arrive(page, page_url)
    choose(page, photos)
    wait_for_all(page, 3)
    page.locator("#status a").click()
    expect(page.locator(".about")).to_contain_text("passed: TF.js wasm fp32")
    expect(page.locator(".about")).to_contain_text("Accuracy of this model file on the test photos")
    page.get_by_label("Runs on").select_option("cpu")
    page.get_by_role("button", name="Test and use it").click()
    expect(page.locator(".about")).to_contain_text("passed: TF.js cpu fp32", timeout=PATIENCE)
    page.get_by_role("link", name="Classify").click()
    wait_for_all(page, 3)
    expect(page.locator(".headline")).to_be_visible()
