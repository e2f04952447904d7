"""Declarations, photos and places that do not fit a model, and what an interrupted import leaves."""

from pathlib import Path
from typing import Any

import pytest

from gemelo.errors import GemeloError
from importers.declare import Scale
from importers.programs import Trust
from tests.importers import models
from tests.importers.conftest import Import

ABC, AB = ("ant", "bee", "cat"), ("no", "yes")
UNIT = Scale.parse("0..1")


@pytest.fixture(scope="module")
def fine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.saved(models.network(), tmp_path_factory.mktemp("fine") / "my.keras")


@pytest.mark.parametrize(
    ("declared", "message", "hint", "code"),
    [
        ({"scale": None}, "does not say how pixels are scaled", "--preset keras.applications.vgg16", 2),
        ({"labels": None}, "does not name the classes", "--labels cats,dogs", 2),
        ({"labels": None, "scale": None}, "does not say how pixels are scaled", "--scale", 2),
        ({"labels": None, "scale": None}, ", and does not name the classes", "--labels cats,dogs", 2),
        ({"labels": AB}, "tells 3 classes apart, and there are 2 labels: no, yes", "in the order of training", 1),
        ({"width": 64, "height": 64}, "--size 64x64 does not fit: the model takes 32x24", "leave --size out", 2),
        ({"output": "sigmoid"}, "outputs are no probabilities", "--output logits", 1),
        ({"fit": "stretch"}, "unknown fit 'stretch'", "squash", 2),
        ({"filter": "sharp"}, "unknown filter 'sharp'", "pillow-bilinear", 2),
        ({"channel_order": "grb"}, "unknown channel order 'grb'", "rgb, bgr", 2),
        ({"output": "votes"}, "unknown output 'votes'", "logits", 2),
        ({"presets": ("keras.applications.vgg15",)}, "unknown preset", "keras.applications.vgg16", 2),
        ({"fit": "resize-crop"}, "needs --resize-to", "", 2),
        ({"fit": "squash", "resize_to": 9}, "my.keras: preprocessing", "", 2),
        ({"trust": Trust(code=Path("no.py"))}, "no.py: there is no such file", "", 2),
        ({"trust": Trust(code=Path(__file__))}, "which is run only with --trust", "", 2),
    ],
)
def test_declarations_that_do_not_fit(
    declared: dict[str, Any], message: str, hint: str, code: int, fine: Path, brought: Import, tmp_path: Path
) -> None:
    with pytest.raises(GemeloError) as caught:
        brought(fine, **{"labels": ABC, "scale": UNIT, **declared})
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert caught.value.exit_code == code
    assert not (tmp_path / "run").exists()


def test_any_size_needs_a_size(brought: Import, tmp_path: Path) -> None:
    path = models.saved(models.network((None, None, 3)), tmp_path / "my.keras")
    with pytest.raises(GemeloError, match="takes photos of any size") as caught:
        brought(path, labels=ABC, scale=UNIT)
    assert "--size 224" in (caught.value.hint or "")


def test_photos_of_other_labels_and_without_folders(fine: Path, photos: Path, brought: Import, tmp_path: Path) -> None:
    with pytest.raises(GemeloError, match="photos of unknown labels: cat") as caught:
        brought(fine, labels=("ant", "bee", "dog"), scale=UNIT, photos=photos)
    assert "the labels are ant, bee, dog" in (caught.value.hint or "")
    with pytest.raises(GemeloError, match="no photos in folders"):
        brought(fine, labels=ABC, scale=UNIT, photos=photos / "ant")
    with pytest.raises(GemeloError, match="there is no such folder"):
        brought(fine, labels=ABC, scale=UNIT, photos=photos / "none")
    (tmp_path / "split").mkdir()
    (tmp_path / "split" / "test").symlink_to(photos)
    with pytest.raises(GemeloError, match="unknown labels: test") as caught:
        brought(fine, labels=ABC, scale=UNIT, photos=tmp_path / "split")
    assert f"--photos {tmp_path / 'split' / 'test'}" in (caught.value.hint or "")


def test_places_that_would_be_destroyed(fine: Path, brought: Import, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "diary.txt").write_text("mine")
    with pytest.raises(GemeloError, match="something that is no run is there already"):
        brought(fine, labels=ABC, scale=UNIT)
    (tmp_path / "run" / "diary.txt").unlink()
    brought(fine, labels=ABC, scale=UNIT)
    with pytest.raises(GemeloError, match="a run is there already"):
        brought(fine, labels=ABC, scale=UNIT)


def test_an_interrupted_import_leaves_nothing(
    fine: Path, brought: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("importers.report.write", stop)
    with pytest.raises(KeyboardInterrupt):
        brought(fine, labels=ABC, scale=UNIT)
    assert list(tmp_path.iterdir()) == []
