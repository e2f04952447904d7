"""The license of gemelo, for what is made of its code."""

import importlib.metadata
from pathlib import Path

import gemelo
from gemelo.errors import MissingDependencyError

NAME = "LICENSE"


def license_text() -> str:
    """The text of the Apache License 2.0 that gemelo comes with.

    Raises:
        MissingDependencyError: It runs from a folder that is neither a checkout nor installed.
    """
    checkout = Path(__file__).resolve().parents[1] / NAME
    if checkout.is_file() and (checkout.parent / "pyproject.toml").is_file():
        return checkout.read_text(encoding="utf-8")
    try:
        found = importlib.metadata.distribution("gemelo").read_text(f"licenses/{NAME}")
    except importlib.metadata.PackageNotFoundError:
        found = None
    if found is None:
        raise MissingDependencyError(
            "gemelo's own license file", f"pip install gemelo-{gemelo.__version__}-py3-none-any.whl"
        )
    return found
