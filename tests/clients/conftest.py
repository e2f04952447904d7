"""Clients that others wrote, as `make test-clients` installs them; without it these tests are skipped and say so."""

import json
import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gemelo.runtimes import _node
from tests.clients.cases import Case, make

HERE = Path(__file__).resolve().parent
# Set by `make test-clients`: what is not installed is a failure there.
WANTED = "GEMELO_CLIENTS"


def require(path: Path, what: str) -> None:
    if path.exists():
        return
    if os.environ.get(WANTED):
        pytest.fail(f"{what}: {path} is not there")
    pytest.skip(f"{what} not installed (make test-clients does it)")


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder of the npm clients."""
    require(HERE / "node" / "node_modules" / ".package-lock.json", "the npm clients are")
    return HERE / "node" / "node_modules"


@pytest.fixture(scope="session")
def ask_node(node_modules: Path) -> Callable[[str, Any], Any]:
    """Runs a script of tests/clients/node with a question; its answer is JSON on standard output."""
    return lambda script, question: run([_node.find_node(), str(HERE / "node" / script)], question)


@pytest.fixture(scope="session")
def ask_python(project: Path) -> Callable[[str, Any], Any]:
    """The same of a script of tests/clients/python, in the clients' own virtual environment."""
    python = project / ".venv-clients" / "bin" / "python"
    require(python, "the Python clients are")
    return lambda script, question: run([str(python), "-W", "ignore", str(HERE / "python" / script)], question)


def run(command: list[str], question: Any) -> Any:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "NODE_NO_WARNINGS": "1"}
    words = [*command, json.dumps(question, default=str)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=240, env=environment)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def case(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Case]:
    """The case of a network, made once."""
    return cache(lambda name: make(name, tmp_path_factory.mktemp(name)))
