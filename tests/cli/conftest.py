"""A bundle for the commands."""

from pathlib import Path

import pytest

from tests.support.bundles import make_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("cli") / "tiny").path
