"""Look inside, with networks that are not the lecture's: any chain, forks, and networks without layers."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from gemelo.preprocessing import prepare, tensor
from gemelo.runtimes import onnx
from gemelo.store.bundle import Bundle
from gemelo.store.layers import Layers
from tests.browser.inside_networks import LONG_LABELS, page_of
from tests.browser.inside_visit import TOLERANCE, at, checks, field, go, look
from tests.browser.visitor import PATIENCE, choose, fits, wait_for_all, watch


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("networks")


@pytest.fixture(scope="module")
def photo(drawings: Path) -> Path:
    return max(drawings.rglob("*.jpg"))


@pytest.fixture(scope="module")
def zoo(place: Path) -> Path:
    return page_of("zoo", place)


@pytest.fixture(scope="module")
def zoo_url(zoo: Path, serve_page: Callable[[Path], str]) -> str:
    return serve_page(zoo)


def test_every_type_of_layer_in_any_chain(page: Page, zoo_url: str, photo: Path) -> None:
    seen = watch(page)
    page.set_viewport_size({"width": 360, "height": 800})
    look(page, zoo_url, photo)
    titles = []
    count = page.locator(".list li").count()
    for step in range(1, count + 1):
        at(page, step)
        titles.append(page.locator(".step h2").inner_text().split(". ", 1)[1])
        found = checks(page)
        assert all(abs(worked - there) <= TOLERANCE for worked, there in found), (titles[-1], found)
        assert fits(page), titles[-1]
        page.keyboard.press("ArrowRight")
    assert titles == [
        *("The photo", "The photo as numbers", "Convolution 1", "The 6 feature maps", "relu6"),
        *("Depthwise convolution", "The 12 feature maps", "silu", "Average pooling, 3\u00a0×\u00a02", "ZeroPadding2D"),
        *("Convolution 2", "The 8 feature maps", "tanh", "LayerNormalization", "Convolution 3"),
        *("The 70 feature maps", "elu", "Max-pooling, 2\u00a0×\u00a02", "Global average pooling"),
        *("Dense 1", "sigmoid", "Dense 2", "The output", "What decided?"),
    ]
    assert seen.complaints == []


def test_padded_borders_strides_and_depthwise_kernels_are_honored(
    page: Page, zoo: Path, zoo_url: str, photo: Path
) -> None:
    bundle = Bundle.open(zoo / "bundle")
    image = tensor(prepare(photo.read_bytes(), bundle.preprocessing))[np.newaxis]
    outputs = onnx.open(zoo / "bundle" / "layers" / "layers.onnx").outputs(image)
    layers = Layers.load(bundle)
    assert layers
    rows = {kind: [row for row in layers.layers if row.type == kind] for kind in ("Conv2D", "DepthwiseConv2D")}
    look(page, zoo_url, photo)
    cases = [(3, rows["Conv2D"][0]), (6, rows["DepthwiseConv2D"][0]), (11, rows["Conv2D"][1])]
    for step, row in cases:
        go(page, step)
        height, width, channels = row.shape
        for kernel, y, x in ((0, 0, 0), (channels - 1, height - 1, width - 1), (channels // 2, height // 2, 0)):
            field(page, "Kernel").fill(str(kernel))
            field(page, "Row").fill(str(y))
            field(page, "Column").fill(str(x))
            [(worked, there)] = checks(page)
            expected = float(outputs[row.name][0, y, x, kernel])
            assert abs(worked - expected) <= TOLERANCE, (row.name, kernel, y, x)
            assert abs(there - expected) <= TOLERANCE
    go(page, 3)
    field(page, "Row").fill("0")
    field(page, "Column").fill("0")
    assert page.locator(".cells td.padded").count() > 0
    expect(page.locator(".body")).to_contain_text("26\u00a0/\u00a02\u00a0=\u00a013 positions down")
    expect(page.locator(".body")).to_contain_text("35\u00a0/\u00a02\u00a0=\u00a018 positions across")


def test_an_input_map_is_chosen_among_many(page: Page, zoo_url: str, photo: Path) -> None:
    look(page, zoo_url, photo, step=11)
    at(page, 11)
    [before] = checks(page)
    strongest = page.get_by_role("checkbox", name="Always show")
    expect(strongest).to_be_checked()
    field(page, "Input map").fill("3")
    expect(strongest).not_to_be_checked()
    expect(page.locator(".calculation")).to_contain_text("Map 3:")
    bars = page.locator(".bars-figure canvas")
    bars.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".calculation")).to_contain_text("Map 4:")
    assert checks(page) == [before]
    strongest.check()
    expect(strongest).to_be_checked()


def test_the_other_maps_of_many_are_drawn_when_asked_for(page: Page, zoo_url: str, photo: Path) -> None:
    look(page, zoo_url, photo, step=16)
    at(page, 16)
    expect(page.get_by_role("radio")).to_have_count(64)
    page.get_by_role("button", name="Show all 70 maps").click()
    expect(page.get_by_role("radio")).to_have_count(70)
    expect(page.get_by_role("radio").nth(64)).to_be_focused()


def test_a_forked_network_says_so_and_shows_its_class_activation(
    page: Page, place: Path, photo: Path, serve_page: Callable[[Path], str]
) -> None:
    folder = page_of("forked", place)
    look(page, serve_page(folder), photo)
    expect(page.locator(".notice")).to_contain_text("is read by 2 layers: this network is no plain chain.")
    titles = page.locator(".list li a > span:first-child").all_inner_texts()
    assert titles == ["The photo", "The photo as numbers", "The 12 feature maps", "What decided?"]
    go(page, 4)
    expect(page.get_by_label("Method")).to_have_value("cam")
    expect(page.locator(".step .legend")).to_be_visible(timeout=PATIENCE)
    text = page.locator(".calculation").inner_text().replace("\u2212", "-")
    mean, bias, score = (float(number) for number in re.findall(r"-?\d+\.\d{4}", text))
    assert mean + bias == pytest.approx(score, abs=2e-4)
    assert score == pytest.approx(expected_score(folder, photo), abs=1e-3)
    page.get_by_label("Method").select_option("occlusion")
    expect(page.locator(".body")).to_contain_text("A gray square")
    expect(page.locator(".step .legend")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Español").click()
    expect(page.locator(".notice")).to_contain_text("2 capas leen la salida de", timeout=PATIENCE)


def expected_score(folder: Path, photo: Path) -> float:
    """The winning label's, by the means of the features."""
    bundle = Bundle.open(folder / "bundle")
    layers = Layers.load(bundle)
    assert layers
    assert layers.cam
    assert layers.cam.bias
    image = tensor(prepare(photo.read_bytes(), bundle.preprocessing))[np.newaxis]
    features = onnx.open(folder / "bundle" / "layers" / "layers.onnx").outputs(image)[layers.cam.features]
    kernel, bias = (layers.weight(bundle, weight) for weight in (layers.cam.kernel, layers.cam.bias))
    return float((features[0].mean(axis=(0, 1)) @ kernel + bias).max())


def test_a_network_without_layers_still_has_its_heat_map(
    page: Page, place: Path, photo: Path, serve_page: Callable[[Path], str]
) -> None:
    look(page, serve_page(page_of("residual", place)), photo)
    expect(page.locator(".notice")).to_contain_text("does not end in global average pooling")
    expect(page.locator(".list li")).to_have_count(3)
    go(page, 3)
    expect(page.get_by_label("Method")).to_have_count(0)
    expect(page.locator(".step .legend")).to_be_visible(timeout=PATIENCE)


def test_layers_that_cannot_be_loaded_leave_the_heat_map(browser: Browser, page_url: str, photo: Path) -> None:
    context = browser.new_context(service_workers="block")  # routes do not reach what it fetches
    page = context.new_page()
    page.route("**/layers/layers.json", lambda route: route.fulfill(status=404))
    look(page, page_url, photo)
    expect(page.locator(".notice")).to_contain_text("A file of this page is missing: bundle/layers/layers.json")
    expect(page.locator(".list li")).to_have_count(3)
    go(page, 3)
    expect(page.locator(".step .legend")).to_be_visible(timeout=PATIENCE)
    context.close()


IN_SIGHT = """(all) => all.map((one) => [one, one.closest(".card")].map((it) => it.getBoundingClientRect()))
  .every(([mine, card]) => mine.left >= card.left && mine.right <= card.right && mine.width > 0)"""


def in_sight(page: Page, selector: str, count: int | None = None) -> bool:
    """Whether that many of them there are, each within its card."""
    found = page.locator(selector)
    expect(found).to_have_count(count) if count is not None else expect(found.first).to_be_visible()
    return bool(found.evaluate_all(IN_SIGHT))


@pytest.mark.parametrize("locale", ["en-GB", "es-ES"])
def test_long_names_of_classes_hide_nothing(
    browser: Browser, place: Path, serve_page: Callable[[Path], str], photo: Path, locale: str
) -> None:
    folder = place / "pages" / "wordy"
    url = serve_page(folder if folder.is_dir() else page_of("wordy", place))
    context = browser.new_context(viewport={"width": 360, "height": 800}, locale=locale)
    page = context.new_page()
    look(page, url, photo)
    count = page.locator(".list li").count()
    for step in range(1, count + 1):
        at(page, step)
        assert fits(page), step
        if step == count - 1:
            assert in_sight(page, ".table.answer td", 2 * len(LONG_LABELS))
        page.keyboard.press("ArrowRight")
    assert in_sight(page, ".heat-controls select")
    page.goto(f"{url}#classify")
    expect(page.locator(".drop")).to_be_visible()  # before, the input is that of Look inside
    choose(page, photo, photo)
    wait_for_all(page, 3)
    assert fits(page)
    assert in_sight(page, ".result .share", len(LONG_LABELS))
    assert in_sight(page, ".headline span", 1)
    page.goto(f"{url}#compare")
    row = page.locator("tr[data-artifact='tfjs/wasm/fp32']")
    row.get_by_role("button").click()
    expect(row).to_have_attribute("data-state", "done", timeout=PATIENCE)
    row.locator("summary").click()
    assert in_sight(page, ".artifacts .shares li .muted", len(LONG_LABELS))
    for width in (360, 700, 1000, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert fits(page), width
        assert in_sight(page, ".artifacts td.action button:visible"), width
    context.close()
