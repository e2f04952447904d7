"""The pictures of a run: bounded, silent, and never the end of a training."""

import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from gemelo.run import Run
from trainer import fonts, plots
from trainer.metrics import MOST_CLASSES
from trainer.train import TrainOptions, train

from .conftest import fill


def test_confusion_has_an_upper_size(tmp_path: Path) -> None:
    size = MOST_CLASSES
    matrix = [[int(i == k) for k in range(size)] for i in range(size)]
    plots.confusion(tmp_path / "a.png", matrix, [f"a very long name of a class {i}" for i in range(size)], 20_000)
    with Image.open(tmp_path / "a.png") as picture:
        assert max(picture.size) < 3000


@pytest.mark.parametrize("name", ["日本", "مرحبا", "हिन्दी", "🐈", "\U0010fffd", "$5 ^2 \\alpha", "", "﷽" * 40])
def test_labels_of_any_script_say_nothing_on_the_terminal(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plots.confusion(tmp_path / "a.png", [[1, 2], [0, 3]], [name, "cat"])
    assert (tmp_path / "a.png").stat().st_size > 5000
    assert capfd.readouterr() == ("", "")


def test_what_no_font_has_is_left_out() -> None:
    families, names = fonts.drawable(["cat", "\U0010fffd", "ñandú"])
    assert families == [fonts.DEFAULT]
    assert names == ["cat", "class 2", "ñandú"]


def test_a_font_that_has_a_character_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [SimpleNamespace(name=name, fname=name) for name in ("Broken", "Han", "Other")]
    monkeypatch.setattr(fonts.font_manager.fontManager, "ttflist", entries)
    monkeypatch.setattr(fonts, "_covered", lambda path, chars: chars & {"日", "本"} if path == "Han" else set())
    assert fonts.drawable(["日本", "日x"]) == ([fonts.DEFAULT, "Han"], ["日本", "class 2"])


def test_a_file_that_is_no_font_has_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.ttf").write_bytes(b"no font")
    assert fonts._covered(str(tmp_path / "a.ttf"), {"a"}) == set()
    assert fonts._covered(str(tmp_path / "nowhere.ttf"), {"a"}) == set()


def test_a_picture_that_fails_never_costs_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from gemelo.progress import Bars

    def broken(path: Path, *_: object) -> None:
        path.write_bytes(b"half a picture")
        raise MemoryError("17 GB")

    fill(tmp_path / "photos", ["cats", "dogs"], 6)
    monkeypatch.setattr(plots, "confusion", broken)
    options = TrainOptions(tmp_path / "photos", tmp_path / "run", size=36, epochs=1, batch=4, cache=tmp_path / "cache")
    train(options, Bars())
    run = Run.open(tmp_path / "run")
    assert not (run.path / "confusion.png").exists()
    assert "confusion.png" not in (run.path / "report.html").read_text()
    assert (run.path / "report.html").read_text().count("<figure>") == 2
    said = capsys.readouterr().err
    assert "confusion.png could not be drawn and is left out: MemoryError: 17 GB" in said
    assert "read 12 files" in said
