"""The making side, loaded only by the commands that need it."""

import ast
import importlib
import importlib.util
import os
from pathlib import Path

from gemelo.errors import MissingDependencyError, UsageError
from gemelo.registry import names_in


def names_of(package: str) -> list[str]:
    """The names in a folder of the making side, such as `trainer.architectures`; none where it is not installed."""
    head, _, folder = package.partition(".")
    making = importlib.util.find_spec(head)
    return names_in(f"{one}/{folder}" for one in making.submodule_search_locations or []) if making else []


def variants_of(package: str) -> list[str]:
    """The variants of all formats, alone and with their format, as their files say; read, not imported."""
    found = importlib.util.find_spec(package)
    variants: dict[str, None] = {}
    for folder in (found.submodule_search_locations or []) if found else []:
        for name in names_in([folder]):
            own = _constant(Path(folder) / f"{name}.py", "VARIANTS")
            variants |= dict.fromkeys([*own, *(f"{name}/{variant}" for variant in own)])
    return sorted(variants, key=lambda name: ("/" in name, name))


def _constant(path: Path, name: str) -> tuple[str, ...]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and name in [
            target.id for target in node.targets if isinstance(target, ast.Name)
        ]:
            return tuple(ast.literal_eval(node.value))
    return ()


def load_heavy(module: str) -> None:
    """Import a module of `trainer` or `exporters`: seconds, of which a terminal is told.

    Raises:
        UsageError: This is no checkout.
        MissingDependencyError: Its packages are not installed.
    """
    from rich.console import Console

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        console = Console(stderr=True)
        if not console.is_terminal:
            console.print("loading TensorFlow")
        with console.status("loading TensorFlow"):
            importlib.import_module(module)
    except ModuleNotFoundError as exc:
        missing = str(exc.name).partition(".")[0]
        if missing == module.partition(".")[0]:
            raise UsageError(
                "training and exporting need a checkout of gemelo, and this one was installed from a wheel",
                hint="clone the project, and run `make setup` there",
            ) from exc
        raise MissingDependencyError(missing, "pip install 'gemelo[make]', or `make setup` in the checkout") from exc
