"""Nobody is told of an answer: nothing is left in the home of whoever asked, as onnxruntime's reports would be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# What keeps a program from reporting beside our own word, as on this very machine.
QUIET = ("ORT_DISABLE_TELEMETRY", "ORT_TELEMETRY_DISABLED", "CI", "GITHUB_ACTIONS", "TF_BUILD", "PYTEST_CURRENT_TEST")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def check_quiet(home: Path, *command: str | Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in QUIET and "XDG" not in name}
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        env={**environment, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "probab" in done.stdout.lower() or "passed" in done.stdout, done.stdout
    assert not list(home.rglob("*"))


def test_a_pack(home: Path, made: Path) -> None:
    check_quiet(home, "-I", made / "classify.py", "--json", next((made / "goldens").glob("*.png")))
    check_quiet(home, "-I", made / "classify.py", "--selftest")


def test_gemelo(home: Path, bundle: Path) -> None:
    check_quiet(home, "-m", "gemelo", "predict", bundle, next((bundle / "goldens").glob("*.png")), "--json")
