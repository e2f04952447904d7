"""The page in browsers that change what a canvas gives back: Python's answers or a refusal, never another answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.agreement import Photos
from tests.browser.classified import Probabilities, by_browser, by_python, wrong
from tests.browser.derived_photos import FORMS
from tests.browser.engines import Engine, Tab
from tests.browser.host import Host
from tests.browser.noise import Kind, with_noise

REASON = "this browser changes the pixels"


@pytest.fixture(scope="module")
def root(goldens: Photos, drawings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the host serves: drawings in every form, and each kind of file."""
    folder = tmp_path_factory.mktemp("noisy")
    (folder / "photos").mkdir()
    jpegs = [path.read_bytes() for path in sorted(drawings.rglob("*.jpg"))[:48]]
    forms = list(FORMS.values())
    made = {f"{number:02}": forms[number % len(forms)](jpeg, number) for number, jpeg in enumerate(jpegs)}
    for name, data in {**made, **{name: goldens[name] for name in ("jpeg-cmyk.jpg", "png-rgba.png")}}.items():
        (folder / "photos" / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def host(root: Path) -> Iterator[Host]:
    with Host(root, root.with_suffix(".log")) as started:
        yield started


@pytest.fixture(scope="module")
def photos(root: Path) -> list[Path]:
    return sorted((root / "photos").iterdir())


@pytest.fixture(scope="module")
def expected(page_folder: Path, photos: list[Path]) -> list[Probabilities]:
    return by_python(page_folder / "bundle", photos)


def visit(tab: Tab, host: Host, page: str, photos: list[Path], expected: list[Probabilities]) -> None:
    """The page proves itself, and no answer is wrong."""
    tab.open(f"{host.url}{page}/")
    tab.wait("#status .badge.good", "verified")
    answers = by_browser(tab, f"{host.url}{page}/", [f"{host.url}photos/{photo.name}" for photo in photos])
    assert wrong(answers, expected, REASON) == []
    refused = [photo.name for photo, answer in zip(photos, answers, strict=True) if isinstance(answer, str)]
    assert refused == ["jpeg-cmyk.jpg"], "only a canvas could read it"


def test_firefox_that_resists_fingerprinting(
    resistant_firefox: Engine, host: Host, page_folder: Path, photos: list[Path], expected: list[Probabilities]
) -> None:
    (host.folder / "page").symlink_to(page_folder)
    with resistant_firefox.tab() as tab:
        visit(tab, host, "page", photos, expected)


@pytest.mark.parametrize("kind", ["picture", "call", "color"])
@pytest.mark.parametrize("one_in", [200, 5_000, 50_000])
def test_chromium_with_noise(
    chromium: Engine,
    host: Host,
    page_folder: Path,
    photos: list[Path],
    expected: list[Probabilities],
    one_in: int,
    kind: Kind,
) -> None:
    name = f"noise-{one_in}-{kind}"
    with_noise(page_folder, host.folder / name, "app/worker-*.js", kind, one_in=one_in)
    with chromium.tab() as tab:
        visit(tab, host, name, photos, expected)
