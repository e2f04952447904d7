"""Where does it begin? The layer of a changed weight is named in the browser, and a clean artifact is not accused."""

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from gemelo.store.files import sha256_bytes
from tests.browser.test_compare import SAVES_DATA, row, show
from tests.browser.visitor import PATIENCE, arrive, fits, violations, watch

pytestmark = pytest.mark.timeout(600)
# {artifact: its file, the layer whose kernel is changed, the axes of the kernel and its type in that file}
PLANTED: dict[str, tuple[str, str, tuple[int, ...], str]] = {
    "tfjs/wasm/fp16": ("tfjs/fp16/group1-shard1of1.bin", "dense", (0, 1), "<f2"),
    "onnx/wasm/fp32": ("onnx/fp32.onnx", "conv2d_1", (3, 2, 0, 1), "<f4"),
    "litert/wasm/fp32": ("tflite/fp32.tflite", "conv2d_1", (3, 0, 1, 2), "<f4"),
}
BEFORE = {"dense": "flatten", "conv2d_1": "max_pooling2d"}


def kernel(bundle: Path, layer: str) -> NDArray[np.float32]:
    """A layer's kernel, as the bundle's layers have it."""
    folder = bundle / "layers" / "tfjs"
    at = 0
    for group in json.loads((folder / "model.json").read_text())["weightsManifest"]:
        data = b"".join((folder / path).read_bytes() for path in group["paths"])
        for weight in group["weights"]:
            count = int(np.prod(weight["shape"], dtype=int))
            if weight["name"] == f"{layer}/kernel":
                return np.frombuffer(data, "<f4", count, at).reshape(weight["shape"]).copy()
            at += 4 * count
    raise AssertionError(f"no kernel of {layer}")


def plant(folder: Path, path: str, layer: str, axes: tuple[int, ...], dtype: str) -> None:
    """Change the largest weight of a layer in one artifact of a page, and the hash that the page has of the file."""
    whole = kernel(folder / "bundle", layer)
    changed = whole.copy()
    changed.flat[int(np.abs(whole).argmax())] *= 100
    before, after = (np.ascontiguousarray(each.transpose(axes), dtype).tobytes() for each in (whole, changed))
    file = folder / "bundle" / path
    data = file.read_bytes()
    assert data.count(before) == 1
    data = data.replace(before, after)
    file.unlink()  # it is a link to the clean page's
    file.write_bytes(data)
    page = json.loads((folder / "page.json").read_text())
    for artifact in page["artifacts"]:
        if f"bundle/{path}" in artifact["files"]:
            artifact["files"][f"bundle/{path}"]["sha256"] = sha256_bytes(data)
    (folder / "page.json").unlink()
    (folder / "page.json").write_text(json.dumps(page))


@pytest.fixture(scope="module")
def planted(page_folder: Path, serve_page: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with a changed weight in an artifact of each format, and clean ones beside them."""
    folder = tmp_path_factory.mktemp("planted") / "pets"
    shutil.copytree(page_folder, folder, copy_function=os.link)
    for what in PLANTED.values():
        plant(folder, *what)
    return serve_page(folder)


def ask(page: Page, name: str, state: str) -> Locator:
    """Runs an artifact and asks where it begins to differ; the card with what was found."""
    found = row(page, name)
    found.locator(".action button").click()
    expect(found).to_have_attribute("data-state", state, timeout=PATIENCE)
    if state == "done":
        found.locator("summary").click()
    found.get_by_role("button", name="Where does it begin?").click()
    card = page.locator(".begins")
    expect(card.locator("p.muted").first).to_contain_text(name)
    expect(card.locator(".verdict")).not_to_have_text("Running it layer by layer", timeout=PATIENCE)
    return card


def test_the_layer_of_a_changed_weight_is_named_in_every_runtime(page: Page, planted: str) -> None:
    seen = watch(page)
    arrive(page, planted)
    show(page)
    for name, (_, layer, *_) in PLANTED.items():
        card = ask(page, name, "failed")
        told = f"{name} departs from the reference at {layer} ("
        expect(card.locator(".verdict")).to_contain_text(told)
        expect(card.locator(".verdict")).to_contain_text(f"after {BEFORE[layer]}, on which they agree")
        expect(card.locator("tr[data-state=begins] th")).to_contain_text(layer)
        assert float(card.locator("tr[data-state=begins] .difference").inner_text()) > 0.02
    page.get_by_role("button", name="ES, Español").click()
    expect(page.locator(".begins h2")).to_have_text("¿Dónde empieza?")
    expect(page.locator(".begins .verdict")).to_contain_text("se aparta de la referencia en conv2d_1 (Conv2D)")
    page.get_by_label("Foto").select_option(label="Golden: golden-13-noise")
    expect(page.locator(".begins")).to_be_hidden()
    assert seen.foreign(planted) == []
    assert seen.complaints == []


def test_a_clean_artifact_is_not_accused(page: Page, planted: str) -> None:
    arrive(page, planted)
    show(page)
    for name in ("tfjs/wasm/fp32", "onnx/wasm/fp16", "tfjs/wasm/uint8", "onnx/wasm/int8", "litert/wasm/fp16"):
        card = ask(page, name, "done")
        expect(card.locator(".verdict")).to_have_text(f"{name} agrees with the reference layer by layer, to the end")
        expect(card.locator("tr[data-state=agrees]").last).to_contain_text("probabilities")
        expect(card.locator("tr[data-state=begins], tr[data-state=differs]")).to_have_count(0)
    agreement = re.compile("^All 5 artifacts that answered agree|^The artifacts disagree")
    expect(page.locator(".agreement")).to_have_text(agreement)
    card = ask(page, "litert/wasm/int8", "done")
    expect(card.locator(".verdict")).to_have_text(re.compile("not compared: LiteRT.js shows no tensors of 8 bits"))


def test_a_bundle_without_layers_is_compared_with_its_first_artifact(browser: Browser, planted: str) -> None:
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    content = json.loads(page.request.get(f"{planted}page.json").text())
    context.route("**/page.json", lambda route: route.fulfill(json={**content, "layers": None}))
    arrive(page, planted)
    show(page)
    card = ask(page, "onnx/wasm/fp32", "failed")
    expect(card.locator(".verdict")).to_contain_text("departs from the reference at gemelo_1/conv2d_1_2/Relu (")
    expect(card).to_contain_text("The reference is the artifact tfjs/wasm/fp32")
    found = row(page, "tfjs/wasm/fp32")
    found.locator(".action button").click()
    expect(found).to_have_attribute("data-state", "done", timeout=PATIENCE)
    expect(found.locator("details")).not_to_contain_text("Where does it begin?")  # it is the reference itself
    context.close()


def test_on_a_phone_the_report_is_copied_for_an_issue(context: BrowserContext, planted: str) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    arrive(page, planted)
    page.evaluate(SAVES_DATA)
    page.goto(f"{planted}#compare")
    expect(page.locator(".frame canvas")).to_be_visible(timeout=PATIENCE)
    card = ask(page, "tfjs/wasm/fp16", "failed")
    card.get_by_role("button", name="Copy report").click()
    expect(card.locator("[role=status]")).to_have_text("Copied.")
    assert fits(page)
    assert violations(page) == []
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0].startswith("### Where does it begin? tfjs/wasm/fp16 departs from the reference at dense (Dense)")
    text = "\n".join(lines)
    assert "- Self-test: failed: " in text
    assert re.search(r"^\| dense \(Dense\) \| \S+ \| gemelo\S+ \| begins here \|$", text, re.MULTILINE), text
    assert re.search(r"^\| flatten \(Flatten\) \| \S+ \| \S+ \| agrees \|$", text, re.MULTILINE), text
