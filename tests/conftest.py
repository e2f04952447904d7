"""What many tests share: the shared photos where they are, small drawn data, and a bundle made once."""

import signal
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.support.made import made

# Programs that the tests start and interrupt inherit this; a shell's background job would have them ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


_MADE_BY_TENSORFLOW = {"small_run", "small_bundle", "converted"}
_LONG = ("browser", "app")
_SHORT = {"core", "docs", "goldens", "hostile", "runtimes", "synthetic"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests whose fixtures train or export. Long groups come first, so that processes end together."""
    for item in items:
        if _MADE_BY_TENSORFLOW & set(getattr(item, "fixturenames", ())):
            item.add_marker("tensorflow")
    items.sort(key=lambda item: _turn(item.path))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """tests/support/spread.py says which tests stay together."""
    from tests.support.spread import ByGroup

    return ByGroup(config, log, together=_LONG)


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str) -> None:
    """Say at once in which test a process died: the summary may never come."""
    print(f"\na process died in {crashitem}", flush=True)


def _turn(path: Path) -> tuple[int, int]:
    """The largest groups, then files that wait and files that compute in turn, then short ones."""
    folder = path.parent.name
    if folder in _LONG:
        return _LONG.index(folder), 0
    return len(_LONG) + (folder in _SHORT), zlib.crc32(path.name.encode())


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


@pytest.fixture(scope="session")
def drawings() -> Path:
    """Sixty drawings in the lecture's layout."""
    from gemelo.synthetic import draw_dataset

    return made("drawings", lambda folder: draw_dataset(folder / "pets", 60, seed=5)) / "pets"


@pytest.fixture(scope="session")
def small_run(drawings: Path) -> Path:
    """The lecture's network after two epochs on the drawings; skipped where only the light core is installed."""
    pytest.importorskip("tensorflow", reason="training needs TensorFlow")

    def make(folder: Path) -> None:
        from trainer.train import TrainOptions, train

        train(TrainOptions(drawings, folder / "pets", arch="lecture", epochs=2, cache=folder / "cache"))

    return made("run", make) / "pets"


@pytest.fixture(scope="session")
def small_bundle(small_run: Path) -> Path:
    """That run in every format and variant, verified."""

    def make(folder: Path) -> None:
        from exporters.export import export

        export(small_run, folder / "pets", every=True)

    return made("bundle", make) / "pets"
