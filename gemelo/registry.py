"""The folder is the registry: a module in a package is found by its file's name, and nothing else is edited."""

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

from gemelo.errors import UnknownNameError


def names(package: ModuleType) -> list[str]:
    """The names of all modules in a package, `_` written as `-`; those that begin with `_` are private."""
    return names_in(package.__path__)


def names_in(folders: Iterable[str]) -> list[str]:
    """The same, of a package that is not imported: by its folders."""
    found = (module.name for module in pkgutil.iter_modules(folders))
    return sorted(name.replace("_", "-") for name in found if not name.startswith("_"))


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
