"""Small generated photos: reddish cats and bluish dogs, noisy enough that a network has something to do."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

TINTS = {"cats": (200, 90, 60), "dogs": (60, 90, 200), "mice": (90, 200, 60)}


def paint(path: Path, tint: tuple[int, int, int], seed: int) -> Path:
    """One photo: a tint, noise, and a size of its own."""
    rng = np.random.default_rng(seed)
    height, width = rng.integers(40, 70, 2)
    pixels = np.clip(rng.normal(tint, 60, (height, width, 3)), 0, 255).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def fill(folder: Path, classes: list[str], count: int, seed: int = 0, suffix: str = ".png") -> None:
    """`count` photos for each class."""
    for c, name in enumerate(classes):
        for i in range(count):
            paint(folder / name / f"{i:03d}{suffix}", TINTS[name], seed * 10000 + c * 1000 + i)


Fill = Callable[..., None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Keras 3.15 converts its variables in a way that numpy 2 complains of: neither is ours.
    quiet = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(quiet)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes in the lecture's layout: 2 x 20 and 2 x 8."""
    root = tmp_path_factory.mktemp("photos")
    fill(root / "training_set", ["cats", "dogs"], 20, 1)
    fill(root / "test_set", ["cats", "dogs"], 8, 2)
    return root


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ["GEMELO_CACHE"] = str(tmp_path_factory.mktemp("cache"))
