"""Real photos, where they are beside the project: preprocessing to the byte, and every artifact of a small bundle."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

import gemelo
from gemelo.preprocessing import OWN_FITS, Preprocessing, prepare
from tests.goldens.resample import prepared


def some(folder: Path, count: int) -> list[Path]:
    """So many photos, evenly spread."""
    photos = sorted(folder.rglob("*.jpg"))
    return [photos[i] for i in np.linspace(0, len(photos) - 1, count).astype(int)]


@pytest.mark.parametrize("fit", OWN_FITS)
def test_the_preprocessing_is_the_slow_port_s_to_the_byte(cats_vs_dogs: Path, fit: str) -> None:
    preprocessing = Preprocessing(64, 48, 3, fit)
    for photo in some(cats_vs_dogs / "test_set", 12):
        with Image.open(photo) as image:
            rgb = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
        np.testing.assert_array_equal(prepare(photo, preprocessing), prepared(rgb, preprocessing), err_msg=photo.name)


def test_all_artifacts_agree_on_photos_that_keras_never_saw(
    small_bundle: Path, cats_vs_dogs: Path, tmp_path: Path
) -> None:
    for photo in some(cats_vs_dogs / "test_set", 100):
        (tmp_path / photo.name).symlink_to(photo)
    report = gemelo.verify(small_bundle, tmp_path)
    assert (report.photos, report.without_reference) == (100, 100)
    for artifact in report.artifacts:
        if artifact.variant == "fp32":
            assert artifact.passed, artifact.reasons
            assert artifact.max_abs_difference <= 1e-5
            assert artifact.label_changes == []
