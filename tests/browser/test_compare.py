"""Compare: every artifact on one photo, compared with Keras; failures in place; by keyboard and on a phone."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, BrowserType, Locator, Page, expect

from gemelo.store.bundle import Bundle
from gemelo.store.reference import ReferenceImage, ReferenceOutputs
from tests.browser.visitor import PATIENCE, arrive, choose, eventually, fits, watch

# Thirteen artifacts, two of them with megabytes of runtime: half a minute on a busy machine.
LONG = 400_000
pytestmark = pytest.mark.timeout(900)
TOLERANCE = {"fp32": 1e-5, "fp16": 1e-2}


@pytest.fixture(scope="module")
def reference(page_folder: Path) -> ReferenceOutputs:
    return Bundle.open(page_folder / "bundle").reference


@pytest.fixture(scope="module")
def known(reference: ReferenceOutputs, drawings: Path) -> tuple[Path, ReferenceImage]:
    """A photo of the test split, and what Keras answered."""
    for path in sorted(drawings.rglob("*.jpg")):
        for image in reference.test:
            if path.as_posix().endswith(image.path):
                return path, image
    raise AssertionError("no photo of the test split is among the drawings")


@pytest.fixture(scope="module")
def unknown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("unknown") / "stripes.png"
    pixels = np.random.default_rng(3).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def opened(page: Page, page_url: str) -> Page:
    """The page with Compare open and no photo."""
    arrive(page, page_url)
    return show(page)


SAVES_DATA = "Object.defineProperty(navigator, 'connection', { value: { saveData: true }, configurable: true })"


def show(page: Page) -> Page:  # for a visitor who saves data: nothing runs by itself
    page.evaluate(SAVES_DATA)
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.locator(".artifacts")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".frame canvas")).to_be_visible(timeout=PATIENCE)
    return page


def row(page: Page, name: str) -> Locator:
    return page.locator(f"tr[data-artifact='{name}']")


def run(page: Page, name: str, state: str = "done") -> Locator:
    found = row(page, name)
    found.get_by_role("button").click()
    expect(found).to_have_attribute("data-state", state, timeout=PATIENCE)
    return found


def run_all(page: Page) -> None:
    page.get_by_role("button", name="Run all", exact=True).click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    expect(page.get_by_role("button", name="Run all", exact=True)).to_be_visible(timeout=LONG)


def results(page: Page) -> dict[str, dict[str, Any]]:
    """What the page offers as JSON, by artifact."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Download JSON").click()
    value = json.loads(Path(download.value.path()).read_text())
    return {f"{r['runtime']}/{r['backend']}/{r['variant']}": r for r in value["rows"]} | {"": value}


def test_every_artifact_is_held_to_what_keras_recorded_for_this_photo(
    page: Page, page_url: str, page_folder: Path, known: tuple[Path, ReferenceImage]
) -> None:
    photo, keras = known
    seen = watch(page)
    arrive(page, page_url)
    choose(page, photo)
    expect(page.locator(".headline")).to_be_visible(timeout=PATIENCE)
    show(page)
    assert not [url for url in seen.urls if "/onnx" in url or "litert" in url or "reference" in url], (
        "not before it runs"
    )
    run_all(page)
    expect(page.locator(".from")).to_have_text("Difference from what Keras answered to this very photo.")
    expect(page.locator("#live")).to_have_text(re.compile(r"Done: all \d+ passed\."))
    found = results(page)
    about = found.pop("")
    assert about["difference_from"] == "keras"
    assert about["photo"]["sha256"] == keras.sha256
    artifacts = Bundle.open(page_folder / "bundle").artifacts
    runtimes = {"onnx": "onnx/wasm", "tflite": "litert/wasm", "tfjs": "tfjs/wasm"}
    wanted = {f"{runtimes[a.format]}/{a.variant}" for a in artifacts}
    wanted |= {f"tfjs/cpu/{a.variant}" for a in artifacts if a.format == "tfjs"}
    assert set(found) == wanted
    for name, result in found.items():
        difference = float(np.abs(np.float32(result["probabilities"]) - keras.probabilities).max())
        assert result["difference"] == pytest.approx(difference, abs=1e-9)
        assert difference <= TOLERANCE.get(result["variant"], 0.1), name
        assert result["label"] == about["labels"][int(np.argmax(result["probabilities"]))]
        assert result["goldens_passed"] is True
        assert (result["warm_ms"] > 0, 5 <= result["warm_runs"] <= 30, result["error"]) == (True, True, None), name
        assert result["cold_ms"] > result["warm_ms"]
    first = {name: found[f"{name}/wasm/fp32"] for name in ("onnx", "litert")}
    assert all(r["bytes_transferred"] > 1_000_000 for r in first.values()), "the runtime came with its first artifact"
    assert found["onnx/wasm/int8"]["bytes_transferred"] < 100_000, "and is not fetched again"
    assert sum("reference.json" in url for url in seen.urls) == 1
    assert seen.foreign(page_url) == []


def test_what_is_light_has_run_when_compare_is_opened(page: Page, page_url: str) -> None:
    seen = watch(page)
    arrive(page, page_url)
    page.get_by_role("link", name="Compare", exact=True).click()
    light = page.locator("tr[data-artifact^='tfjs/wasm/']")
    expect(page.locator("tr[data-state=done]")).to_have_count(light.count(), timeout=PATIENCE)
    assert not [url for url in seen.urls if "/onnx" in url or "litert" in url], "they take megabytes"
    before = (answer := row(page, "tfjs/wasm/fp32").locator("summary")).inner_text()
    page.get_by_label("Photo").select_option(label="Golden: golden-13-noise")
    expect(answer).not_to_have_text(before, timeout=PATIENCE)
    expect(page.locator("tr[data-state=done]")).to_have_count(light.count(), timeout=PATIENCE)


def test_for_who_saves_data_nothing_runs_and_no_column_is_empty(opened: Page) -> None:
    expect(opened.locator("tr[data-state=idle]")).to_have_count(13)
    expect(opened.locator("thead th:visible")).to_have_count(3)
    run(opened, "tfjs/wasm/fp32")
    expect(opened.locator("thead th:visible")).to_have_count(10)


def test_rows_stand_together_by_runtime_and_one_asked_for_meanwhile_follows(opened: Page) -> None:
    found = opened.locator("tbody .runtime").all_inner_texts()
    assert found == sorted(found, key=found.index)
    rows = [row(opened, f"tfjs/{name}") for name in ("wasm/fp32", "cpu/fp32", "wasm/uint8")]
    for one in rows:
        one.get_by_role("button").click()
    for one in rows:
        expect(one).to_have_attribute("data-state", "done", timeout=PATIENCE)


def test_a_photo_that_keras_never_saw_is_held_to_the_first_artifact(page: Page, page_url: str, unknown: Path) -> None:
    arrive(page, page_url)
    choose(page, unknown)
    expect(page.locator(".headline")).to_be_visible(timeout=PATIENCE)
    show(page)
    other = run(page, "onnx/wasm/fp32")
    expect(page.locator(".from")).to_have_text("Differences from tfjs/wasm/fp32 appear once it has run.")
    expect(other.locator("td.difference")).to_be_empty()
    first = run(page, "tfjs/wasm/fp32")
    expect(page.locator(".from")).to_contain_text("the difference is from the answer of tfjs/wasm/fp32")
    expect(first.locator("td.difference")).to_have_text("0")
    found = results(page)
    ours, theirs = (np.float32(found[f"{name}/wasm/fp32"]["probabilities"]) for name in ("onnx", "tfjs"))
    assert found["onnx/wasm/fp32"]["difference"] == pytest.approx(float(np.abs(ours - theirs).max()), abs=1e-9)
    shown = other.locator("details")
    shown.locator("summary").click()
    texts = shown.locator("li").all_inner_texts()
    assert len(texts) == 2
    assert f"{ours.max():.7f}" in texts[0]


def test_a_golden_can_be_the_photo(opened: Page, reference: ReferenceOutputs) -> None:
    picker = opened.get_by_label("Photo")
    expect(picker).to_contain_text("golden-00-cat")
    expect(opened.locator(".picker")).to_contain_text("You have chosen no photo yet")
    run(opened, "tfjs/wasm/fp32")
    picker.select_option(label="Golden: golden-13-noise")
    expect(row(opened, "tfjs/wasm/fp32")).to_have_attribute("data-state", "idle")
    run(opened, "tfjs/wasm/fp32")
    expect(opened.locator(".from")).to_have_text("Difference from what Keras answered to this very photo.")
    found = results(opened)
    keras = next(image for image in reference.goldens if image.path.endswith("golden-13-noise.png"))
    assert found[""]["photo"]["sha256"] == keras.sha256
    assert np.abs(np.float32(found["tfjs/wasm/fp32"]["probabilities"]) - keras.probabilities).max() <= 1e-5


def test_a_artifact_that_fails_says_why_and_the_others_go_on(browser: Browser, page_url: str) -> None:
    context = browser.new_context(service_workers="block")
    context.route("**/litert_wasm*", lambda route: route.abort())
    context.route("**/bundle/onnx/int8.onnx", lambda route: route.fulfill(body=b"not what was written"))
    page = context.new_page()
    arrive(page, page_url)
    show(page)
    run_all(page)
    failed = {f"litert/wasm/{variant}" for variant in ("fp32", "fp16", "int8", "int8-dynamic")} | {"onnx/wasm/int8"}
    expect(page.locator("tr[data-state=failed]")).to_have_count(len(failed))
    for name in failed:
        expect(row(page, name)).to_have_attribute("data-state", "failed")
    expect(row(page, "litert/wasm/fp32")).to_contain_text("runtimes/litert/litert_wasm_compat_internal.js is missing")
    expect(row(page, "onnx/wasm/int8")).to_contain_text("bundle/onnx/int8.onnx is not the file that was written")
    expect(page.locator("tr[data-state=done]")).to_have_count(8)
    expect(page.locator("#live")).to_have_text("Done: 8 passed, 5 failed.")
    context.unroute("**/litert_wasm*")
    run(page, "litert/wasm/fp32")
    context.close()


def test_it_is_canceled_at_once_and_leaves_nothing_running(opened: Page) -> None:
    workers = len(opened.workers)
    opened.get_by_role("button", name="Run all", exact=True).click()
    expect(row(opened, "tfjs/wasm/fp32")).to_have_attribute("data-state", "done", timeout=PATIENCE)
    button = opened.get_by_role("button", name="Cancel")
    button.focus()
    opened.keyboard.press("Enter")
    expect(opened.get_by_role("button", name="Run all", exact=True)).to_be_focused(timeout=PATIENCE)
    expect(opened.locator("#live")).to_have_text(re.compile(r"^Canceled at \d+ of 13\.$"))
    expect(opened.locator("tr[data-state=busy]")).to_have_count(0)
    eventually(opened, lambda: len(opened.workers), workers)
    run(opened, "tfjs/wasm/fp16")
    eventually(opened, lambda: len(opened.workers), workers)  # engines are closed


def test_a_run_goes_on_in_another_language(opened: Page) -> None:
    opened.get_by_role("button", name="Run all", exact=True).click()
    expect(row(opened, "tfjs/wasm/fp32")).to_have_attribute("data-state", "done", timeout=PATIENCE)
    opened.get_by_role("button", name="ES, Español").click()
    expect(opened.get_by_role("button", name="Cancelar")).to_be_visible()
    expect(row(opened, "tfjs/wasm/fp32")).to_have_attribute("data-state", "done")
    expect(opened.get_by_role("button", name="Ejecutar todo", exact=True)).to_be_visible(timeout=LONG)
    expect(opened.locator("tr[data-state=done]")).to_have_count(13)
    expect(opened.locator("#live")).to_have_text("Listo: los 13 superaron la prueba.")
    expect(row(opened, "tfjs/wasm/fp32").locator("td.goldens")).to_have_text(re.compile(r"^\d,\de-\d+$"))


def test_a_run_that_is_left_says_how_far_it_came(opened: Page) -> None:
    opened.get_by_role("button", name="Run all", exact=True).click()
    expect(row(opened, "tfjs/wasm/fp32")).to_have_attribute("data-state", "done", timeout=PATIENCE)
    opened.get_by_role("link", name="About").click()
    expect(opened.locator("#live")).to_have_text(re.compile(r"^Canceled at [1-9]\d* of 13\.$"))
    show(opened)
    expect(opened.locator(".controls .count")).to_have_text(re.compile(r"^Canceled at [1-9]\d* of 13\.$"))
    expect(row(opened, "tfjs/wasm/fp32")).to_have_attribute("data-state", "done")
    expect(opened.locator("tr[data-state=busy]")).to_have_count(0)
    run(opened, "tfjs/wasm/fp16")
    expect(opened.locator(".controls .count")).to_be_empty()


def test_without_a_network_it_is_said_that_there_is_none(browser: Browser, page_url: str) -> None:
    context = browser.new_context(service_workers="block", locale="es-ES")
    page = context.new_page()
    arrive(page, page_url)
    page.evaluate(SAVES_DATA)
    page.goto(f"{page_url}#compare")
    expect(page.locator(".frame canvas")).to_be_visible(timeout=PATIENCE)
    context.set_offline(True)
    found = run(page, "onnx/wasm/fp32", "failed")
    expect(found).to_contain_text("No hay conexión: solo se conserva lo que ya se usó.")
    page.get_by_role("button", name="EN, English").click()
    expect(found).to_contain_text("You are offline: only what was used before is kept.")
    context.set_offline(False)
    run(page, "onnx/wasm/fp32")
    context.close()


def test_without_a_graphics_adapter_webgpu_says_so_at_once(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], page_url: str
) -> None:
    plain = [one for one in browser_type_launch_args["args"] if one != "--enable-unsafe-webgpu"]
    with browser_type.launch(**{**browser_type_launch_args, "args": plain}) as browser:
        page = browser.new_page()
        arrive(page, page_url)
        assert page.evaluate("navigator.gpu.requestAdapter()") is None
        show(page)
        page.get_by_role("checkbox", name="WebGPU").check()
        rows = page.locator("tr[data-artifact*='/webgpu/']")
        expect(rows.first).to_contain_text("WebGPU finds no graphics adapter on this device.")
        assert rows.count() == rows.filter(has_text="no graphics adapter").count() > 3
        expect(rows.get_by_role("button")).to_have_count(0)
        page.get_by_role("button", name="Run all", exact=True).click()
        # The first artifacts may be done by now; those of WebGPU are not among them.
        expect(page.locator(".controls .count")).to_have_text(re.compile(r"^\d+ of 13$"))


def test_what_it_costs_is_said_before(opened: Page, page_folder: Path) -> None:
    def size(*patterns: str) -> float:
        return sum(path.stat().st_size for pattern in patterns for path in page_folder.glob(pattern)) / 1e6

    litert = size("bundle/tflite/fp32.tflite", "runtimes/litert/*", "app/litert-*.js")
    expect(row(opened, "litert/wasm/fp32").locator("td.size")).to_have_text(re.compile(rf"{litert:.1f}\sMB"))
    text = opened.locator(".cost").inner_text()
    found = re.search(r"at most ([\d.]+)\sMB", text)
    assert found, text
    onnx = size("runtimes/onnx/ort-wasm-simd-threaded.wasm", "app/ort-wasm-*.js")
    assert size("runtimes/litert/*") + onnx < float(found[1]) < 1.2 * (size("runtimes/litert/*") + onnx)
    opened.get_by_role("checkbox", name="WebGL").check()
    expect(opened.locator("tr[data-artifact^='tfjs/webgl']")).to_have_count(3)
    opened.get_by_role("checkbox", name="WebGL").uncheck()
    expect(opened.locator("tr[data-artifact^='tfjs/webgl']")).to_have_count(0)


def test_webgl_runs_when_it_is_asked_for(opened: Page) -> None:
    opened.get_by_role("checkbox", name="WebGL").check()
    found = run(opened, "tfjs/webgl/fp32")
    expect(found.locator("td.goldens .good")).to_have_text(re.compile(r"\d\.\de-\d"))


def test_columns_are_sorted_by_keyboard(opened: Page) -> None:
    for name in ("tfjs/wasm/fp32", "tfjs/wasm/uint8", "tfjs/cpu/fp32"):
        run(opened, name)
    head = opened.get_by_role("columnheader", name="Warm")
    head.get_by_role("button").focus()
    for direction in ("ascending", "descending"):
        opened.keyboard.press("Enter")
        expect(head).to_have_attribute("aria-sort", direction)
        expect(head.get_by_role("button")).to_be_focused()
        expect(opened.locator("#live")).to_have_text(f"Sorted by Warm, {direction}.")
        cells = opened.locator("tbody td.warm").all_inner_texts()
        times = [float(text.split()[0]) for text in cells if text]
        assert times == sorted(times, reverse=direction == "descending")
        assert all(cells[: len(times)]), "rows without a time come last"
    expect(opened.locator("th[aria-sort]")).to_have_count(1)


def test_results_are_taken_along(context: BrowserContext, page_url: str, page_folder: Path) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    arrive(page, page_url)
    show(page)
    run(page, "tfjs/wasm/fp32")
    page.get_by_role("button", name="Copy as Markdown").click()
    expect(page.locator(".take [role=status]")).to_have_text("Copied.")
    lines = page.evaluate("navigator.clipboard.readText()").strip().splitlines()
    name = json.loads((page_folder / "page.json").read_text())["name"]
    assert lines[0] == f"**{name}**, golden-00-cat.png"
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    assert {len(cells) for cells in table} == {9}
    assert table[2][0] == "tfjs/wasm/fp32"
    assert re.fullmatch(r"(cats|dogs) \d+\.\d\s%", table[2][1])
    assert table[3][1] == "-"
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == f"compare-{name}.csv"
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_bytes().decode())))
    assert len(rows) == len(table) - 2
    shown = [float(rows[0][label]) for label in ("cats", "dogs")]
    assert sum(shown) == pytest.approx(1, abs=1e-6)
    assert max(shown) == float(rows[0][rows[0]["label"]])
    assert (rows[1]["cats"], rows[1]["dogs"]) == ("", "")
    assert {one["photo"] for one in rows} == {"golden-00-cat.png"}


@pytest.fixture
def phone(browser: Browser, page_url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="es-ES", color_scheme="dark")
    page = context.new_page()
    arrive(page, page_url)
    yield page
    context.close()


def test_on_a_phone_and_in_spanish_results_outlive_the_language(phone: Page) -> None:
    phone.evaluate(SAVES_DATA)
    phone.get_by_role("link", name="Comparar").click()
    expect(phone.locator(".artifacts")).to_be_visible(timeout=PATIENCE)
    expect(phone.locator(".frame canvas")).to_be_visible(timeout=PATIENCE)
    assert fits(phone)
    run(phone, "tfjs/wasm/fp32")
    expect(phone.locator(".from")).to_have_text("Diferencia con lo que Keras registró para esta misma foto.")
    text = row(phone, "tfjs/wasm/fp32").locator("summary").inner_text()
    assert re.search(r"\d,\d\s%$", text)
    assert fits(phone)
    phone.get_by_role("button", name="EN, English").click()
    expect(row(phone, "tfjs/wasm/fp32").locator("summary")).to_have_text(text.replace(",", "."))
    expect(phone.locator(".plots figure")).to_have_count(2)
    # A card is no table to look at, and still one to a screen reader.
    expect(phone.get_by_role("table")).to_have_count(1)
    expect(phone.get_by_role("columnheader", name="Self-test")).to_be_visible()
    assert fits(phone)


def test_another_photo_clears_what_was_measured(page: Page, page_url: str, unknown: Path) -> None:
    arrive(page, page_url)
    show(page)
    run(page, "tfjs/wasm/fp32")
    page.get_by_role("link", name="Classify").click()
    choose(page, unknown)
    expect(page.locator(".headline")).to_be_visible(timeout=PATIENCE)
    show(page)
    expect(page.get_by_label("Photo").locator("option:checked")).to_have_text(f"Your photo: {unknown.name}")
    expect(row(page, "tfjs/wasm/fp32")).to_have_attribute("data-state", "idle")
