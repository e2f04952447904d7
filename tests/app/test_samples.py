"""A model of other things than cats and dogs: no drawings are offered, and the app waits for a photo."""

import json
from pathlib import Path

import pytest

from gemelo.store.bundle import Bundle
from gemelo.webpage import make_page
from gemelo.webpage.samples import drawn_samples
from streamlit_app import snippets
from tests.app.conftest import Start, text
from tests.support import bundles

PHOTO = ("mine.webp", next(iter(drawn_samples().values())))


@pytest.fixture(scope="module")
def fruit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that tells apples from pears."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundles, "LABELS", ["apples", "pears"])
        return bundles.make_bundle(tmp_path_factory.mktemp("fruit") / "fruit").path


def test_classify_offers_no_drawings(start: Start, fruit: Path) -> None:
    app = start("--bundle", fruit)
    assert not app.exception
    assert "drawings" not in text(app).lower()
    assert "samples" not in [button.key for button in app.button]
    app.file_uploader[0].upload(*PHOTO).run()
    assert "probability:" in text(app)


@pytest.mark.parametrize("where", ["compare", "inside"])
@pytest.mark.parametrize(
    ("lang", "words"), [("en", "Choose a photo to begin."), ("es", "Elija una foto para empezar.")]
)
def test_the_other_pages_wait_for_a_photo(start: Start, fruit: Path, where: str, lang: str, words: str) -> None:
    app = start("--bundle", fruit, page=where, lang=lang)
    assert not app.exception
    assert words in text(app)
    app.file_uploader[0].upload("bad.jpg", b"this is no picture").run()
    assert words in text(app)
    assert "bad.jpg" in text(app)
    app.file_uploader[0].upload(*PHOTO).run()
    assert not app.exception
    assert words not in text(app)
    [chosen] = [one for one in app.selectbox if one.options[0] == "mine.webp"]
    assert chosen.options == ["mine.webp"], "and no drawing"


def test_the_code_to_copy_asks_for_no_file_that_the_page_lacks(fruit: Path, tiny: Path, tmp_path: Path) -> None:
    page = make_page(fruit, tmp_path / "page").path
    assert json.loads((page / "page.json").read_bytes())["samples"] == []
    assert not (page / "samples").exists()
    assert snippets.SAMPLE not in snippets.javascript(Bundle.open(fruit))
    assert snippets.SAMPLE in snippets.javascript(Bundle.open(tiny))
