"""report.html, made of a run's figures without a training."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gemelo.reports.photos import MOST
from gemelo.store.manifest import Abstain
from tests.support.reports import ROWS, contents
from trainer import report
from trainer.datareport import Unreadable


def html_of(found: report.Contents, folder: Path) -> str:
    report.write(folder, found)
    return (folder / "report.html").read_text(encoding="utf-8")


def test_mistakes_are_shown_the_most_confident_first(tmp_path: Path) -> None:
    found = contents(["cats", "dogs", "mice"], photos=120)
    html = html_of(found, tmp_path)
    sure = [found.reference.test[i].probabilities.max() for i in found.wrong]
    assert sure == sorted(sure, reverse=True)
    assert len(found.wrong) > MOST, "this test is of a report that does not show all"
    assert html.count("data:image/webp;base64,") == MOST
    assert f"These are the {MOST} of which it was most sure" in html
    first = found.mistakes[0]
    assert first.true != first.decided
    assert html.index(first.path) < html.index(found.mistakes[1].path)


@pytest.mark.parametrize("channels", [1, 3])
def test_photos_of_any_input_can_be_shown(channels: int, tmp_path: Path) -> None:
    assert "data:image/webp" in html_of(contents(["cats", "dogs"], channels=channels), tmp_path)


def test_a_single_epoch_has_no_curve(tmp_path: Path) -> None:
    html = html_of(contents(["cats", "dogs"], rows=[replace(ROWS[0], epoch=0)]), tmp_path)
    assert html.count("<svg") == 1
    assert "head alone" in html
    assert html_of(contents(["cats", "dogs"]), tmp_path).count("<svg") == 3


def test_of_many_classes_the_most_confused_are_shown_and_the_rest_is_folded(tmp_path: Path) -> None:
    html = html_of(contents([f"class {i}" for i in range(30)], photos=300), tmp_path)
    assert "The 25 classes most often confused, of 30" in html
    assert html.count('<th scope="row">') == 25
    assert "<details><summary>Precision, recall and photos of each class" in html


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "日本", "a\u202eb\x1b[2J", "\udce9", "", "﷽" * 40, "a.b['c']"]
)
def test_labels_are_text_whatever_is_in_them(name: str, tmp_path: Path) -> None:
    html = html_of(contents([name, "cat"]), tmp_path)
    assert "<script" not in html
    assert "\x1b" not in html
    assert "\u202e" not in html


def test_nothing_wrong_and_nothing_sure(tmp_path: Path) -> None:
    found = contents(["cats", "dogs"])
    right = [
        replace(image, probabilities=np.eye(2, dtype=np.float32)[image.label or 0]) for image in found.reference.test
    ]
    html = html_of(replace(found, reference=replace(found.reference, test=right)), tmp_path)
    assert "None of the 60 test photos" in html
    assert "Every photo is answered" in html
    sure = Abstain(0.6, 0.5)
    html = html_of(replace(found, manifest=replace(found.manifest, abstain=sure)), tmp_path)
    assert "Below 60.0\u00a0% the answer is “not sure”" in html


def test_many_warnings_are_folded_and_bounded(tmp_path: Path) -> None:
    found = contents(["cats", "dogs"])
    unread = [Unreadable(f"{i}.jpg", "the file is empty") for i in range(300)]
    html = html_of(replace(found, data=replace(found.data, unreadable=unread)), tmp_path)
    assert '<details class="warn"><summary>300 warnings' in html
    assert "250 more are in dataset.json" in html
