"""What the app says in Spanish and in English: errors, numbers, plurals, charts."""

import re
from pathlib import Path

import pytest
import streamlit as st

import gemelo
from gemelo.errors import GemeloError, Message, UnsupportedImageError
from gemelo.preprocessing.file_kinds import FILE_KINDS
from gemelo.store.bundle import Bundle
from gemelo.store.manifest import Told
from gemelo.store.run import Epoch
from gemelo.webpage.samples import drawn_samples
from streamlit_app import charts, errors, i18n
from streamlit_app.i18n import texts
from tests.app.conftest import Start, text
from tests.app.test_classify import FILES, upload
from tests.hostile.bundles import HOSTILE_BUNDLES

PAGE = Path(__file__).resolve().parents[2] / "web_demo/src/messages/es.ts"
# Bits of gemelo's English that no Spanish sentence has.
ENGLISH = re.compile(r"\b(this is|the|is not|file|damaged|limit|missing|labels of)\b")


@pytest.fixture
def spanish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {"language": "es"})


def test_both_languages_say_the_same_things_of_the_same_values() -> None:
    spanish, english = texts("es"), texts("en")
    assert spanish.keys() == english.keys()
    places = re.compile(r"\{(\w+)\}")
    differing = [k for k in english if set(places.findall(english[k])) != set(places.findall(spanish[k]))]
    assert differing == []


def test_compare_has_the_words_of_the_pages_compare() -> None:
    page = (PAGE.parents[1] / "app/compare/words.ts").read_text(encoding="utf-8")
    heads = {"artifact": "artifact", "answer": "answer", "difference": "difference", "self_test": "goldens"}
    heads |= {"warm": "warm", "accuracy": "accuracy"}
    sentences = ("all_same", "differ", "from_keras", "from_artifact", "label_changes_one")
    for lang in ("en", "es"):
        said = texts(lang)
        assert [own for own, name in heads.items() if f'{name}: "{said[f"compare.{own}"]}",' not in page] == []
        for key in sentences:
            for part in re.split(r"\{\w+\}", said[f"compare.{key}"]):
                assert part in page, (lang, key)


@pytest.mark.parametrize("row", [row for row in FILES if row.error], ids=lambda row: row.name)
def test_a_bad_photo_is_told_in_spanish_as_the_page_does(spanish: None, tiny: Path, tmp_path: Path, row) -> None:
    path = row.make(tmp_path)
    with pytest.raises(GemeloError) as raised:
        gemelo.load(tiny).predict(path)
    said = errors.sentence(raised.value)
    assert said.startswith(f"{path}: ")
    clause = said.removeprefix(f"{path}: ")
    assert clause != raised.value.message.removeprefix(f"{path}: ")
    page = PAGE.read_text(encoding="utf-8")
    if clause.startswith("Es "):
        assert clause[3:-1] in page or clause.endswith(", no una foto.")
    else:
        start, end = re.split(r" \(.*\)", clause)[0], clause.rsplit(")", 1)[-1]
        assert start in page
        assert end in page
    assert not ENGLISH.search(re.sub(r"\(.*\)", "", clause))
    assert not ENGLISH.search(errors.hint(raised.value) or "")


def test_every_kind_of_file_is_told_in_spanish_as_the_page_does(spanish: None) -> None:
    page = dict(re.findall(r'^  "kind\.([\w-]+)": "(.*)",$', PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert set(page) >= set(FILE_KINDS)
    for word, (_, advice, _) in FILE_KINDS.items():
        told = Message("photo.kind", "a: b.jpg", kind=Message(f"kind.{word}"))
        error = UnsupportedImageError(told, hint=Message(f"hint.{advice}"))
        assert errors.sentence(error) == f"a: b.jpg: Es {page[word]}."
        assert not ENGLISH.search(errors.hint(error) or "")
        assert errors.hint(error) != error.hint


@pytest.mark.parametrize("row", HOSTILE_BUNDLES, ids=lambda row: row.name)
def test_a_broken_bundle_is_told_in_spanish(spanish: None, tiny: Path, tmp_path: Path, row) -> None:
    import shutil

    folder = Path(shutil.copytree(tiny, tmp_path / "broken"))
    row.damage(folder)
    with pytest.raises(GemeloError) as raised:
        Bundle.open(folder)
    assert errors.sentence(raised.value) != raised.value.message
    assert (str(folder) in raised.value.message) == (str(folder) in errors.sentence(raised.value))
    assert raised.value.hint is None or errors.hint(raised.value) != raised.value.hint


def test_the_card_of_a_bad_photo_is_spanish_below_its_spanish_heading(start: Start, tiny: Path) -> None:
    app = upload(start("--bundle", tiny, "--max-megabytes", "1", lang="es"), ("a.jpg", b"this is text"), ("b.jpg", b""))
    assert "no se puede leer a.jpg: Es texto." in text(app)
    assert "b.jpg: El archivo está vacío (0 bytes)." in text(app)
    app = upload(app, ("large.jpg", bytes(3 << 19)))
    assert "Esta foto es demasiado grande (1,5 MB, el límite son 1 MB). Redúzcala y pruebe otra vez." in text(app)
    assert "suba el límite con --max-megabytes" in text(app)


def test_one_is_one_and_two_are_many(start: Start, tiny: Path) -> None:
    photos = list(drawn_samples().items())
    for lang, one, two in (("en", "1 photo answered", "2 photos answered"), ("es", "1 foto resp", "2 fotos resp")):
        app = upload(start("--bundle", tiny, lang=lang), photos[0])
        assert one in re.sub(r"\s+", " ", text(app))
        app = upload(app, photos[1])
        assert two in re.sub(r"\s+", " ", text(app))


def test_numbers_have_the_languages_marks(spanish: None) -> None:
    assert i18n.number(1234.5, 1) == "1.234,5"
    assert i18n.plain(0.5) == "0,5"
    assert i18n.power(4.5e-7) == "4,5e-7"


def test_why_a_network_cannot_be_looked_into(spanish: None) -> None:
    told = Told("layers.fork", {"layer": "re_lu", "count": 3})
    assert errors.reason("in English", told).startswith("3 capas leen la salida de re_lu")
    for unknown in (
        None,
        Told("of.another", {}),
        Told("layers.fork", {}),
        Told("photo.pixels", {"megapixels": "many", "width": 1, "height": 1, "limit": 1}),
    ):
        assert errors.reason("in English", unknown) == "in English"
    assert errors.reason("in English", Told("layers.fork", {"layer": [], "count": {}})).startswith("{} capas")


def test_charts_have_their_domains_and_the_comma(spanish: None) -> None:
    points = [charts.Cost("onnx/fp32", "ONNX", 100.0, 0.5, 0.9), charts.Cost("tfjs/uint8", "TF.js", 30.0, 2.0, None)]
    rows = [Epoch(i, 0.5, 0.5 + i / 100, 0.5, 0.5, 1e-3, 1.0) for i in (1, 2)]
    made = [charts.cost(points), charts.curves(rows, "accuracy", "x"), charts.confusion([[3, 1], [0, 4]], ["a", "b"])]
    made.append(charts.calibration([{"count": 3, "confidence": 0.9, "accuracy": 1.0}]))
    for chart in made:
        spec = chart.to_dict()
        assert spec["config"]["locale"]["number"]["decimal"] == ","
    cost, curves = (chart.to_dict()["encoding"] for chart in made[:2])
    assert cost["x"]["scale"]["domain"] == [15.0, 200.0]
    assert cost["y"]["scale"]["domain"] == [0.25, 4.0]
    assert (cost["x"]["axis"]["values"], cost["y"]["axis"]["values"]) == ([20, 50, 100, 200], [0.5, 1, 2])
    assert curves["x"]["scale"]["domain"] == [1, 2]
    assert curves["y"]["scale"]["domain"] == pytest.approx([0.499, 0.521])


def test_no_label_of_a_confusion_matrix_is_left_out() -> None:
    for labels in (["cats", "dogs"], [f"a class of a long name {i}" for i in range(12)]):
        matrix = [[int(i == k) for k in range(len(labels))] for i in range(len(labels))]
        axes = [layer["encoding"] for layer in charts.confusion(matrix, labels).to_dict()["layer"]]
        assert all(axis[way]["axis"]["labelOverlap"] is False for axis in axes for way in ("x", "y"))
        assert (axes[0]["x"]["axis"]["labelAngle"] == 0) == (len(labels) == 2)
