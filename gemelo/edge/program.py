"""The program of a pack: classify.py, and the modules of gemelo that it imports, byte for byte."""

import ast
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import gemelo

PROGRAM = Path(__file__).with_name("classify.py")
ENTRY = "gemelo.edge.device.main"


def program(root: Path | None = None) -> dict[str, bytes]:
    """{path in a pack: bytes} of every file of the program.

    Args:
        root: The folder of the package gemelo; by default the one that runs.
    """
    root = root or Path(gemelo.__file__).parent
    files = {PROGRAM.name: PROGRAM.read_bytes()}
    seen: set[str] = set()
    waiting = [ENTRY]
    while waiting:
        name = waiting.pop()
        base = root.parent.joinpath(*name.split("."))
        path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        if name in seen or not path.is_file():  # a name in a module is no module
            continue
        seen.add(name)
        data = path.read_bytes()
        files[path.relative_to(root.parent).as_posix()] = data
        package = name if base.is_dir() else name.rpartition(".")[0]
        waiting += [name.rpartition(".")[0], *_imported(ast.parse(data), package)]
    return files


def _imported(tree: ast.AST, package: str) -> Iterator[str]:
    """The modules of gemelo that a module may import when it runs, and names that may be modules."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        names = [row.name for row in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            module = resolve_name("." * node.level + (node.module or ""), package)
            names = [module, *(f"{module}.{row.name}" for row in node.names)]
        yield from (name for name in names if name.split(".")[0] == "gemelo")
        yield from _imported(node, package)
