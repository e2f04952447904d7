"""Lazy imports of trainer, importers and exporters, which need TensorFlow."""

import os
import sys
from types import ModuleType

from gemelo import installed
from gemelo.errors import MissingDependencyError, UsageError
from gemelo.progress import interactive
from gemelo.registry import constants, names_in


def names_of(package: str) -> list[str]:
    """The names in a folder that is a registry, such as `trainer.architectures`."""
    return names_in([str(installed.folder_of(package))])


def variants_of(package: str) -> list[str]:
    """The variants of all formats, alone and with their format, as their files say; read, not imported."""
    own = constants(installed.folder_of(package), "VARIANTS")
    variants = {name for format, there in own.items() for variant in there for name in (variant, f"{format}/{variant}")}
    return sorted(variants, key=lambda name: ("/" in name, name))


def load_heavy(module: str) -> ModuleType:
    """Import a module of `trainer`, `importers` or `exporters`. The first takes seconds, so a line says so.

    Raises:
        UsageError: This gemelo came without it.
        MissingDependencyError: Its packages are not installed.
    """
    from rich.console import Console

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        if "tensorflow" in sys.modules:
            return installed.load(module)
        if not interactive():
            print("loading TensorFlow", file=sys.stderr, flush=True)
            return installed.load(module)
        with Console(stderr=True).status("loading TensorFlow"):
            return installed.load(module)
    except ModuleNotFoundError as exc:
        missing = str(exc.name).partition(".")[0]
        if missing in ("gemelo", module.partition(".")[0]):
            raise UsageError(
                f"this gemelo is incomplete: it has no {exc.name}",
                hint="install it again from its wheel, or clone the project and run `make setup` there",
            ) from exc
        raise MissingDependencyError(missing, installed.INSTALL_TRAIN) from exc
