"""HTML reports: one frame, one style and one set of parts for all of them.

A report is a template beside the code that knows its contents. It extends `base.html` and takes tables, figures and
photos from `parts.html`. The file stands alone: it holds its photos, and nothing is fetched from anywhere. No element
has a `style` of its own: the page's server lets the one style sheet through, by its hash, and nothing else.
"""

from pathlib import Path
from typing import Any

from gemelo.reports.statistics import percent
from gemelo.store.files import atomic_write

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: Path, **values: Any) -> str:
    """Render a report.

    Args:
        template: The file of the template.
        values: What it names.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([template.parent, _TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_one_line,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"percent": percent, "power": power}
    return environment.get_template(template.name).render(values)


def save(path: Path, template: Path, **values: Any) -> None:
    """Render a report to a file.

    Raises:
        StorageError: The disk is full or may not be written to.
    """
    atomic_write(path, render(template, **values).encode("utf-8", "backslashreplace"))


def power(value: float) -> str:
    """A small difference: 4.5e-07, or 0."""
    return "0" if value == 0 else f"{value:.1e}"


def _one_line(value: Any) -> Any:
    """Text from outside with its control characters escaped; what is HTML already stays as it is."""
    from gemelo.terminal.text import shown

    return shown(value) if type(value) is str else value
