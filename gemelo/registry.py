"""The folder is the registry: a module in a package is found by its file's name, and nothing else is edited."""

import ast
import importlib
import pkgutil
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from gemelo.errors import UnknownNameError


def names(package: ModuleType) -> list[str]:
    """The names of all modules in a package, `_` written as `-`; those that begin with `_` are private."""
    return names_in(package.__path__)


def names_in(folders: Iterable[str]) -> list[str]:
    """The same, of a package that is not imported: by its folders."""
    found = (module.name for module in pkgutil.iter_modules(folders))
    return sorted(name.replace("_", "-") for name in found if not name.startswith("_"))


def constants(folder: Path, name: str) -> dict[str, Any]:
    """Read a constant of every module in a folder without importing any: {module: value}, where it is a literal.

    Args:
        folder: The package's folder.
        name: The constant, such as `VARIANTS`.
    """
    found: dict[str, Any] = {}
    for module in names_in([str(folder)]):
        path = folder / f"{module.replace('-', '_')}.py"
        path = path if path.is_file() else path.with_suffix("") / "__init__.py"
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and any(ast.unparse(target) == name for target in node.targets):
                found[module] = ast.literal_eval(node.value)
    return found


def get(package: ModuleType, name: str, kind: str) -> ModuleType:
    """The module of that name.

    Args:
        package: Where to look.
        name: As `names` gives it.
        kind: What to call it in the error: "format", "architecture", ...

    Raises:
        UnknownNameError: There is no such file; lists those there are.
    """
    if name not in names(package):
        raise UnknownNameError(kind, name, names(package))
    return importlib.import_module(f"{package.__name__}.{name.replace('-', '_')}")
