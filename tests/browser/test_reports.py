"""report.html and parity.html in a real Chromium: they stand alone, and are readable on a phone and in the dark."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page

from gemelo.parity import LabelChange, Trial, goldens, measure
from gemelo.parity.report import ParityReport
from gemelo.webpage.headers import report_policy
from tests.support.bundles import LABELS, PREPROCESSING, make_bundle
from tests.support.reports import contents
from trainer.report import write

REPORTS = ("passed", "failed", "training")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of each kind."""
    root = tmp_path_factory.mktemp("reports")
    passed = make_bundle(root / "tiny").path / "parity.html"
    passed.rename(root / "passed.html")
    failed(root / "other").save(root / "failed.json", root / "failed.html")
    write(root, contents([f"a class of a long name {i}" for i in range(12)]))
    (root / "report.html").rename(root / "training.html")
    return root


def failed(root: Path) -> ParityReport:
    """The report of a bundle whose artifact has changed a label, with a picture of it."""
    bundle = make_bundle(root)
    trial = Trial(root, "tiny", bundle.artifacts, PREPROCESSING, LABELS, 0, goldens(root, bundle.reference))
    found = measure(trial)
    image = bundle.reference.goldens[0].path
    change = LabelChange(image, "cats", "dogs", 0.31, 0.4, golden=False)
    reasons = ["a probability differs by 0.4 on " + "a/long/path/" * 9 + "photo.jpg, at most 1e-05 allowed"]
    wrong = replace(found.artifacts[0], passed=False, reasons=reasons, label_changes=[change])
    picture = "data:image/webp;base64,UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="
    return replace(found, artifacts=[wrong], pictures={image: picture})


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_stands_alone(page: Page, folder: Path, name: str) -> None:
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    address = "http://localhost/report.html"  # as gemelo serve does, with its policy
    data = (folder / f"{name}.html").read_bytes()
    policy = {"Content-Security-Policy": report_policy(data), "Content-Type": "text/html"}
    page.route(address, lambda route: route.fulfill(body=data, headers=policy))
    page.goto(address)
    assert [url for url in requests if not url.startswith("data:")] == [address]
    assert complaints == []
    broken = "[...document.images].filter((image) => !image.complete || image.naturalWidth === 0).length"
    assert page.evaluate(broken) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", REPORTS)
def test_it_fits_on_a_phone_light_and_dark(page: Page, folder: Path, name: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 380, "height": 740})
    page.goto((folder / f"{name}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (dark == "rgb(20, 23, 30)") == (scheme == "dark")


def test_the_verdict_comes_first(page: Page, folder: Path) -> None:
    page.set_viewport_size({"width": 380, "height": 740})
    page.goto((folder / "passed.html").as_uri())
    assert page.locator(".badge").inner_text() == "the artifact passed"
    page.goto((folder / "failed.html").as_uri())
    assert page.locator(".badge").inner_text() == "1 of 1 artifacts failed"
    assert page.locator(".badge").bounding_box()["y"] < 300
    reason = page.locator(".reasons li > span").first.bounding_box()
    assert reason["width"] > 250
    assert page.locator(".photo img").count() == 1


def test_a_confusion_matrix_of_twelve_classes_has_readable_digits(page: Page, folder: Path) -> None:
    """Its digits are of the size of the text, its classes are named, and on a phone it scrolls by itself."""
    page.set_viewport_size({"width": 380, "height": 740})
    page.goto((folder / "training.html").as_uri())
    cell = page.locator(".confusion td").first
    assert cell.evaluate("(cell) => parseFloat(getComputedStyle(cell).fontSize)") >= 14
    assert page.locator(".confusion thead th").count() == 13
    assert page.locator(".table:has(.confusion)").evaluate("(box) => box.scrollWidth > box.clientWidth")


def test_the_charts_follow_the_dark_mode(page: Page, folder: Path) -> None:
    ink = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto((folder / "training.html").as_uri())
        ink.append(page.locator("svg .title").first.evaluate("(text) => getComputedStyle(text).fill"))
        size = page.locator("svg text").first.evaluate("(text) => text.getBoundingClientRect().height")
        assert size >= 10
    assert ink == ["rgb(29, 36, 51)", "rgb(233, 236, 243)"]
