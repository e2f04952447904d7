"""Which models there are, which are broken, and that each is loaded once."""

import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from gemelo.errors import IntegrityError, UsageError
from gemelo.preprocessing import prepare
from gemelo.webpage.samples import drawn_samples
from streamlit_app.i18n import texts
from streamlit_app.models import find_bundles, load_model
from streamlit_app.options import Options, read_options
from streamlit_app.sidebar import DEMO
from tests.app.conftest import APP, Start, text
from tests.hostile.bundles import HOSTILE_BUNDLES, HostileBundle
from tests.support.apps import go_to


def test_broken_bundles_are_shown_with_their_reasons(start: Start, tiny: Path, tmp_path: Path) -> None:
    """The whole table: each is named with what is wrong, while the whole one is used."""
    paths = [_damaged(tiny, tmp_path / str(i), row) for i, row in enumerate(HOSTILE_BUNDLES)]
    app = start("--bundle", tiny, *(word for path in paths for word in ("--bundle", path)))
    assert not app.exception
    assert app.file_uploader
    shown = text(app)
    assert f"Broken: {len(paths)}" in [expander.label for expander in app.expander]
    assert [row.name for row in HOSTILE_BUNDLES if row.words not in shown] == []


def test_whatever_breaks_a_bundle_the_app_goes_on(tiny: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(path: str) -> None:
        raise RuntimeError("nobody thought of that")

    copied = Path(shutil.copytree(tiny, tmp_path / "copy"))
    monkeypatch.setattr("streamlit_app.models.Bundle.open", fail)
    [found] = find_bundles(Options((copied,)))
    assert found.bundle is None
    assert isinstance(found.problem, IntegrityError)


@pytest.mark.parametrize("name", ["folder gone", "weight changed", "labels swapped"])
def test_a_broken_bundle_that_is_chosen_says_why(start: Start, tiny: Path, tmp_path: Path, name: str) -> None:
    row = next(row for row in HOSTILE_BUNDLES if row.name == name)
    app = start("--bundle", tiny, "--bundle", _damaged(tiny, tmp_path / "broken", row))
    app.selectbox(key="bundle").select(str(tmp_path / "broken")).run()
    assert row.words in text(app)
    assert not app.file_uploader
    assert not app.exception


def test_a_bundle_that_breaks_while_it_is_used_stays_chosen(start: Start, tiny: Path, tmp_path: Path) -> None:
    row = next(row for row in HOSTILE_BUNDLES if row.name == "weight changed")
    other = Path(shutil.copytree(tiny, tmp_path / "other"))
    app = start("--bundle", tiny, "--bundle", other)
    app.selectbox(key="bundle").select(str(other)).run()
    row.damage(other)
    for _ in range(3):
        app.run()
        assert app.selectbox(key="bundle").value == str(other)
        assert row.words in text(app)


def _damaged(bundle: Path, place: Path, row: HostileBundle) -> Path:
    folder = Path(shutil.copytree(bundle, place))
    row.damage(folder)
    return folder


def test_where_there_is_no_model_the_page_says_how_to_make_one(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streamlit_app.models.ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    app = start()
    assert "There is no model here yet" in text(app)
    assert [block.value for block in app.code] == [DEMO, "gemelo app BUNDLE"]
    assert str(tmp_path / "bundles") in text(app)
    assert "alert" not in " ".join(element.body for element in app.html)


def test_a_bundle_that_is_not_there_says_where_and_what_to_do(start: Start) -> None:
    shown = text(start("--bundle", "nowhere"))
    assert f"no such folder: {Path.cwd() / 'nowhere'}" in shown
    assert "gemelo app bundles/drawings" in shown
    assert "gemelo train" not in shown


def test_bundles_and_models_are_searched(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamlit_app.models.ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    for place in ("bundles/one", "models/two/bundle", "models/three", "bundles/.hidden"):
        shutil.copytree(tiny, tmp_path / place)
    (tmp_path / "bundles" / "empty").mkdir()
    found = {one.path.relative_to(tmp_path).as_posix(): one for one in find_bundles(Options())}
    assert sorted(found) == ["bundles/empty", "bundles/one", "models/three", "models/two/bundle"]
    assert [name for name, one in found.items() if one.bundle is None] == ["bundles/empty"]


def test_a_model_is_loaded_once_for_all(tiny: Path) -> None:
    (found,) = find_bundles(Options((tiny,)))
    assert found.bundle is not None
    artifact = found.bundle.artifacts[0]
    models: list[object] = []
    threads = [threading.Thread(target=lambda: models.append(load_model(found, artifact))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(models) == 8
    assert len({id(model) for model in models}) == 1


def test_a_bundle_changed_on_disk_is_opened_again(tiny: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny, tmp_path / "bundle"))
    (before,) = find_bundles(Options((folder,)))
    (folder / "labels.txt").write_text("cats\nbirds\n", encoding="utf-8")
    (after,) = find_bundles(Options((folder,)))
    assert before.bundle is not None
    assert after.bundle is None
    assert "labels.txt" in str(after.problem)


def test_many_ask_one_model_at_once(small_bundle: Path) -> None:
    """LiteRT's interpreter and the Node process take one question at a time: nobody gets another's answer."""
    (found,) = find_bundles(Options((small_bundle,)))
    assert found.bundle is not None
    images = [prepare(data, found.bundle.preprocessing) for data in drawn_samples().values()]
    for artifact in (a for a in found.bundle.artifacts if a.variant == "fp32"):
        model = load_model(found, artifact)
        alone = [model.answer(image).probabilities for image in images]
        wrong: list[str] = []

        def ask(first: int, model=model, alone=alone, wrong=wrong) -> None:
            for i in range(24):
                k = (first + i) % len(images)
                if not np.array_equal(model.answer(images[k]).probabilities, alone[k]):
                    wrong.append(model.classifier.artifact.name)

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []


def test_format_and_variant_are_the_visitors_choice(start: Start, small_bundle: Path) -> None:
    app = start("--bundle", small_bundle)
    app.button(key="samples").click().run()
    for format, variant in (("tflite", "fp32"), ("tfjs", "fp32"), ("onnx", "fp16")):
        app.segmented_control(key="format").select(format).run()
        app.segmented_control(key="variant").select(variant).run()
        assert not app.exception
        assert f"6 photos answered by {format}/{variant}" in text(app)
    photo = app.session_state["tray"].photos[0]
    answers = {key.rsplit(":", 1)[1]: answer.probabilities for key, answer in photo.answers.items()}
    assert np.abs(answers["tflite/fp32"] - answers["tfjs/fp32"]).max() <= 1e-5
    assert np.abs(answers["onnx/fp32"] - answers["tfjs/fp32"]).max() <= 1e-5


def test_another_model_answers_the_same_photos(start: Start, tiny: Path, small_bundle: Path) -> None:
    app = start("--bundle", tiny, "--bundle", small_bundle)
    app.button(key="samples").click().run()
    app.selectbox(key="bundle").select(str(small_bundle)).run()
    assert "6 photos answered by onnx/fp32" in text(app)
    assert all(len(photo.answers) == 2 for photo in app.session_state["tray"].photos)


def test_spanish_and_english(start: Start, tiny: Path) -> None:
    app = start("--bundle", tiny, lang="es")
    assert app.title[0].value == "Clasificar"
    app.segmented_control(key="language-choice").select("en").run()
    assert app.title[0].value == "Classify"
    assert app.query_params["lang"] == "en"
    go_to(app, "compare")
    assert app.title[0].value == "Compare"


def test_both_languages_say_the_same_things() -> None:
    english, spanish = texts("en"), texts("es")
    assert list(english) == list(spanish)
    places = re.compile(r"\{\w+\}|</?\w+>")
    for key, words in english.items():
        assert sorted(places.findall(words)) == sorted(places.findall(spanish[key])), key


def test_every_text_that_is_said_exists() -> None:
    said = set()
    for path in APP.parent.glob("*.py"):
        said |= set(re.findall(r"say\(\s*\"([\w.]+)\"", path.read_text(encoding="utf-8")))
    assert len(said) > 60
    assert said <= set(texts("en"))


def test_options_that_make_no_sense_are_a_sentence(start: Start, tiny: Path) -> None:
    assert "--max-megapixels must be a positive number" in text(start("--bundle", tiny, "--max-megapixels", "-1"))
    assert "unrecognized arguments: --bundel" in text(start("--bundel", tiny))
    for arguments in (["--max-photos", "0"], ["--max-photos", "many"], ["--bundle"]):
        with pytest.raises(UsageError):
            read_options(arguments)


def test_what_was_not_foreseen_is_a_sentence_too(
    start: Start, tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app = start("--bundle", tiny)
    monkeypatch.setattr("streamlit_app.sidebar.Chosen.preprocessings", lambda self: 1 / 0)
    app.button(key="samples").click().run()
    assert not app.exception
    assert "This should not have happened ZeroDivisionError: division by zero" in text(app)
    assert "Traceback" not in text(app)
    assert "error: ZeroDivisionError" in capsys.readouterr().err


def test_tensorflow_is_never_imported(small_bundle: Path) -> None:
    """Every page, in a process of its own."""
    script = f"""
import sys
from streamlit.testing.v1 import AppTest
from tests.support.apps import go_to
sys.argv = ["app.py", "--bundle", {str(small_bundle)!r}]
app = AppTest.from_file({str(APP)!r}, default_timeout=60).run()
app.button(key="samples").click().run()
for name in ("compare", "browser", "inside", "training", "downloads"):
    go_to(app, name)
    assert not app.exception, name
heavy = {{"tensorflow", "keras", "torch", "trainer", "exporters"}}
print(sorted({{name.split(".")[0] for name in sys.modules}} & heavy))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "[]", done.stderr[-2000:]
