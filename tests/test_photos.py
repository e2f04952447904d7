"""Real photos, where they are beside the project: the contract to the byte, and every twin of a small bundle."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

import gemelo
from gemelo.contract import MODES, Contract, prepare
from tests.goldens.resample import prepared


def some(folder: Path, count: int) -> list[Path]:
    """So many photos, evenly spread."""
    photos = sorted(folder.rglob("*.jpg"))
    return [photos[i] for i in np.linspace(0, len(photos) - 1, count).astype(int)]


@pytest.mark.parametrize("mode", MODES)
def test_the_contract_is_the_slow_port_s_to_the_byte(cats_vs_dogs: Path, mode: str) -> None:
    contract = Contract(64, 48, 3, mode)
    for photo in some(cats_vs_dogs / "test_set", 12):
        with Image.open(photo) as image:
            rgb = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
        np.testing.assert_array_equal(prepare(photo, contract), prepared(rgb, contract), err_msg=photo.name)


def test_all_twins_agree_on_photos_that_keras_never_saw(small_bundle: Path, cats_vs_dogs: Path, tmp_path: Path) -> None:
    for photo in some(cats_vs_dogs / "test_set", 100):
        (tmp_path / photo.name).symlink_to(photo)
    report = gemelo.verify(small_bundle, tmp_path)
    assert (report.photos, report.unrecorded) == (100, 100)
    for artefact in report.artefacts:
        if artefact.variant == "fp32":
            assert artefact.passed, artefact.reasons
            assert artefact.max_abs_difference <= 1e-5
            assert artefact.flips == []
