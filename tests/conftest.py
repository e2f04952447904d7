"""What many tests share: the shared photos where they are, small drawn data, and a bundle made once."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def project() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def cats_vs_dogs() -> Path:
    """The lecture's photos; the test is skipped where they are absent."""
    folder = SHARED / "cats_vs_dogs"
    if not folder.is_dir():
        pytest.skip("the photos of cats and dogs are not beside the project (shared/data/cats_vs_dogs)")
    return folder
