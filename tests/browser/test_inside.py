"""Look inside: every step by keyboard, its sums held to the layers as ONNX Runtime computes them, the heat map."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from gemelo.preprocessing import prepare, tensor
from gemelo.runtimes import onnx
from gemelo.store.bundle import Bundle
from tests.browser.inside_visit import (
    DENSE,
    FIRST,
    FLATTEN,
    MAPS,
    NUMBERS,
    OUTPUT,
    POOL,
    RELU,
    SECOND,
    STEPS,
    TOLERANCE,
    assert_repainted,
    at,
    canvas,
    checks,
    drawn,
    field,
    go,
    look,
    pixels,
    place,
    press,
)
from tests.browser.visitor import PATIENCE, arrive, eventually, until, watch

Values = Mapping[str, NDArray[np.float32]]


@pytest.fixture(scope="module")
def photo(drawings: Path) -> Path:
    return min(drawings.rglob("*.jpg"))


@pytest.fixture(scope="module")
def computed(page_folder: Path, photo: Path) -> Values:
    """What each layer makes of the photo, by another runtime from another file."""
    bundle = Bundle.open(page_folder / "bundle")
    image = tensor(prepare(photo.read_bytes(), bundle.preprocessing))
    outputs = onnx.open(page_folder / "bundle" / "layers" / "layers.onnx").outputs(image[np.newaxis])
    return {name: values[0] for name, values in outputs.items()}


@pytest.fixture
def opened(page: Page, page_url: str, photo: Path) -> Page:
    """Look inside, at its first step."""
    return look(page, page_url, photo)


def test_all_steps_by_the_arrow_keys_each_equal_to_what_the_runtime_computed(opened: Page) -> None:
    seen = watch(opened)
    counts = []
    for step, title in enumerate(STEPS, 1):
        at(opened, step)
        expect(opened.locator(".step h2")).to_contain_text(f"{step}. {title}")
        expect(opened.locator(".list [aria-current=step]")).to_contain_text(title)
        # The last step may have computed its heat map by now, and says so.
        if step > 1:
            said = re.compile(f"{re.escape(title)}|The heat map is ready")
            expect(opened.locator("#live")).to_contain_text(said)
        assert opened.evaluate("location.hash") == f"#inside/{step}"
        found = checks(opened)
        counts.append(len(found))
        assert all(abs(worked - there) <= TOLERANCE for worked, there in found), (title, found)
        press(opened, "ArrowRight")
    assert counts == [0, 3, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 2, 0]
    at(opened, len(STEPS))
    press(opened, "ArrowLeft")
    at(opened, OUTPUT)
    assert seen.complaints == []


def test_the_last_layer_is_the_answer_of_the_page(opened: Page) -> None:
    go(opened, OUTPUT)
    difference = opened.locator(".equal").get_attribute("data-difference")
    assert difference is not None
    assert float(difference) <= TOLERANCE
    rows = opened.locator(".table.answer tbody tr")
    here = {row.locator("th").inner_text(): row.locator("td").nth(0).inner_text() for row in rows.all()}
    there = {row.locator("th").inner_text(): row.locator("td").nth(1).inner_text() for row in rows.all()}
    assert here == there
    opened.get_by_role("link", name="Classify", exact=True).click()
    expect(opened.locator(".headline")).to_be_visible(timeout=PATIENCE)
    said = opened.locator(".bars li").all_inner_texts()
    assert len(said) == 2
    for line in said:
        assert any(label in line and share in line for label, share in here.items()), (line, here)


@pytest.mark.parametrize(
    ("step", "layer", "cells"),
    [
        (FIRST, "conv2d", [(0, 0, 0), (31, 20, 20), (7, 3, 18), (12, 10, 0)]),
        (SECOND, "conv2d_1", [(0, 0, 0), (31, 2, 2), (19, 1, 0)]),
    ],
)
def test_the_sum_that_is_written_out_is_the_value_in_the_map(
    opened: Page, computed: Values, step: int, layer: str, cells: list[tuple[int, int, int]]
) -> None:
    go(opened, step)
    for kernel, row, column in cells:
        field(opened, "Kernel").fill(str(kernel))
        field(opened, "Row").fill(str(row))
        field(opened, "Column").fill(str(column))
        [(worked, there)] = checks(opened)
        expected = float(computed[layer][row, column, kernel])
        assert abs(worked - expected) <= TOLERANCE
        assert abs(there - expected) <= TOLERANCE
        text = opened.locator(".calculation").inner_text().replace("\u2212", "-")
        written = re.search(r"bias .* = (-?\d+\.\d{7})", text)
        assert written
        assert abs(float(written[1]) - expected) <= TOLERANCE
        assert f"computed {there:.7f}" in text
        products = re.findall(r"(?<![\d.])(-?\d\.\d{3}) × \(?(-?\d\.\d{3})", text)
        assert len(products) == (27 if step == FIRST else 9)


def test_the_numbers_are_the_photos_own(opened: Page, page_folder: Path, photo: Path) -> None:
    image = prepare(photo.read_bytes(), Bundle.open(page_folder / "bundle").preprocessing)
    go(opened, NUMBERS)
    cells = opened.locator(".cells").first.locator("td")
    assert cells.count() == 64
    for row, column, top, left in ((0, 0, 0, 0), (63, 5, 56, 2), (20, 40, 17, 37)):
        field(opened, "Row").fill(str(row))
        field(opened, "Column").fill(str(column))
        shown = [[int(n) for n in text.split()] for text in cells.all_inner_texts()]
        assert shown == image[top : top + 8, left : left + 8].reshape(64, 3).tolist()
        chosen = opened.locator(".cells td.chosen")
        assert chosen.first.inner_text().split() == [str(n) for n in image[row, column]]
        scaled = [float(n) for n in chosen.nth(1).inner_text().split()]
        assert scaled == pytest.approx(image[row, column] / 255, abs=6e-4)
        assert f"{image[row, column, 0]} / 255 = {image[row, column, 0] / 255:.4f}" in opened.locator(
            ".calculation"
        ).inner_text().replace("\n", " ")
    cells.nth(0).click()
    assert place(opened) == (17, 37)


def test_the_mouse_over_the_photo_shows_its_numbers_and_a_click_keeps_them(opened: Page) -> None:
    go(opened, NUMBERS)
    before = place(opened)
    box = canvas(opened, 0).bounding_box()
    assert box
    x, y = box["x"] + box["width"] * 10.5 / 64, box["y"] + box["height"] * 50.5 / 64
    opened.mouse.move(x, y)
    eventually(opened, lambda: place(opened), (50, 10))
    opened.mouse.move(box["x"] + box["width"] + 40, y)
    eventually(opened, lambda: place(opened), before)
    opened.mouse.click(x, y)
    opened.mouse.move(5, 5)
    eventually(opened, lambda: place(opened), (50, 10))


def test_arrow_keys_on_a_picture_move_the_kernel_and_not_the_step(opened: Page) -> None:
    go(opened, FIRST)
    row, column = place(opened)
    output = canvas(opened, 1)
    output.focus()
    press(opened, "ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowUp")
    assert place(opened) == (row - 1, column + 1)
    press(opened, "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight")
    assert place(opened) == (row - 1, 20)
    label = output.get_attribute("aria-label") or ""
    assert f"row {row - 1}, column 20" in label
    expect(opened.locator("#live")).to_have_text(label)
    at(opened, FIRST)
    # On the input, one press is one position of the kernel: three pixels.
    canvas(opened, 0).focus()
    press(opened, "ArrowLeft")
    assert place(opened) == (row - 1, 19)
    assert f"column {19 * 3}" in (canvas(opened, 0).get_attribute("aria-label") or "")


def test_the_kernel_is_dragged_over_the_input_and_a_cell_pressed_in_the_map(opened: Page) -> None:
    go(opened, FIRST)
    drawn(opened)
    canvas(opened, 0).scroll_into_view_if_needed()
    source = canvas(opened, 0).bounding_box()
    assert source
    opened.mouse.move(source["x"] + 3, source["y"] + 3)
    opened.mouse.down()
    eventually(opened, lambda: place(opened), (0, 0))
    opened.mouse.move(source["x"] + source["width"] * 0.5, source["y"] + source["height"] * 0.25, steps=4)
    eventually(opened, lambda: place(opened), (5, 10))
    opened.mouse.up()
    output = canvas(opened, 1)
    side = output.evaluate("(canvas) => canvas.clientWidth") / 21
    output.click(position={"x": 2.5 * side, "y": 19.5 * side})
    eventually(opened, lambda: place(opened), (19, 2))


def test_it_plays_only_when_asked_and_stops(opened: Page) -> None:
    go(opened, FIRST)
    field(opened, "Row").fill("0")
    field(opened, "Column").fill("0")
    opened.wait_for_timeout(600)
    assert place(opened) == (0, 0)
    opened.get_by_role("button", name="One step").click()
    assert place(opened) == (0, 1)
    opened.get_by_label("Speed").select_option("fast")
    opened.get_by_role("button", name="Play").click()
    until(opened, "+document.querySelectorAll('.step .number input')[1].value >= 2")
    opened.get_by_role("button", name="Pause").click()
    stopped = place(opened)
    opened.wait_for_timeout(300)
    assert place(opened) == stopped
    field(opened, "Row").fill("20")
    field(opened, "Column").fill("19")
    opened.get_by_role("button", name="Play").click()
    expect(opened.get_by_role("button", name="Play")).to_be_visible()
    assert place(opened) == (20, 20)
    opened.get_by_role("button", name="Play").click()
    opened.keyboard.press("Escape")
    go(opened, MAPS)
    assert place(opened)[0] < 20


def test_what_plays_goes_on_in_another_language_and_not_in_another_step(opened: Page) -> None:
    column = "+document.querySelectorAll('.step .number input')[2].value"  # the kernel, the row, the column
    go(opened, FIRST)
    opened.get_by_label("Speed").select_option("slow")
    field(opened, "Row").fill("0")
    field(opened, "Column").fill("0")
    opened.get_by_role("button", name="Play").click()
    opened.get_by_role("button", name="ES, Español").click()
    expect(opened.get_by_role("button", name="Pausa")).to_be_visible(timeout=PATIENCE)
    expect(opened.get_by_label("Velocidad")).to_have_value("slow")
    until(opened, f"{column} >= 1")
    opened.get_by_role("button", name="EN, English").click()
    expect(opened.get_by_role("button", name="Pause")).to_be_visible(timeout=PATIENCE)
    go(opened, MAPS)
    go(opened, FIRST)
    expect(opened.get_by_role("button", name="Play")).to_be_visible()


def test_what_keys_do_is_for_who_has_some(browser: Browser, opened: Page, page_url: str, photo: Path) -> None:
    for step in (NUMBERS, FIRST):
        go(opened, step)
        expect(opened.locator(".step .by-keys")).to_contain_text("Arrow keys move it")
        expect(opened.locator(".step .by-keys")).to_be_visible()
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = look(context.new_page(), page_url, photo, FIRST)
    expect(page.locator(".step .by-keys")).to_be_hidden()
    expect(page.locator(".step .by-keys").locator("..")).to_be_visible()
    context.close()


def test_a_map_is_chosen_by_keyboard_and_stays_chosen(opened: Page, computed: Values) -> None:
    go(opened, MAPS)
    radios = opened.get_by_role("radio")
    assert radios.count() == 32
    assert opened.locator("[role=radio][tabindex='0']").count() == 1
    opened.locator("[aria-checked=true]").focus()
    press(opened, "Home")
    expect(radios.nth(0)).to_have_attribute("aria-checked", "true")
    press(opened, "ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft", "End", "ArrowRight", "ArrowLeft")
    chosen = opened.locator("[aria-checked=true]")
    expect(chosen).to_be_focused()
    expect(chosen).to_have_attribute("aria-label", re.compile("^Map 30, from "))
    low, high = re.findall(r"-?\d+\.\d+", (chosen.get_attribute("aria-label") or "").replace("\u2212", "-"))
    values = computed["conv2d"][:, :, 30]
    assert (float(low), float(high)) == pytest.approx((values.min(), values.max()), abs=6e-4)
    at(opened, MAPS)
    for step in (RELU, POOL):
        go(opened, step)
        expect(opened.locator("[aria-checked=true]")).to_have_attribute("aria-label", re.compile("^Map 30,"))
    go(opened, FIRST)
    expect(field(opened, "Kernel")).to_have_value("30")


def test_relu_says_how_much_became_zero_and_pooling_its_sizes(opened: Page, computed: Values) -> None:
    go(opened, RELU)
    share = float((computed["conv2d"] < 0).mean())
    expect(opened.locator(".body")).to_contain_text(f"{100 * share:.1f}\u00a0% of all values of this layer")
    go(opened, POOL)
    sizes = "21×21×32=14,112 values become 10×10×32=3,200."
    assert sizes.replace(" ", "") in re.sub(r"\s", "", opened.locator(".body").inner_text())
    field(opened, "Row").fill("9")
    field(opened, "Column").fill("4")
    kernel = int(opened.locator("[aria-checked=true] span").inner_text())
    window = computed["conv2d_relu"][18:20, 8:10, kernel]
    shown = [float(text) for text in opened.locator(".cells td").all_inner_texts()]
    assert shown == pytest.approx(window.ravel().tolist(), abs=6e-4)
    assert float(opened.locator(".cells .chosen").inner_text()) == pytest.approx(window.max(), abs=6e-4)


def test_flatten_tells_where_a_cell_lands_and_dense_what_counts_most(
    opened: Page, computed: Values, page_folder: Path
) -> None:
    go(opened, FLATTEN)
    field(opened, "Map").fill("21")
    expect(opened.locator(".calculation")).to_contain_text("(0 × 1 + 0) × 32 + 21 = 21")
    assert checks(opened)[0][1] == pytest.approx(float(computed["flatten"][21]), abs=TOLERANCE)
    go(opened, DENSE)
    field(opened, "Unit").fill("77")
    assert checks(opened)[0][0] == pytest.approx(float(computed["dense"][77]), abs=TOLERANCE)
    products = opened.locator(".contributions .what").all_inner_texts()
    values = [abs(float(text.replace("\u2212", "-").lstrip("= "))) for text in products]
    assert 1 <= len(values) <= 10
    assert values == sorted(values, reverse=True)


def test_it_is_told_in_spanish_and_the_language_keeps_the_step(opened: Page) -> None:
    go(opened, SECOND)
    opened.get_by_role("button", name="Español").click()
    expect(opened.locator(".step h2")).to_have_text("7. Convolución 2", timeout=PATIENCE)
    body = opened.locator(".step .body")
    expect(body).to_contain_text("se salta dos posiciones de cada tres")
    expect(body).to_contain_text(re.compile(r"suma de 288 productos: \S?\d,\d{4}"))
    expect(body).to_contain_text(re.compile(r"TF\.js calculó \S?\d+,\d{7}"))
    titles = ("La foto", "La foto como números", "Convolución 1", "Los 32 mapas", "ReLU", "Max-pooling 1")
    for step, title in enumerate(titles, 1):
        go(opened, step)
        expect(opened.locator(".step h2")).to_contain_text(title)
    go(opened, OUTPUT)
    expect(opened.locator(".step h2")).to_have_text("15. La salida")
    expect(body).to_contain_text("La respuesta que da esta página")


def test_an_address_opens_its_step_and_stays_within_the_network(page: Page, page_url: str, photo: Path) -> None:
    look(page, page_url, photo, step=10)
    at(page, 10)
    page.evaluate("location.hash = '#inside/99'")
    at(page, len(STEPS))
    page.get_by_role("link", name="About", exact=True).click()
    page.get_by_role("link", name="Look inside", exact=True).click()
    at(page, len(STEPS))
    page.locator(".list a").nth(3).click()
    at(page, MAPS)
    assert page.evaluate("location.hash") == "#inside/4"


def test_another_photo_keeps_the_step_and_a_broken_one_changes_nothing(opened: Page, tmp_path: Path) -> None:
    go(opened, RELU)
    drawn(opened)
    before = pixels(canvas(opened, 1))
    broken, other = tmp_path / "broken.jpg", tmp_path / "stripes.png"
    broken.write_bytes(b"no photo at all")
    Image.fromarray(np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(other)
    opened.set_input_files("input[type=file]", broken)
    expect(opened.locator(".notice")).to_contain_text("broken.jpg: This is text")
    at(opened, RELU)
    opened.set_input_files("input[type=file]", other)
    expect(opened.locator(".photo-bar")).to_contain_text("stripes.png")
    expect(opened.locator(".notice")).to_be_hidden()
    assert_repainted(opened, canvas(opened, 1), before)
    at(opened, RELU)


def test_without_a_photo_the_samples_are_offered(page: Page, page_url: str) -> None:
    arrive(page, f"{page_url}#inside")
    expect(page.get_by_role("button", name="Choose a photo")).to_be_visible()
    page.locator(".sample").first.click()
    at(page, 1)


def test_colors_follow_the_theme(opened: Page) -> None:
    go(opened, MAPS)
    drawn(opened)
    light = pixels(canvas(opened, 0))
    opened.emulate_media(color_scheme="dark")
    assert_repainted(opened, canvas(opened, 0), light)
    at(opened, MAPS)
