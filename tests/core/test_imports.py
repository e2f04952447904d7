"""Who imports whom: no circles, and nothing but the command line imports the command line."""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGES = ("gemelo", "trainer", "importers", "exporters", "streamlit_app")
Imports = dict[str, set[str]]


def imports(root: Path, *, lazy: bool) -> Imports:
    """{module: the modules that it imports}, for types too; those inside functions only where `lazy` is set."""
    files = {_name(path.relative_to(root)): path for package in PACKAGES for path in (root / package).rglob("*.py")}
    found: Imports = {}
    for name, path in files.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        wanted = _imported(ast.parse(path.read_text(encoding="utf-8")), package.split("."), lazy)
        # `from package import name` imports the module of that name where there is one, else the package.
        found[name] = {full if full in files else base for base, full in wanted if base in files or full in files}
    return found


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(node: ast.AST, package: list[str], lazy: bool) -> Iterator[tuple[str, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name, alias.name) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            above = package[: len(package) - child.level + 1] if child.level else []
            base = ".".join([*above, *([child.module] if child.module else [])])
            yield from ((base, f"{base}.{alias.name}") for alias in child.names)
        elif lazy or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _imported(child, package, lazy)


def circle(found: Imports) -> list[str]:
    """A circle of imports, its first module named again at the end; empty where there is none."""
    try:
        graphlib.TopologicalSorter(found).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_no_modules_import_each_other_in_a_circle(project: Path) -> None:
    """Not for types either. Parents do not count: who imports a module has the packages around it."""
    found = imports(project, lazy=False)
    assert len(found) > 200
    assert circle(found) == []


def test_nothing_but_the_command_line_imports_it(project: Path) -> None:
    found = imports(project, lazy=True)
    users = [
        name for name, modules in found.items() if any(f"{module}.".startswith("gemelo.cli.") for module in modules)
    ]
    assert {name for name in users if not name.startswith("gemelo.cli")} == {"gemelo.__main__"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("import gemelo.b", "import gemelo.a"),
        ("from gemelo import b", "from .a import x"),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from gemelo.b import X", "from . import a"),
    ],
)
def test_a_circle_is_found(tmp_path: Path, one: str, other: str) -> None:
    (tmp_path / "gemelo").mkdir()
    for name, text in (("__init__", ""), ("a", one), ("b", other)):
        (tmp_path / "gemelo" / f"{name}.py").write_text(text)
    assert set(circle(imports(tmp_path, lazy=False))) == {"gemelo.a", "gemelo.b"}


def test_an_import_inside_a_function_makes_no_circle(tmp_path: Path) -> None:
    (tmp_path / "gemelo").mkdir()
    (tmp_path / "gemelo" / "a.py").write_text("import gemelo.b")
    (tmp_path / "gemelo" / "b.py").write_text("def late():\n    import gemelo.a\n")
    assert circle(imports(tmp_path, lazy=False)) == []
    assert circle(imports(tmp_path, lazy=True)) != []
