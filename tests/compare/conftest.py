"""Photos, and tiny models in several formats that compute the same."""

from pathlib import Path

import pytest
from PIL import Image

from gemelo.synthetic import draw_dataset
from tests.support.compared import Tiny
from tests.support.made import made


@pytest.fixture(scope="session")
def photos() -> Path:
    """Twelve drawings in two folders; some are turned by EXIF."""

    def make(folder: Path) -> None:
        draw_dataset(folder / "drawn", 24, seed=3)
        for label in ("cats", "dogs"):
            (folder / "photos" / label).mkdir(parents=True)
            found = sorted(path for path in (folder / "drawn").rglob("*.jpg") if path.parent.name == label)
            for i, path in enumerate(found[:6]):
                exif = Image.Exif()
                exif[0x0112] = 6 if i % 2 else 1
                Image.open(path).save(folder / "photos" / label / path.name, quality=95, exif=exif)

    return made("compared", make) / "photos"


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """Makes models."""
    return Tiny(tmp_path)
