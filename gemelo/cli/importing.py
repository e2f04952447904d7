"""Importing a model, for the two commands that do: `import`, and `export` of a model file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemelo import installed
from gemelo.cli.heavy import load_heavy, names_of
from gemelo.cli.import_options import Asked
from gemelo.cli.interrupt import interruptible
from gemelo.preprocessing import DEFAULT_MAX_PIXELS
from gemelo.progress import Bars

if TYPE_CHECKING:
    from gemelo.store.run import Run


def check(options: Any) -> None:
    """Check what can be checked before TensorFlow is loaded, which takes seconds.

    Raises:
        UsageError: A place where a run would destroy something, or no such file.
        ModelError: It is no model.
    """
    if names_of("importers.sources"):
        installed.load("importers.output_path").check_target(options.out, options.model, overwrite=options.overwrite)
        installed.load("importers.opening").check(options.model)


def import_run(options: Any) -> "Run":
    """Import a model, with bars in a terminal."""
    check(options)
    importers = load_heavy("importers.importing")
    with interruptible("nothing was written; what was there before is still there"):
        run: Run = importers.import_model(options, progress=Bars())
    return run


def is_model(path: Path) -> bool:
    """Whether a path is to be imported: a file, or a folder that a source knows; what is neither is no run either."""
    from gemelo.store import run

    if path.is_dir():
        if (path / run.MANIFEST).is_file() or (path / run.CHECKPOINTS).is_dir() or not names_of("importers.sources"):
            return False
        return bool(installed.load("importers.opening").is_known(path))
    return path.is_file()


@contextmanager
def as_run(path: Path, out: Path, asked: Asked) -> Iterator[Path]:
    """A run, as it is; or of a model file, imported to a temporary folder under the name of what is made of it.

    Raises:
        UsageError: Options of an import, and nothing to import.
    """
    if not is_model(path):
        asked.refuse()
        yield path
        return
    from gemelo.store.files import scratch_directory

    with scratch_directory("run") as scratch:
        place = scratch / (out.resolve().name or "model")
        yield import_run(asked.options(path, place, overwrite=False, max_pixels=DEFAULT_MAX_PIXELS)).path
