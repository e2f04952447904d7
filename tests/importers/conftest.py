"""What the tests of importing share: photos in folders, and a way to import a model that was saved a moment ago."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("tensorflow", reason="importing needs TensorFlow")

from gemelo.store.run import Run
from importers.declare import Declared
from importers.importing import import_model
from importers.options import ImportOptions

Import = Callable[..., Run]


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve photos of each of three labels, of many sizes."""
    root, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(4)
    for label in ("ant", "bee", "cat"):
        (root / label).mkdir()
        for i in range(12):
            pixels = rng.integers(0, 256, (int(rng.integers(3, 9)), 7, 3), dtype=np.uint8)
            size = int(rng.integers(30, 90)), int(rng.integers(30, 90))
            Image.fromarray(pixels).resize(size).save(root / label / f"{i}.png")
    return root


@pytest.fixture
def brought(tmp_path: Path) -> Import:
    """Import a model with what is declared of it."""

    def run(model: Path, *, photos: Path | None = None, presets: tuple[str, ...] = (), **declared: Any) -> Run:
        options = {name: declared.pop(name) for name in ("trust", "overwrite") if name in declared}
        out = tmp_path / "run"
        return import_model(ImportOptions(model, out, Declared(**declared), presets=presets, photos=photos, **options))

    return run
