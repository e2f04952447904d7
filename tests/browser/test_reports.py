"""parity.html in a real Chromium: it stands alone, asks nobody for anything, and fits on a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.support.bundles import make_bundle


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("browser") / "tiny").path / "parity.html"


def test_the_parity_report_stands_alone(page: Page, report: Path) -> None:
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(report.as_uri())
    assert page.title() == "Parity of tiny"
    assert page.locator("text=all artifacts passed").is_visible()
    assert page.locator("td:has-text('onnx/fp32')").count() == 2
    assert requests == [report.as_uri()]
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_on_a_phone_light_and_dark(page: Page, report: Path, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (dark == "rgb(20, 23, 30)") == (scheme == "dark")
