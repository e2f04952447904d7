"""A visit to the page in Chromium, Firefox and WebKit: it proves itself, answers, compares, explains, works offline."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.classified import Probabilities, by_browser, by_python, wrong
from tests.browser.derived_photos import exif_first
from tests.browser.engines import Engine, Tab
from tests.browser.host import Host
from tests.browser.test_page_faults import change_weight, only_tfjs
from tests.goldens import make

GOOD, BAD = "#status .badge.good", "#status .badge.bad"


@pytest.fixture(scope="module")
def root(page_folder: Path, drawings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the host serves: the page in a sub-folder, a copy with one weight changed, and photos of several formats."""
    folder = tmp_path_factory.mktemp("root")
    (folder / "some").mkdir()
    (folder / "some" / "where").symlink_to(page_folder)
    changed = Path(shutil.copytree(page_folder, folder / "changed"))
    content: dict[str, Any] = json.loads((changed / "page.json").read_text())
    change_weight(changed, only_tfjs(content), written=True)
    (changed / "page.json").write_text(json.dumps(content))
    (folder / "photos").mkdir()
    jpeg = min(drawings.rglob("*.jpg")).read_bytes()
    veiled = make.clear_card()
    for name, data in {
        "camera.jpg": exif_first(jpeg, 6, jfif=False),
        "veiled.png": make.saved(veiled, "PNG"),
        "lossy.webp": make.saved(veiled, "WEBP", quality=80),
        "lossless.webp": make.saved(veiled, "WEBP", lossless=True),
    }.items():
        (folder / "photos" / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def photos(root: Path) -> list[Path]:
    return sorted((root / "photos").iterdir())


@pytest.fixture(scope="module")
def host(root: Path) -> Iterator[Host]:
    with Host(root, root.with_suffix(".log")) as started:
        yield started


@pytest.fixture(scope="module")
def tab(engine: Engine, host: Host) -> Iterator[Tab]:
    """The page after its self-test."""
    with engine.tab() as opened:
        opened.open(f"{host.url}some/where/")
        opened.wait(GOOD, "verified")
        yield opened


@pytest.fixture(scope="module")
def expected(page_folder: Path, photos: list[Path]) -> list[Probabilities]:
    return by_python(page_folder / "bundle", photos)


def show(tab: Tab, view: str) -> None:
    tab.click(f"#tabs a[href='#{view}']")


def choose(tab: Tab, photos: list[Path]) -> None:
    """Choose photos and wait for their answers."""
    show(tab, "classify")
    tab.wait("input[type=file]")
    tab.choose(*photos)
    if len(photos) == 1:
        tab.wait("figcaption", photos[0].name)
    tab.wait(".headline", "%")


def test_photos_are_answered_as_python_answers_them(
    tab: Tab, host: Host, photos: list[Path], expected: list[Probabilities]
) -> None:
    answers = by_browser(tab, f"{host.url}some/where/", [f"{host.url}photos/{photo.name}" for photo in photos])
    assert wrong(answers, expected) == []


def test_one_photo_and_several_are_shown_with_their_answers(
    tab: Tab, photos: list[Path], expected: list[Probabilities]
) -> None:
    wanted = [max(answer, key=lambda label: answer[label]) for answer in expected]
    choose(tab, photos[:1])
    assert wanted[0] in tab.texts(".headline")[0]
    tab.choose(*photos[1:])
    cards = tab.wait(".photo-card.done", count=len(photos))
    assert [label for label, card in zip(wanted, cards, strict=True) if label not in card] == []
    assert tab.texts(".photo-card.failed") == []


@pytest.mark.parametrize("name", ["tfjs/wasm/fp32", "onnx/wasm/fp32", "litert/wasm/fp32"])
def test_every_runtime_passes_its_self_test_in_compare(tab: Tab, name: str) -> None:
    show(tab, "compare")
    tab.wait(".frame canvas")
    row = f"tr[data-artifact='{name}']"
    tab.click(f"{row} td.action button")
    tab.wait(f"{row}[data-state=done], {row}[data-state=failed]", count=1)
    assert tab.texts(f"{row}[data-state=failed]") == []
    assert "%" in tab.texts(f"{row} td.answer")[0]


def test_look_inside_computes_what_the_layers_computed(tab: Tab, host: Host, photos: list[Path]) -> None:
    choose(tab, photos[:1])
    tab.open(f"{host.url}some/where/#inside/3")
    tab.wait(".step h2", "3. Convolution 1")
    tab.wait(".step .checked")
    [[worked, computed]] = tab.run(
        "() => [...document.querySelectorAll('.step .checked')].map(({ dataset: d }) => [+d.worked, +d.computed])"
    )
    assert worked == pytest.approx(computed, abs=1e-5)


def test_the_language_is_switched_and_kept(tab: Tab) -> None:
    tab.click("#switches button[lang=es]")
    assert "Clasificar" in tab.texts("#tabs")[0]
    tab.wait(GOOD, "verificado")
    tab.reload()
    tab.wait(GOOD, "verificado")
    tab.click("#switches button[lang=en]")
    tab.wait(GOOD, "verified")


def test_a_narrow_window_needs_no_sideways_scrolling(tab: Tab, photos: list[Path]) -> None:
    choose(tab, photos[:1])
    tab.resize(360, 740)
    assert tab.run("() => [innerWidth < 600, document.documentElement.scrollWidth <= innerWidth]") == [True, True]
    tab.resize(1280, 800)


def test_a_second_visit_needs_no_network(engine: Engine, root: Path, photos: list[Path], tmp_path: Path) -> None:
    with Host(root, tmp_path / "log") as host, engine.tab() as tab:
        base = f"{host.url}some/where/"
        tab.open(base)
        tab.wait(GOOD, "verified")
        choose(tab, photos[:1])
        online = tab.texts(".headline")
        kept = "async (url) => Boolean(await caches.match(url))"
        tab.until(lambda: tab.run(kept, f"{base}index.html"), lambda: "a version of the page that is kept whole")
        host.stop()
        tab.reload()
        tab.wait(GOOD, "verified")
        choose(tab, photos[:1])
        assert tab.texts(".headline") == online
        host.start()


def test_a_page_with_one_weight_changed_refuses(tab: Tab, host: Host, photos: list[Path]) -> None:
    tab.open(f"{host.url}changed/")
    tab.wait(BAD, "not verified: no answers are given")
    assert "max difference" in tab.texts(".problem")[0]
    tab.choose(photos[0])
    tab.wait(".result", "no answer: the self-test failed")
    assert tab.texts(".headline") == []
