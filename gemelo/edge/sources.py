"""One module of gemelo taken apart: its imports, and its top-level statements with the comments above them."""

import ast
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = "gemelo"


@dataclass(frozen=True)
class Import:
    """One name that a module imports.

    Attributes:
        module: From where.
        name: What; empty for `import module`.
        bound: What the name is called in the module.
    """

    module: str
    name: str
    bound: str

    @property
    def own(self) -> bool:
        """Whether it is gemelo's."""
        return self.module.split(".")[0] == PACKAGE


@dataclass(frozen=True)
class Statement:
    """One top-level statement.

    Attributes:
        names: What it gives a name to; none where it only does something.
        text: Its source, with the comments above it.
        blank: How many blank lines stand above.
        block: Whether it is a function or a class.
        uses: The names that it mentions.
    """

    names: tuple[str, ...]
    text: str
    blank: int
    block: bool
    uses: frozenset[str]


@dataclass(frozen=True)
class Source:
    """A module.

    Attributes:
        name: `gemelo.preprocessing`.
        doc: Its docstring.
        imports: {name in the module: where it comes from}.
        statements: In their order.
    """

    name: str
    doc: str
    imports: dict[str, Import]
    statements: list[Statement] = field(default_factory=list)

    @classmethod
    def read(cls, root: Path, name: str) -> "Source":
        """Take a module apart.

        Args:
            root: The folder of the package gemelo.
            name: Of the module.
        """
        path = path_of(root, name)
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text, str(path))
        source = cls(name, ast.get_docstring(tree) or "", {})
        lines, end = text.splitlines(), 0
        for node in tree.body:
            above, end = end, node.end_lineno or end
            if isinstance(node, ast.Import | ast.ImportFrom):
                source.imports.update({row.bound: row for row in _imported(node)})
            elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                source.statements.append(_statement(node, lines[above:end]))
        return source


def path_of(root: Path, name: str) -> Path:
    """The file of a module."""
    path = root.joinpath(*name.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def is_module(root: Path, name: str) -> bool:
    """Whether there is a module of that name, not only a thing in one."""
    return path_of(root, name).is_file()


def _imported(node: ast.Import | ast.ImportFrom) -> list[Import]:
    if isinstance(node, ast.Import):
        return [Import(row.name, "", row.asname or row.name) for row in node.names]
    return [Import(node.module or "", row.name, row.asname or row.name) for row in node.names]


def _statement(node: ast.stmt, lines: list[str]) -> Statement:
    blank = next((i for i, line in enumerate(lines) if line.strip()), 0)
    uses = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    block = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    return Statement(_names(node), "\n".join(lines[blank:]), blank, block, frozenset(uses))


def _names(node: ast.stmt) -> tuple[str, ...]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return (node.name,)
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return tuple(part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))
