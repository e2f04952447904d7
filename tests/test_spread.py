"""A test process that dies costs the test in which it died, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("xdist")

CONFTEST = """
import pytest
from tests.support.spread import ByGroup

def pytest_xdist_make_scheduler(config, log):
    return ByGroup(config, log, together=("together",))
"""
FINE = "import pytest\n@pytest.mark.parametrize('number', range(4))\ndef test_fine(number): pass\n"
DIES = "import os\ndef test_before(): pass\ndef test_dies(): os._exit(3)\ndef test_after(): pass\n"


@pytest.mark.parametrize("files", [{"a": DIES}, {"a": FINE, "b": DIES, "c": DIES}])
def test_the_others_are_run_once(files: dict[str, str], tmp_path: Path, project: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "together").mkdir()
    for name, text in files.items():
        (tmp_path / f"test_{name}.py").write_text(text)
        (tmp_path / "together" / f"test_{name}.py").write_text(FINE)
    options = ["-n", "2", "--dist", "loadscope", "--import-mode=importlib", "-p", "no:cacheprovider", "-q"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        env={"PYTHONPATH": str(project), "PATH": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    died = sum(text is DIES for text in files.values())
    fine = sum(text is FINE for text in files.values()) + len(files)
    assert done.returncode == 1, done.stdout
    assert f"{died} failed, {4 * fine + 2 * died} passed" in done.stdout, done.stdout
