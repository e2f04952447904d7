"""Write docs/cli.md from the help of the commands, and docs/api.md from the docstrings of the public names.

Usage: python -m tools.reference
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import typer

import gemelo
from gemelo import cli
from gemelo.preprocessing import Source

DOCS = Path(__file__).resolve().parents[1] / "docs"
NOTE = "<!-- Written by tools/reference.py: do not edit. -->"
EXIT_CODES = """\
Exit codes:

| Code | Meaning |
|---:|---|
| 0 | All went well. |
| 1 | A check failed, or a file was damaged, refused or could not be written. |
| 2 | The command can't run as given: a wrong option, a missing file, or a package that is not installed. |
| 130 | Ctrl-C. |

With `GEMELO_TRACEBACK=1`, an unexpected error shows its traceback."""
INTRO = """\
Everything public is in the package `gemelo`. `import gemelo` is fast: each name is loaded when it is first used, and
TensorFlow is never loaded. A `Source` is a photo: a path, the bytes of an image file, an open binary file, a PIL image,
or a uint8 array of shape (h, w), (h, w, 3) or (h, w, 4).

```python
import gemelo

with gemelo.load("bundles/pets", format="onnx", variant="int8") as classifier:
    predictions = classifier.predict("cat.jpg")
    print(predictions[0].label, predictions[0].probability, classifier.is_sure(predictions))
    for photo, answer in classifier.predict_all(["cat.jpg", "dog.jpg"]):  # many, on all cores
        print(photo, answer)  # a list of predictions, or the error of an unreadable photo
```"""
# The kinds of options' values, by click's names for them.
KINDS = {"str": "TEXT", "text": "TEXT", "path": "PATH", "int": "N", "integer": "N", "float": "NUMBER"}
# How long types are shown.
SHORTER = {
    str(Source).replace("typing.", ""): "Source",
    "ndarray[tuple[Any, ...], dtype[uint8]]": "NDArray[uint8]",
    "ndarray[tuple[Any, ...], dtype[float32]]": "NDArray[float32]",
}
# typer brings a click of its own, whose classes are not those of the package click.
Command: TypeAlias = Any
Parameter: TypeAlias = Any


def main() -> None:
    """Write both files."""
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Both files, by name."""
    return {"cli.md": command_line(), "api.md": python_api()}


def commands() -> dict[str, Command]:
    """Every command by the words that call it: `train`, `data draw`, ..."""
    for found in pkgutil.iter_modules(cli.__path__):
        importlib.import_module(f"gemelo.cli.{found.name}")
    return dict(_leaves(typer.main.get_command(cli.app)))


def _leaves(group: Command, prefix: str = "") -> Iterator[tuple[str, Command]]:
    for name in sorted(group.commands, key=lambda name: (*cli.COMMANDS, name).index(name)):
        command = group.commands[name]
        if hasattr(command, "commands"):
            yield from _leaves(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def command_line() -> str:
    """docs/cli.md."""
    found = commands()
    listed = [f"- [`gemelo {name}`](#gemelo-{name.replace(' ', '-')}): {_first_line(c)}" for name, c in found.items()]
    head = [
        "# Command line",
        NOTE,
        "Each command prints the same text with `--help`. `gemelo --version` prints the version.",
        "\n".join(listed),
        EXIT_CODES,
    ]
    return "\n\n".join([*head, *(_section(name, command) for name, command in found.items())]) + "\n"


def _first_line(command: Command) -> str:
    return " ".join(inspect.cleandoc(command.help or "").split("\n\n")[0].split())


def _section(name: str, command: Command) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    usage = " ".join([f"gemelo {name}", *(_metavar(argument) for argument in arguments), command.options_metavar])
    parts = [f"## gemelo {name}", f"```\n{usage}\n```", inspect.cleandoc(command.help or "")]
    panels: dict[str, list[Parameter]] = {}
    for option in options:
        panels.setdefault(getattr(option, "rich_help_panel", None) or "", []).append(option)
    parts += [_table("Argument", [(f"`{_cell(_metavar(a))}`", a) for a in arguments])] if arguments else []
    for panel, members in panels.items():
        parts += [f"**{panel}**"] if panel else []
        parts += [_table("Option", [(_spelled(option), option) for option in members])]
    return "\n\n".join(parts)


def _table(kind: str, rows: list[tuple[str, Parameter]]) -> str:
    head = f"| {kind} | | Default |\n|---|---|---|"
    return "\n".join([head, *(f"| {name} | {_cell(p.help or '')} | {_default(p)} |" for name, p in rows)])


def _metavar(parameter: Parameter) -> str:
    name = str(parameter.metavar or parameter.name.upper())
    return f"{name}..." if parameter.nargs == -1 and not name.endswith("...") else name


def _spelled(option: Parameter) -> str:
    names = [*option.opts, *option.secondary_opts]
    kind = "" if option.is_flag else f" {option.metavar or KINDS[option.type.name.split()[0]]}"
    return ", ".join(f"`{_cell(name + kind)}`" for name in names)


def _default(parameter: Parameter) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    if parameter.secondary_opts and isinstance(value, bool):
        return f"`{(parameter.opts if value else parameter.secondary_opts)[0]}`"
    return "" if value is None or value is False or value in ((), []) or callable(value) else f"`{value}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def python_api() -> str:
    """docs/api.md."""
    names = [name for name in gemelo.__all__ if name not in ("__version__", "errors")]
    ordered = sorted(names, key=lambda name: (inspect.isclass(getattr(gemelo, name)), name))
    parts = ["# Python API", NOTE, INTRO, *(_described(name) for name in ordered)]
    tree = inspect.cleandoc(gemelo.errors.__doc__ or "").split("\n\n")[1]
    errors = "Each error says what was wrong and where. Its `hint` says what to do about it."
    return "\n\n".join([*parts, "## gemelo.errors", errors, f"```\n{tree}\n```"]) + "\n"


def _described(name: str) -> str:
    member = getattr(gemelo, name)
    parts = [f"## gemelo.{name}", _signature(name, member), _prose(member)]
    if inspect.isclass(member) and not issubclass(member, Exception):
        parts += [_method(name, own, value) for own, value in vars(member).items() if _is_shown(own, value)]
    return "\n\n".join(part for part in parts if part)


def _is_shown(name: str, value: Any) -> bool:
    found = value.__func__ if isinstance(value, classmethod) else getattr(value, "fget", getattr(value, "func", value))
    return not name.startswith("_") and inspect.isfunction(found)


def _method(owner: str, name: str, value: Any) -> str:
    if isinstance(value, property) or hasattr(value, "func"):  # a cached_property has one
        found = getattr(value, "fget", None) or value.func
        return f"### {owner}.{name}\n\n{_prose(found)}"
    function = value.__func__ if isinstance(value, classmethod) else value
    return f"### {owner}.{name}()\n\n{_signature(name, function)}\n\n{_prose(function)}"


def _signature(name: str, member: Any) -> str:
    signature = inspect.signature(member)
    shown = [p.replace(annotation=_type(p.annotation)) for p in signature.parameters.values() if p.name != "self"]
    shown = [p for p in shown if p.name != "cls"]
    returns = "" if inspect.isclass(member) else f" -> {_type(signature.return_annotation)}"
    words = [re.sub(r"<.*>", "...", str(p)) for p in shown]
    star = next((i for i, p in enumerate(shown) if p.kind is p.KEYWORD_ONLY), None)
    words = words if star is None else [*words[:star], "*", *words[star:]]
    return f"```python\n{name}({', '.join(words)}){returns}\n```"


def _type(annotation: Any) -> Any:
    """An annotation as people write it: `Path`, not `pathlib.Path`."""
    if annotation is inspect.Parameter.empty or isinstance(annotation, str):
        return annotation
    if hasattr(annotation, "__metadata__"):  # Annotated: the rules stand in the text
        annotation = annotation.__origin__
    text = (
        annotation.__name__ if inspect.isclass(annotation) and not hasattr(annotation, "__args__") else str(annotation)
    )
    text = re.sub(r"\b(?:[A-Za-z_0-9]+\.)+(?=[A-Za-z])", "", text)
    for long, short in SHORTER.items():
        text = text.replace(re.sub(r"\b(?:[A-Za-z_0-9]+\.)+(?=[A-Za-z])", "", long), short)
    return _Named(text)


class _Named:
    """A type that shows a text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _prose(member: Any) -> str:
    """A Google docstring as Markdown: its sections become lists."""
    text = inspect.getdoc(member) or ""
    return re.sub(
        r"^(Args|Attributes|Returns|Yields|Raises):\n((?:(?:    .*)?\n?)+)", _listed, text, flags=re.MULTILINE
    )


def _listed(found: re.Match[str]) -> str:
    title, body = found.groups()
    lines = inspect.cleandoc(body).splitlines()
    items: list[str] = []
    for line in lines:
        if line.startswith(" ") and items:
            items[-1] += f" {line.strip()}"
        elif line:
            items.append(line)
    if title in ("Returns", "Yields"):
        return f"**{title}**: {' '.join(items)}\n\n"
    named = [re.sub(r"^([\w, ]+):", r"`\1`:", item) for item in items]
    return f"**{title}**\n\n" + "\n".join(f"- {item}" for item in named) + "\n\n"


if __name__ == "__main__":
    main()
