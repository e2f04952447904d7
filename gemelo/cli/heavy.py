"""Lazy imports of trainer and exporters, which need TensorFlow."""

import ast
import os
import sys
from pathlib import Path
from types import ModuleType

from gemelo import installed
from gemelo.errors import MissingDependencyError, UsageError
from gemelo.progress import interactive
from gemelo.registry import names_in


def names_of(package: str) -> list[str]:
    """The names in a folder that is a registry, such as `trainer.architectures`."""
    return names_in([str(installed.folder_of(package))])


def variants_of(package: str) -> list[str]:
    """The variants of all formats, alone and with their format, as their files say; read, not imported."""
    folder = installed.folder_of(package)
    variants: dict[str, None] = {}
    for name in names_in([str(folder)]):
        own = _constant(folder / f"{name}.py", "VARIANTS")
        variants |= dict.fromkeys([*own, *(f"{name}/{variant}" for variant in own)])
    return sorted(variants, key=lambda name: ("/" in name, name))


def _constant(path: Path, name: str) -> tuple[str, ...]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and name in [
            target.id for target in node.targets if isinstance(target, ast.Name)
        ]:
            return tuple(ast.literal_eval(node.value))
    return ()


def load_heavy(module: str) -> ModuleType:
    """Import a module of `trainer` or `exporters`: seconds, of which a terminal is told.

    Raises:
        UsageError: This gemelo came without it.
        MissingDependencyError: Its packages are not installed.
    """
    from rich.console import Console

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
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
        raise MissingDependencyError(missing, "pip install 'gemelo[train]'") from exc
