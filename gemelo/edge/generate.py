"""classify.py, put together of the device's modules and of gemelo's own preprocessing: the same code, in one file.

Modules named in `WHOLE`, and the device's own, are taken as they are. Of any other module of gemelo only what is
asked for by name is taken, with what that needs. Imports of gemelo go, all others move to the top, and each module
becomes a section under its heading.
"""

import builtins
import sys
from collections.abc import Iterable
from pathlib import Path

import gemelo
from gemelo.edge.sources import Import, Source, Statement, is_module

ENTRY = "gemelo.edge.device.main"
DEVICE = "gemelo.edge.device."
# Steps of the preprocessing are wanted whole: who reads classify.py shall find all of it.
WHOLE = ("gemelo.image_integrity", "gemelo.preprocessing", "gemelo.limits", "gemelo.parts", "gemelo.upright")
THIRD_PARTY = {"numpy": "numpy", "PIL": "Pillow"}
WIDTH = 120

_HEAD = '''#!/usr/bin/env python3
"""What is on this photo? Answers with the model of the pack beside this file: classify.py --help.

Written by gemelo {version} out of its own source files, one section each: change those, not this file, whose hash is
in pack.json. It needs Python 3.11 or newer and the packages of requirements.txt: numpy, Pillow and onnxruntime.
"""
'''
_GUARD = """try:
{imports}
except ImportError as missing:
    print(f"error: {{missing.name}} is not installed", file=sys.stderr)
    cure = "venv/bin/pip install --no-deps -r requirements.txt, then venv/bin/python classify.py"
    print(f"  install it with: python3 -m venv venv && {{cure}}", file=sys.stderr)
    sys.exit(2)
except KeyboardInterrupt:
    sys.exit(130)
"""
_END = """

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parent))
"""


class GeneratorError(Exception):
    """Two modules that cannot share one file: a fault of gemelo's, which its tests find."""


def generate(root: Path | None = None) -> str:
    """The text of classify.py.

    Args:
        root: The folder of the package gemelo; by default the one that runs.

    Raises:
        GeneratorError: Two sections give the same name to different things.
    """
    joined = _Joined(root or Path(gemelo.__file__).parent)
    joined.take(ENTRY, None)
    sections = [joined.section(name) for name in joined.order]
    external = {row for name in joined.order for row in joined.external(name)}
    external |= {Import("sys", "", "sys"), Import("pathlib", "Path", "Path")}
    _check_names(joined, external)
    head = _HEAD.format(version=gemelo.__version__) + "\n" + _imports(external)
    return head + "".join(sections) + _END


class _Joined:
    """All modules that are taken, and what of each."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.order: list[str] = []
        self._sources: dict[str, Source] = {}
        self._wanted: dict[str, set[str]] = {}

    def take(self, name: str, wanted: Iterable[str] | None) -> None:
        """Take of a module what is wanted, None for all, and of other modules what that needs."""
        source = self._sources.setdefault(name, Source.read(self.root, name))
        if wanted is None or self._is_whole(name):
            wanted = [each for statement in source.statements for each in statement.names]
        have = self._wanted.setdefault(name, set())
        new = _closure(source, wanted) - have
        have |= new
        for statement in self.statements(name):
            for used in sorted(statement.uses & set(source.imports)):
                self._follow(source.imports[used])
        if name not in self.order:
            self.order.append(name)

    def statements(self, name: str) -> list[Statement]:
        """What is taken of a module, in its order."""
        source, wanted = self._sources[name], self._wanted[name]
        whole = self._is_whole(name)
        return [s for s in source.statements if wanted & set(s.names) or (whole and not s.names)]

    def external(self, name: str) -> set[Import]:
        """The imports, other than of gemelo, that a section needs."""
        used = {each for statement in self.statements(name) for each in statement.uses}
        rows = self._sources[name].imports.values()
        return {row for row in rows if not row.own and row.bound.split(".")[0] in used}

    def section(self, name: str) -> str:
        """A module's part of the file."""
        source, whole = self._sources[name], self._is_whole(name)
        rule = "# " + "-" * (WIDTH - 2)
        lines = source.doc.splitlines() if whole else source.doc.splitlines()[:1]
        path = name.replace(".", "/")
        said = [f"# {line}".rstrip() for line in (f"{path}.py" + ("" if whole else ", in part"), *lines)]
        text, after_block = "\n\n" + "\n".join([rule, *said, rule]) + "\n", True
        for statement in self.statements(name):
            blank = 2 if statement.block or after_block else statement.blank
            text += "\n" * blank + statement.text + "\n"
            after_block = statement.block
        return text + self._stand_ins(name)

    def _stand_ins(self, name: str) -> str:
        """A module that others call by its own name, as `containers.damage`, keeps that name here."""
        short = name.rsplit(".", 1)[1]
        if name not in {
            f"{row.module}.{row.name}" for each in self.order for row in self._sources[each].imports.values()
        }:
            return ""
        public = [each for s in self.statements(name) for each in s.names if not each.startswith("_")]
        rows = "".join(f"    {each}={each},\n" for each in public)
        return f"\n\n{short} = SimpleNamespace(\n{rows})\n"

    def _follow(self, row: Import) -> None:
        if not row.own:
            return
        if row.bound != row.name:
            raise GeneratorError(f"{row.module}.{row.name} is imported by another name, {row.bound}")
        whole = f"{row.module}.{row.name}"
        if is_module(self.root, whole):
            self.take(whole, None)
        elif row.name not in self._wanted.get(row.module, set()):
            self.take(row.module, [row.name])

    def _is_whole(self, name: str) -> bool:
        return name in WHOLE or name.startswith(DEVICE)


def _closure(source: Source, wanted: Iterable[str]) -> set[str]:
    """Names of a module, with all others of it that their statements mention."""
    by_name = {each: statement for statement in source.statements for each in statement.names}
    found: set[str] = set()
    waiting = [each for each in wanted if each in by_name]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.update(by_name[name].names)
            waiting += [each for each in by_name[name].uses if each in by_name]
    return found


def _check_names(joined: _Joined, external: set[Import]) -> None:
    taken = {row.bound.split(".")[0]: "an import" for row in external} | dict.fromkeys(dir(builtins), "Python's own")
    for module in joined.order:
        for name in (each for statement in joined.statements(module) for each in statement.names):
            if name in taken:
                raise GeneratorError(f"{module}: {name} is {taken[name]} already")
            taken[name] = module


def _imports(rows: set[Import]) -> str:
    """All imports, sorted as ruff sorts them; those of packages say how to install what is missing."""
    rows = rows | {Import("types", "SimpleNamespace", "SimpleNamespace")}
    packages = {row for row in rows if row.module.split(".")[0] in THIRD_PARTY}
    if strange := {row.module for row in rows - packages if row.module.split(".")[0] not in sys.stdlib_module_names}:
        raise GeneratorError(f"a device has no {', '.join(sorted(strange))}")
    guarded = "\n".join(f"    {line}" for line in _lines(packages, WIDTH - 4))
    return "\n".join(_lines(rows - packages, WIDTH)) + "\n\n" + _GUARD.format(imports=guarded)


def _lines(rows: set[Import], width: int) -> list[str]:
    plain = sorted({(row.module, row.bound) for row in rows if not row.name}, key=lambda pair: pair[0].lower())
    lines = [f"import {module}" + (f" as {bound}" if bound != module else "") for module, bound in plain]
    for module in sorted({row.module for row in rows if row.name}, key=str.lower):
        names = sorted({row.name for row in rows if row.module == module and row.name}, key=_kind)
        line = f"from {module} import {', '.join(names)}"
        if len(line) <= width:
            lines.append(line)
        else:
            lines += [f"from {module} import (", *(f"    {name}," for name in names), ")"]
    return lines


def _kind(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest: the order that ruff gives to imported names."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2), name
