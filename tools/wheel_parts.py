"""Build hook: trainer, importers, exporters and streamlit_app go into the wheel as gemelo.trainer and so on.

An editable install finds them beside gemelo, so it gets no copies.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PARTS = ("trainer", "importers", "exporters", "streamlit_app")
# What a running app leaves beside its code.
_LEFT_OUT = ("__pycache__", "static/pages")


class WheelParts(BuildHookInterface[Any]):
    """Adds the files of the four packages."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds."""
        if version == "standard":
            build_data["force_include"].update(files(Path(self.root)))


def files(root: Path) -> dict[str, str]:
    """{file in the checkout: its place in the wheel}."""
    found = (path for part in PARTS for path in sorted((root / part).rglob("*")) if path.is_file())
    names = {path: path.relative_to(root).as_posix() for path in found}
    return {
        str(path): f"gemelo/{name}" for path, name in names.items() if not any(f"{out}/" in name for out in _LEFT_OUT)
    }
