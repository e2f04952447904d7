"""For everyone, and nothing behind anyone's back: axe-core on every view; no stranger asked; a light first visit."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.browser.inside_visit import at
from tests.browser.visitor import PATIENCE, arrive, choose, fits, held, violations, wait_for_all, watch

ANSWERED = """new MutationObserver(() => {
  if (document.querySelector(".headline") !== null) window.answered ??= Date.now();
}).observe(document, { childList: true, subtree: true });"""
# What the issue allows for a first prediction by TF.js on wasm with the lecture's network.
MOST_BYTES = 350_000
# The first of these files: the run and the bundle that all share are made for its first test.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("broken") / "broken.jpg"
    path.write_bytes(b"no photo at all")
    return path


@pytest.fixture(params=[1280, 360])
def audited(request: pytest.FixtureRequest, browser: Browser) -> Iterator[tuple[Page, Callable[[str], None]]]:
    """A page of that width, and a function that audits its present state: by axe-core, its width, its dark colors."""
    context = browser.new_context(
        viewport={"width": request.param, "height": 800},
        color_scheme="light",
        reduced_motion="reduce",
        service_workers="block",  # routes do not reach what it fetches
    )
    page = context.new_page()

    def audit(state: str) -> None:
        assert violations(page) == [], state
        assert fits(page), f"{state} is wider than the screen"
        page.emulate_media(color_scheme="dark")
        assert violations(page, ["color-contrast"]) == [], f"{state}, dark"
        page.emulate_media(color_scheme="light")

    yield page, audit
    context.close()


def go(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.locator("h1")).to_have_text(name)


def test_classify_has_no_violation(
    audited: tuple[Page, Callable[[str], None]], page_url: str, drawings: Path, broken: Path
) -> None:
    page, audit = audited
    with held(page, "**/model.json"):
        page.goto(page_url)
        expect(page.locator("#status .badge.wait")).to_be_visible()
        expect(page.locator(".drop")).to_be_visible()
        audit("classify, before the self-test")
    arrive(page, page_url)
    audit("classify, empty")
    photos = sorted(drawings.rglob("*.jpg"))
    choose(page, photos[0])
    expect(page.locator(".headline")).to_be_visible(timeout=PATIENCE)
    audit("classify, one photo")
    choose(page, photos[1:4], broken)
    wait_for_all(page, 5)
    audit("classify, a grid")
    page.locator(".photo-card.failed").first.click()
    expect(page.locator(".result")).to_contain_text("This is text")
    audit("classify, an error")
    go(page, "About")
    expect(page.locator(".about")).to_be_visible()
    audit("about")


def test_compare_has_no_violation(audited: tuple[Page, Callable[[str], None]], page_url: str) -> None:
    page, audit = audited
    page.route("**/bundle/tfjs/fp16/*", lambda route: route.fulfill(status=404))
    arrive(page, page_url)
    go(page, "Compare")
    expect(page.locator(".frame canvas")).to_be_visible(timeout=PATIENCE)
    audit("compare, before")
    for name, state in (("tfjs/wasm/fp32", "done"), ("tfjs/wasm/fp16", "failed"), ("tfjs/cpu/uint8", "done")):
        row = page.locator(f"tr[data-artifact='{name}']")
        row.get_by_role("button").click()
        expect(row).to_have_attribute("data-state", state, timeout=PATIENCE)
    page.locator(".artifacts summary").first.click()
    page.get_by_role("checkbox", name="WebGL").check()
    page.get_by_role("columnheader", name="Warm").get_by_role("button").click()
    audit("compare, after")
    page.get_by_role("button", name="Run all", exact=True).click()
    expect(page.locator("tr[data-state=busy]").first).to_be_visible()
    audit("compare, while it runs")


def test_look_inside_has_no_violation(
    audited: tuple[Page, Callable[[str], None]], page_url: str, drawings: Path
) -> None:
    page, audit = audited
    arrive(page, page_url)
    go(page, "Look inside")
    expect(page.locator(".inside .sample").first).to_be_visible()
    audit("inside, without a photo")
    go(page, "Classify")
    choose(page, min(drawings.rglob("*.jpg")))
    expect(page.locator(".headline")).to_be_visible(timeout=PATIENCE)
    go(page, "Look inside")
    expect(page.locator(".step h2")).to_be_visible(timeout=PATIENCE)
    count = int(page.locator(".stepper .count").inner_text().split("/")[1])
    assert count > 5
    for step in range(1, count + 1):
        at(page, step)
        audit(f"inside, step {step}")
        page.keyboard.press("ArrowRight")


def test_a_page_that_failed_has_no_violation(audited: tuple[Page, Callable[[str], None]], page_url: str) -> None:
    page, audit = audited
    page.route("**/page.json", lambda route: route.fulfill(body="{}"))
    page.goto(page_url)
    expect(page.locator("#status .badge.bad")).to_be_visible(timeout=PATIENCE)
    audit("a page that cannot start")


def test_no_stranger_is_asked_and_the_policy_is_tight(page: Page, page_url: str, page_folder: Path) -> None:
    seen = watch(page)
    page.add_init_script(
        "window.violated = []; document.addEventListener('securitypolicyviolation', (e) => violated.push(e.blockedURI))"
    )
    arrive(page, page_url)
    page.locator(".sample").first.click()
    expect(page.locator(".headline")).to_be_visible(timeout=PATIENCE)
    for name in ("Compare", "Look inside", "About", "Classify"):
        go(page, name)
        page.wait_for_timeout(300)
    assert page.evaluate("violated") == []
    assert seen.foreign(page_url) == []
    assert seen.complaints == []
    html = (page_folder / "index.html").read_text(encoding="utf-8")
    policies = re.findall(r'http-equiv="Content-Security-Policy"\s+content="([^"]+)"', html)
    assert len(policies) == 1
    assert "'unsafe-inline'" not in policies[0]
    assert "'unsafe-eval'" not in policies[0]
    assert {"default-src 'none'", "connect-src 'self'"} <= {part.strip() for part in policies[0].split(";")}
    assert not re.search(r"https?://(?!www\.w3\.org)", html)


def test_a_first_prediction_is_light(page: Page, page_url: str, drawings: Path) -> None:
    finished: list[Request] = []
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108  it must bear attributes
    page.add_init_script(ANSWERED)
    # The model waits for the photo: one that comes after the self-test finds the samples loaded.
    page.route("**/model.json", hold)
    page.goto(page_url)
    choose(page, min(drawings.rglob("*.jpg")))
    expect(page.locator(".result")).to_contain_text("waiting for the self-test", timeout=PATIENCE)
    held[0].continue_()
    expect(page.locator(".headline")).to_be_visible(timeout=PATIENCE)
    moment = page.evaluate("answered")
    own = [request for request in list(finished) if request.url.startswith(page_url)]
    before = [request for request in own if request.timing["startTime"] <= moment]
    urls = [request.url.removeprefix(page_url) for request in before]
    assert any(url.endswith("tfjs-backend-wasm-simd.wasm") for url in urls), "requests of workers are counted"
    assert not [url for url in urls if re.search(r"onnx|litert|\.tflite", url)]
    # As DevTools counts: what came over the wire, heads and packed bodies.
    sizes = [request.sizes() for request in before]
    transferred = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
    assert 50_000 < transferred <= MOST_BYTES
