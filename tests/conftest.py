"""What many tests share: the shared photos where they are, small drawn data, and a bundle made once."""

import signal
import zlib
from pathlib import Path

import pytest

from tests.support.made import made

# Programs that the tests start and interrupt inherit this; a shell's background job would have them ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


_MADE_BY_TENSORFLOW = {"small_run", "small_bundle", "converted"}
_LONG = ("browser", "app")
_SHORT = {"core", "docs", "goldens", "hostile", "runtimes", "synthetic"}


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests whose fixtures train or export, and group them for the processes that share them.

    Tests that share a browser or the app's servers stay in one process, all others with those of their file. Long
    groups come first, short ones last, so that the processes end together.
    """
    for item in items:
        if _MADE_BY_TENSORFLOW & set(getattr(item, "fixturenames", ())):
            item.add_marker("tensorflow")
        folder = item.path.parent.name
        item.add_marker(pytest.mark.xdist_group(folder if folder in _LONG else item.path.stem))
    items.sort(key=lambda item: _turn(item.path))


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
