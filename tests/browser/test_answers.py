"""From a file's bytes to probabilities, in Chromium as in Keras: each runtime on wasm, in fp32."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from benchmarks.browser import RUNTIMES, compare

TOLERANCE = 1e-5


def check(page: Page, bundle: Path, photos: Path, count: int) -> None:
    found = compare(page, bundle, photos, count)
    assert found["photos"] == count
    for runtime in RUNTIMES:
        assert found[runtime]["label_changes"] == 0, found
        assert found[runtime]["max difference"] <= TOLERANCE, found


@pytest.mark.timeout(900)
def test_drawings_are_answered_as_keras_did(page: Page, small_bundle: Path, drawings: Path) -> None:
    check(page, small_bundle, drawings, 12)


@pytest.fixture(scope="module")
def some_photos(cats_vs_dogs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 photos to learn from and 200 to be asked about, linked."""
    folder = tmp_path_factory.mktemp("photos")
    for split in ("training_set", "test_set"):
        for label in ("cats", "dogs"):
            (folder / split / label).mkdir(parents=True)
            found = sorted((cats_vs_dogs / split / label).glob("*.jpg"))
            for i in np.linspace(0, len(found) - 1, 100).astype(int):
                (folder / split / label / found[i].name).symlink_to(found[i])
    return folder


@pytest.mark.timeout(900)
def test_200_photos_are_answered_as_keras_did(page: Page, some_photos: Path, tmp_path: Path) -> None:
    from exporters.export import export
    from trainer.train import TrainOptions, train

    run = train(TrainOptions(some_photos, tmp_path / "run", epochs=8, cache=tmp_path / "cache"))
    bundle = export(run.path, tmp_path / "bundle", variants=["fp32"]).bundle.path
    check(page, bundle, some_photos, 200)
