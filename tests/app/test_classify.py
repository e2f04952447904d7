"""Classify: what the visitor gets for good photos and for bad ones."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import gemelo
from gemelo.errors import GemeloError
from gemelo.reports.statistics import percent
from gemelo.webpage.samples import drawn_samples
from streamlit_app.i18n import markup
from tests.app.conftest import Start, text
from tests.hostile.photos import HOSTILE_PHOTOS
from tests.support.bundles import make_bundle, rewrite_manifest

FILES = [photo for photo in HOSTILE_PHOTOS if "directory" not in photo.name and "FIFO" not in photo.name]
FILES = [photo for photo in FILES if "symbolic" not in photo.name and "unreadable" not in photo.name]
FILES = [photo for photo in FILES if photo.name != "name that is no UTF-8"]  # browsers cannot send it


def upload(app: AppTest, *photos: tuple[str, bytes]) -> AppTest:
    for name, data in photos:
        app.file_uploader[0].upload(name, data)
    return app.run()


def test_what_systems_leave_beside_photos_is_passed_over(start: Start, tiny: Path) -> None:
    name, data = next(iter(drawn_samples().items()))
    app = upload(start("--bundle", tiny), ("Thumbs.db", b"x"), ("._a.jpg", b"x"), (name, data), ("photo", data))
    assert [photo.name for photo in app.session_state["tray"].photos] == [name, "photo"]
    app = upload(start("--bundle", tiny), ("Thumbs.db", b"x"))  # alone, somebody means it
    assert [photo.problem is None for photo in app.session_state["tray"].photos] == [False]


def test_an_answer_is_that_of_the_library(start: Start, tiny: Path) -> None:
    photos = list(drawn_samples().items())
    app = upload(start("--bundle", tiny), *photos)
    assert not app.exception
    with gemelo.load(tiny) as classifier:
        for name, data in photos:
            first = classifier.predict(data)[0]
            assert f"{name}" in text(app)
            assert f"probability: {first.probability:.4f} prediction: {first.label}" in text(app)
    kept = app.session_state["tray"].photos
    assert [photo.name for photo in kept] == [name for name, _ in photos]
    for photo, (_, data) in zip(kept, photos, strict=True):
        answer = next(iter(photo.answers.values()))
        wanted = {p.label: p.probability for p in gemelo.load(tiny).predict(data)}
        assert np.array_equal(answer.probabilities, np.float32([wanted["cats"], wanted["dogs"]]))


def test_the_file_is_let_go(start: Start, tiny: Path) -> None:
    """What is kept of a photo is small, and the uploader starts anew."""
    big = np.random.default_rng(0).integers(0, 255, (1500, 2000, 3), np.uint8)
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(big).save(stream, "PNG")
    app = upload(start("--bundle", tiny), ("big.png", stream.getvalue()))
    assert app.file_uploader[0].value == []
    (photo,) = app.session_state["tray"].photos
    kept = len(photo.thumbnail) + sum(image.nbytes for image in photo.tensors.values())
    assert photo.size > 8_000_000
    assert kept < 100_000


def test_bad_photos_stop_no_other(start: Start, tiny: Path, tmp_path: Path) -> None:
    """The whole table at once: every bad photo has the command line's words on its card, every odd one an answer."""
    paths = [row.make(_folder(tmp_path / str(i))) for i, row in enumerate(FILES)]
    good = ("good.webp", next(iter(drawn_samples().values())))
    photos = [(path.name, path.read_bytes()) for path in paths]
    app = upload(start("--bundle", tiny, "--max-photos", "100"), *photos, good)
    assert not app.exception
    *kept, last = app.session_state["tray"].photos
    assert last.answers
    shown, differing = text(app), []
    for row, path, photo in zip(FILES, paths, kept, strict=True):
        wanted = _words(tiny, path) if row.error else None
        if (type(photo.problem).__name__ if photo.problem else None) != row.error:
            differing.append((row.name, photo.problem))
        elif wanted and (photo.problem.message != wanted or markup(wanted) not in shown):
            differing.append((row.name, photo.problem.message, wanted))
        elif not (wanted or photo.answers):
            differing.append((row.name, "no answer"))
    assert differing == []
    assert "Traceback" not in shown


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _words(bundle: Path, path: Path) -> str:
    """What the command line says of a photo, with the file's name for its path."""
    with pytest.raises(GemeloError) as raised:
        gemelo.load(bundle).predict(path)
    return raised.value.message.replace(str(path), path.name)


def test_a_file_too_large_is_refused_with_a_sentence(start: Start, tiny: Path) -> None:
    good = ("good.webp", next(iter(drawn_samples().values())))
    app = upload(start("--bundle", tiny, "--max-megabytes", "1"), ("large.jpg", b"\xff\xd8\xff" + bytes(2 << 20)), good)
    assert "large.jpg: 2.1 MB, the limit is 1 MB" in text(app)
    assert text(app).count("probability:") == 1
    assert "up to 1 MB each" in app.file_uploader[0].label


def test_megapixels_can_be_set(start: Start, tiny: Path) -> None:
    data = next(iter(drawn_samples().values()))
    app = upload(start("--bundle", tiny, "--max-megapixels", "0.01"), ("0.webp", data))
    assert "0.webp: 224x168 is 0.0 megapixels, the limit is 0.01" in text(app)


def test_only_so_many_photos_fit_and_bad_ones_take_no_place(start: Start, tiny: Path) -> None:
    data = next(iter(drawn_samples().values()))
    bad = [(f"bad{i}.jpg", b"text") for i in range(5)]
    app = upload(start("--bundle", tiny, "--max-photos", "3"), *bad, *((f"{i}.webp", data) for i in range(4)))
    kept = app.session_state["tray"].photos
    assert [photo.name for photo in kept] == ["bad0.jpg", "bad1.jpg", "bad2.jpg", "0.webp", "1.webp", "2.webp"]
    assert "One photo was left out, for 3 fit at a time" in text(app)
    assert "those that could not be read take none" in text(app)
    app = upload(app, *((f"more{i}.webp", data) for i in range(2)))
    assert "2 photos were left out" in text(app)


def test_one_photo_can_be_removed(start: Start, tiny: Path) -> None:
    app = upload(start("--bundle", tiny, "--max-photos", "3"), *list(drawn_samples().items())[:4])
    assert "left out" in text(app)
    second = app.session_state["tray"].photos[1]
    button = app.button(key=f"remove-{second.number}")
    assert button.label.replace("\\", "") == f"Remove {second.name}"
    button.click().run()
    assert second.name not in [photo.name for photo in app.session_state["tray"].photos]
    assert second.name not in text(app)
    assert text(app).count("probability:") == 2
    assert "left out" not in text(app)


def test_drawings_are_said_to_be_no_photos(start: Start, tiny: Path) -> None:
    app = start("--bundle", tiny)
    assert "These are drawings" in text(app)
    assert "These are drawings" not in text(upload(app, ("mine.webp", next(iter(drawn_samples().values())))))
    app.button(key="clear").click().run()
    assert "These are drawings" in text(app.button(key="samples").click().run())
    assert "These are drawings" in text(start("--bundle", tiny, page="compare"))


def test_the_drawings_need_no_file(start: Start, tiny: Path) -> None:
    app = start("--bundle", tiny)
    app.button(key="samples").click().run()
    assert text(app).count("probability:") == 6
    app.button(key="clear").click().run()
    assert app.session_state["tray"].photos == []
    assert app.button(key="samples")


def test_the_camera_gives_a_photo(start: Start, tiny: Path) -> None:
    app = start("--bundle", tiny)
    app.toggle(key="with-camera").set_value(True).run()
    shot = next(iter(drawn_samples().values()))
    app.camera_input[0].upload("camera.jpg", shot).run()
    assert [photo.name for photo in app.session_state["tray"].photos] == ["camera-1.jpg"]
    assert text(app).count("probability:") == 1
    assert not app.file_uploader
    assert "camera-1.jpg" in app.columns[1].html[0].body  # beside the camera, not below it


def test_names_are_text_and_nothing_else(start: Start, tiny: Path) -> None:
    data = next(iter(drawn_samples().values()))
    name = "<img src=x onerror=alert(1)> **b** [a](http://x) =1+1.jpg"
    app = upload(start("--bundle", tiny), (name, data), ("=cmd|x.jpg", b""))
    html = " ".join(element.body for element in app.html)
    assert "<img src=x" not in html
    assert "&lt;img src=x onerror=alert(1)&gt; **b**" in html


def test_csv_brings_every_digit_back(start: Start, tiny: Path) -> None:
    from streamlit_app import classify
    from streamlit_app.models import find_bundles
    from streamlit_app.options import Options

    app = start("--bundle", tiny)
    upload(app, *drawn_samples().items(), ("=cmd|x.jpg", b""))
    at = app.session_state["chosen"]
    rows = list(csv.DictReader(io.StringIO(classify.table(at, app.session_state["tray"].photos))))
    assert find_bundles(Options((tiny,)))[0].stamp in at.key
    assert len(rows) == 7
    for row, photo in zip(rows, app.session_state["tray"].photos, strict=True):
        if photo.problem:
            assert (row["photo"], row["prediction"]) == ("'=cmd|x.jpg", "")
            assert "0 bytes" in row["error"]
        else:
            answer = photo.answers[at.key].probabilities
            assert np.array_equal(np.float32([row["cats"], row["dogs"]]), answer)
            assert row["prediction"] == ["cats", "dogs"][int(answer.argmax())]


def test_what_it_is_not_sure_of_is_no_answer(start: Start, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "unsure").path
    rewrite_manifest(bundle, {"abstain": {"threshold": 0.999, "answered": 0.5, "accuracy": 0.9}})
    name, data = next(iter(drawn_samples().items()))
    app = upload(start("--bundle", bundle), (name, data))
    first = gemelo.load(bundle).predict(data)[0]
    assert f"probability: {first.probability:.4f} prediction: not sure" in text(app)
    why = f"not sure Most like {first.label}, with {percent(first.probability)}. This classifier answers from"
    assert " ".join(why.split()) in text(app)
    assert "prediction: no está claro" in text(upload(start("--bundle", bundle, lang="es"), (name, data)))
    photo = app.session_state["tray"].photos[0]
    assert photo.answers
