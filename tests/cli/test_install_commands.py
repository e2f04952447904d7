"""Commands that install something: in messages and docs, each names an extra that there is."""

import re
import subprocess
import tomllib
from pathlib import Path

from gemelo import installed, registry

_EXTRA = re.compile(r"(?:gemelo|\.whl)\[([a-z,]+)\]")
_TEXTS = ("*.py", "*.md", "*.toml", "*.ts", "*.html", "*.sh", "Makefile")


def sources(project: Path) -> list[Path]:
    listed = ["git", "ls-files", "-co", "--exclude-standard", "--", *_TEXTS]
    found = subprocess.run(listed, cwd=project, capture_output=True, text=True, check=True).stdout.splitlines()
    return [project / name for name in found if name != "CHANGELOG.md" and (project / name).is_file()]


def test_every_extra_that_is_named_is_one_of_the_project(project: Path) -> None:
    known = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = {
        extra: path
        for path in sources(project)
        for extras in _EXTRA.findall(path.read_text(encoding="utf-8"))
        for extra in extras.split(",")
    }
    assert {extra: path for extra, path in named.items() if extra not in known} == {}
    assert set(named) == set(known), "every extra is told somewhere"


def test_the_converter_of_tfjs_is_the_one_of_the_checkout(project: Path) -> None:
    command = registry.constants(installed.folder_of("exporters.formats"), "PACKAGES")["tfjs"]["tensorflowjs"]
    groups = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    assert command.split()[-1] in groups["dev"]
    told = (project / "docs" / "install.md").read_text(encoding="utf-8")
    assert command in told
