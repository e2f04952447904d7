"""A tiny bundle with three ONNX variants, and packs of it."""

import shutil
from pathlib import Path

import pytest

from gemelo.edge.build import PackOptions, make_pack
from tests.edge.support import VARIANTS, make_variants


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed."""
    return make_variants(tmp_path_factory.mktemp("bundles") / "tiny").path


@pytest.fixture(scope="session")
def made(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its pack, fp32; not to be changed."""
    return make_pack(bundle, tmp_path_factory.mktemp("packs") / "tiny").path


@pytest.fixture
def pack(made: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    return Path(shutil.copytree(made, tmp_path / "pack"))


@pytest.fixture(scope="session")
def zips(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three packs as zips, by their variants."""
    folder = tmp_path_factory.mktemp("zips")
    return {variant: make_pack(bundle, folder / f"{variant}.zip", PackOptions(variant)).path for variant in VARIANTS}
