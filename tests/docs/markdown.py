"""Links, anchors and commands of Markdown files."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.conftest import ROOT

FENCE = re.compile(r"^(```+)(\w*)[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)|<(?:img|a)\b[^>]*?\b(?:src|href)=\"([^\"]+)\"")


def files() -> list[Path]:
    """Every Markdown file of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def links(path: Path) -> list[str]:
    """Where a file links to, without the links to other hosts."""
    prose = INLINE.sub("", FENCE.sub("", text_of(path)))
    found = [one or other for one, other in LINK.findall(prose)]
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def target(path: Path, link: str) -> tuple[Path, str]:
    """The file and the anchor of a link."""
    name, _, anchor = link.partition("#")
    return (path.parent / name).resolve() if name else path, anchor


@cache
def anchors(path: Path) -> frozenset[str]:
    """The anchors that GitHub gives to the headings of a file."""
    seen: dict[str, int] = {}
    found = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", FENCE.sub("", text_of(path)), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        found.add(slug if slug not in seen else f"{slug}-{seen[slug]}")
        seen[slug] = seen.get(slug, 0) + 1
    return frozenset(found)


def code(path: Path) -> Iterator[str]:
    """Each line of shell code, and each piece of code in the prose."""
    text = text_of(path)
    for _, language, block in FENCE.findall(text):
        if language in ("", "sh", "bash", "console"):
            yield from block.replace("\\\n", " ").splitlines()
    yield from INLINE.findall(FENCE.sub("", text))


def commands(path: Path, program: str) -> Iterator[list[str]]:
    """The words that follow a program wherever it is run, up to a comment or the next command."""
    runs = rf"(?:^|[;&|(])\s*(?:\w+='?[^']*'?\s+)*(?:\S*python3? (?:-m )?)?{re.escape(program)} ([^;&|]*)"
    for line in code(path):
        for match in re.finditer(runs, line):
            words = re.split(r"\s#\s", f" {match.group(1)} ")[0]
            try:
                yield shlex.split(words)
            except ValueError:
                yield words.split()
