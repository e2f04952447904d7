"""Which decoder a photo is given to, and that each gives the pixels that Python has, or refuses."""

from pathlib import Path

import pytest

from tests.browser.agreement import Photos, answers_of, disagreements, python_s_answer
from tests.browser.engines import Engine
from tests.browser.noise import Kind, with_noise
from tests.browser.preprocessing_page import PreprocessingPage, Site, served
from tests.goldens import make

EXACT = {"jpeg": True, "webp": True, "canvas": True}
NOTHING = dict.fromkeys(EXACT, False)


@pytest.fixture(scope="session")
def various(goldens: Photos) -> Photos:
    """The goldens, and large photos, in which rare noise is likely."""
    card = make.card(1400, 1000)
    large = {f"large {kind}": make.saved(card, kind, quality=85) for kind in ("JPEG", "WEBP")}
    return {**goldens, **large}


def wrong_answers(decoder: PreprocessingPage, photos: Photos) -> dict[str, str]:
    """Photos with other pixels than Python's; a refusal that gives the reason is no wrong answer."""
    wrong = {}
    for name, answer in answers_of(decoder, photos).items():
        if answer.error is not None:
            if "this browser changes the pixels" not in answer.error["message"]:
                wrong[name] = answer.error["message"]
        elif answer.crash or answer.digests != python_s_answer(photos[name]):
            wrong[name] = answer.crash or "other pixels"
    return wrong


def test_the_browser_itself_is_exact(decoder: PreprocessingPage) -> None:
    assert decoder.proof() == EXACT


def test_decoders_in_wasm_give_the_same_bytes(decoder: PreprocessingPage, various: Photos) -> None:
    cmyk = "jpeg-cmyk.jpg"
    readable = {name: data for name, data in various.items() if name != cmyk}
    assert disagreements(decoder, readable, wasm=True) == {}
    refused = answers_of(decoder, {cmyk: various[cmyk]}, wasm=True)[cmyk].error
    assert refused is not None
    assert (refused["kind"], refused["what"]) == ("unsupported", "cmyk")


def test_photos_decoded_in_wasm_differ_in_no_byte(decoder: PreprocessingPage, photos: Photos) -> None:
    assert disagreements(decoder, photos, wasm=True) == {}


def test_firefox_that_resists_fingerprinting_reads_what_python_reads(
    resistant_firefox: Engine, site: Site, various: Photos
) -> None:
    with resistant_firefox.tab() as tab:
        decoder = PreprocessingPage(site, tab)
        assert decoder.proof() == NOTHING
        assert wrong_answers(decoder, various) == {}


@pytest.mark.parametrize("kind", ["picture", "call", "color"])
@pytest.mark.parametrize("one_in", [200, 5_000, 50_000])
def test_noise_in_the_canvas_makes_no_answer_wrong(
    chromium: Engine, site: Site, various: Photos, tmp_path: Path, one_in: int, kind: Kind
) -> None:
    folder = with_noise(site.folder, tmp_path / "noisy", "worker.js", kind, one_in=one_in)
    with served(folder) as noisy, chromium.tab() as tab:
        decoder = PreprocessingPage(noisy, tab)
        assert decoder.proof() == NOTHING
        assert wrong_answers(decoder, various) == {}
