"""Each network is rebuilt once, and each artifact of it written once."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from exporters import formats
from exporters.source import ExportSource
from tests.exporters import networks


@pytest.fixture(scope="session")
def source_of() -> Callable[[str], ExportSource]:
    """The export source of a network, by name."""
    return cache(networks.source)


@pytest.fixture(scope="session")
def artifact_of(source_of, tmp_path_factory) -> Callable[[str, str, str], Path]:
    """The entry file of an artifact: (network, format, variant)."""

    @cache
    def write(network: str, name: str, variant: str) -> Path:
        folder = tmp_path_factory.mktemp(f"{network}-{name}-{variant}")
        return folder / formats.get(name).write(source_of(network), variant, folder)

    return write


@pytest.fixture(scope="session")
def data(tmp_path_factory) -> Path:
    """The folder of the test photos of all runs."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def run(tmp_path_factory, data):
    """A finished run of the lecture's network."""
    return networks.make_run(tmp_path_factory.mktemp("runs") / "lecture", "lecture", data)
