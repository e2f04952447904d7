"""The page's camera, by Chromium's own fake one, and every way in which there is none."""

import functools
import re
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect

from tests.browser.visitor import PATIENCE, arrive, fits, until, violations, watch

FAKE = "--use-fake-device-for-media-stream=device-count=2"
ALLOWED = "--use-fake-ui-for-media-stream"

Launch = Callable[..., Browser]


@pytest.fixture(scope="module")
def launch(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Launch]:
    """Starts a Chromium with more arguments."""
    started: list[Browser] = []

    def start(*more: str) -> Browser:
        arguments = [*browser_type_launch_args["args"], *more]
        started.append(browser_type.launch(**{**browser_type_launch_args, "args": arguments}))
        return started[-1]

    yield start
    for browser in started:
        browser.close()


@pytest.fixture(scope="module")
def two_cameras(launch: Launch) -> Browser:
    """With two cameras that every page may use."""
    return launch(FAKE, ALLOWED)


@pytest.fixture
def camera_page(two_cameras: Browser, page_url: str) -> Iterator[Page]:
    """The page with its camera at work."""
    context = two_cameras.new_context()
    page = context.new_page()
    arrive(page, page_url)
    page.get_by_role("button", name="Use the camera").click()
    expect(page.locator(".fps")).to_be_visible(timeout=PATIENCE)
    yield page
    context.close()


def camera_is_on(page: Page) -> bool:
    """Whether a stream is at work."""
    return bool(
        page.evaluate(
            "() => document.querySelector('video')?.srcObject?.getTracks().some(t => t.readyState === 'live') ?? false"
        )
    )


def test_the_camera_is_answered_live(camera_page: Page) -> None:
    rate = camera_page.locator(".fps")
    expect(rate).to_have_text(re.compile(r"\d+\.\d frames a second"))
    expect(camera_page.locator(".live .headline")).to_be_visible()
    expect(camera_page.locator(".live canvas.seen")).to_be_visible()
    before = camera_page.locator(".live .times").inner_text()
    expect(camera_page.locator(".live .times")).not_to_have_text(before)
    assert camera_page.evaluate("document.querySelector('video').videoWidth") > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_camera_is_for_everyone(camera_page: Page, width: int, scheme: Literal["light", "dark"]) -> None:
    camera_page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    camera_page.set_viewport_size({"width": width, "height": 740})
    expect(camera_page.locator(".live .headline")).to_be_visible()
    assert violations(camera_page) == []
    assert fits(camera_page)


def test_a_frame_becomes_a_photo_as_any_other(camera_page: Page) -> None:
    camera_page.get_by_role("button", name="Take a photo").click()
    expect(camera_page.locator("figcaption").first).to_have_text("camera-1.png", timeout=PATIENCE)
    expect(camera_page.locator(".headline")).to_be_visible()
    expect(camera_page.locator("video")).to_have_count(0)


def test_the_other_camera_is_taken(camera_page: Page) -> None:
    device = "document.querySelector('video').srcObject?.getVideoTracks()[0]?.getSettings().deviceId"
    before = camera_page.evaluate(device)
    camera_page.get_by_role("button", name="Other camera").click()
    until(camera_page, f"{device} !== {before!r}")
    expect(camera_page.locator(".fps")).to_be_visible(timeout=PATIENCE)
    assert camera_is_on(camera_page)


def test_the_camera_stops_by_its_button_and_with_its_view(camera_page: Page) -> None:
    camera_page.get_by_role("button", name="Stop the camera").click()
    expect(camera_page.locator("video")).to_have_count(0)
    button = camera_page.get_by_role("button", name="Use the camera")
    expect(button).to_be_focused()
    button.click()
    expect(camera_page.locator(".fps")).to_be_visible(timeout=PATIENCE)
    camera_page.evaluate("window.track = document.querySelector('video').srcObject.getTracks()[0]")
    camera_page.get_by_role("link", name="About").click()
    until(camera_page, "window.track.readyState === 'ended'")


def test_the_camera_goes_on_in_another_language(camera_page: Page) -> None:
    camera_page.evaluate("window.track = document.querySelector('video').srcObject.getTracks()[0]")
    switch = camera_page.get_by_role("button", name="ES, Español")
    switch.click()
    expect(camera_page.locator(".fps")).to_have_text(re.compile(r"\d,\d imágenes por segundo"), timeout=PATIENCE)
    expect(switch).to_be_focused()
    assert camera_is_on(camera_page)
    assert camera_page.evaluate("window.track.readyState") == "live", "nobody is asked for the camera again"
    until(camera_page, "!document.querySelector('video').paused")
    camera_page.get_by_role("button", name="Apagar la cámara").click()
    until(camera_page, "window.track.readyState === 'ended'")
    expect(camera_page.get_by_role("button", name="Usar la cámara")).to_be_focused()


def test_the_camera_stops_when_the_page_is_hidden(camera_page: Page) -> None:
    camera_page.evaluate("window.track = document.querySelector('video').srcObject.getTracks()[0]")
    # Headless pages are never hidden of themselves.
    camera_page.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { value: true, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    until(camera_page, "window.track.readyState === 'ended'")
    expect(camera_page.locator(".notice")).to_contain_text("stopped while the page was not visible")


def test_a_camera_that_is_unplugged_is_said(camera_page: Page) -> None:
    camera_page.evaluate("document.querySelector('video').srcObject.getTracks()[0].dispatchEvent(new Event('ended'))")
    expect(camera_page.locator(".notice")).to_contain_text("The camera stopped.")
    expect(camera_page.locator("video")).to_have_count(0)


def refused(page: Page, words: str) -> None:
    """The camera cannot be had: a sentence, and photos can still be chosen."""
    page.get_by_role("button", name="Use the camera").click()
    expect(page.locator(".notice")).to_contain_text(words, timeout=PATIENCE)
    expect(page.get_by_role("button", name="Use the camera")).to_be_visible()
    page.locator(".sample").first.click()
    expect(page.locator(".headline")).to_be_visible(timeout=PATIENCE)


def test_permission_denied(launch: Launch, page_url: str) -> None:
    page = launch(FAKE, "--deny-permission-prompts").new_page()
    arrive(page, page_url)
    refused(page, "The camera was not allowed.")
    page.get_by_role("button", name="ES, Español").click()
    expect(page.locator(".notice")).to_contain_text("No se permitió usar la cámara.")


def test_no_camera(launch: Launch, page_url: str) -> None:
    page = launch(ALLOWED).new_page()
    arrive(page, page_url)
    refused(page, "No camera was found on this device.")


def test_an_address_that_is_not_secure(launch: Launch, page_folder: Path) -> None:
    """By plain http and another name than localhost there is neither a camera nor crypto.subtle; all else works."""
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(page_folder))
    handler.func.log_message = lambda *_: None  # type: ignore[attr-defined]
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page = launch("--host-resolver-rules=MAP page.test 127.0.0.1").new_page()
        seen = watch(page)
        arrive(page, f"http://page.test:{server.server_port}/")
        assert page.evaluate("isSecureContext") is False
        refused(page, "The camera needs a secure address")
        assert seen.foreign(f"http://page.test:{server.server_port}/") == []
        server.shutdown()
