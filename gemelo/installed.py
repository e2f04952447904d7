"""Where trainer, importers, exporters and the Streamlit app are: inside an installed gemelo, beside it in a checkout.

The wheel carries them as `gemelo.trainer`, `gemelo.importers` and so on, so that site-packages gets no generic
top-level module. Inside them imports are relative; everybody else finds their modules here.
"""

import importlib
from pathlib import Path
from types import ModuleType

PARTS = ("trainer", "importers", "exporters", "streamlit_app")
INSTALL_TRAIN = "pip install 'gemelo[train]'"

_GEMELO = Path(__file__).resolve().parent


def checkout() -> Path | None:
    """The root of the checkout that this gemelo runs from; None where it was installed from a wheel."""
    root = _GEMELO.parent
    return root if (root / "pyproject.toml").is_file() and (root / PARTS[0]).is_dir() else None


def folder_of(package: str) -> Path:
    """The folder of a package, such as `trainer.architectures`. It may not exist."""
    inside = _GEMELO.joinpath(*package.split("."))
    return inside if _is_inside(package) else _GEMELO.parent.joinpath(*package.split("."))


def name_of(module: str) -> str:
    """The name to import a module by: `trainer.train` is `gemelo.trainer.train` where gemelo was installed."""
    return f"gemelo.{module}" if _is_inside(module) else module


def load(module: str) -> ModuleType:
    """Import a module of `trainer`, `importers`, `exporters` or `streamlit_app`.

    Raises:
        ModuleNotFoundError: It, or a package that it needs, is not there.
    """
    return importlib.import_module(name_of(module))


def _is_inside(module: str) -> bool:
    return (_GEMELO / module.partition(".")[0] / "__init__.py").is_file()
