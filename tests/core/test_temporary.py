"""What converters leave in the temporary folder goes with the export, or with the next one."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gemelo.store.temporary import gathered

LIBRARY = "import tempfile; print(tempfile.mkdtemp())"


def test_files_of_libraries_and_of_programs_go_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with gathered("export"):
        made = [tempfile.mkdtemp(), subprocess.check_output([sys.executable, "-c", LIBRARY], text=True).strip()]
        assert all(Path(path).is_relative_to(tmp_path / os.listdir(tmp_path)[0]) for path in made)
    assert os.listdir(tmp_path) == []
    assert (tempfile.tempdir, os.environ["TMPDIR"]) == (str(tmp_path), str(tmp_path))


def test_those_of_a_killed_export_go_with_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    script = (
        "import os, signal, tempfile; from gemelo.store.temporary import gathered\n"
        "with gathered('export'):\n"
        "    tempfile.mkdtemp()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script], check=False, env=environment)
    [left] = os.listdir(tmp_path)
    with gathered("export"):
        assert left not in os.listdir(tmp_path)
    assert os.listdir(tmp_path) == []
