"""Exporting a damaged run ends in its own error, and leaves no bundle; neither does a killed export."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from exporters.export import export
from gemelo import errors
from gemelo.store.bundle import Bundle
from tests.hostile.runs import HOSTILE_RUNS, HostileRun


@pytest.mark.parametrize("row", HOSTILE_RUNS, ids=lambda row: row.name.replace(" ", "-"))
def test_a_damaged_run_is_not_exported(row: HostileRun, small_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(small_run, tmp_path / "pets"))
    row.damage(run)
    with pytest.raises(errors.GemeloError, match=row.words) as caught:
        export(run, tmp_path / "bundle", ["onnx"], ["fp32"])
    assert type(caught.value).__name__ == row.error
    assert not (tmp_path / "bundle").exists()


@pytest.mark.timeout(900)  # it starts TensorFlow twice
def test_a_killed_export_is_never_taken_for_a_bundle(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "bundles" / "pets"
    _temporary(out).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(_temporary(out)))
    _kill_export(small_run, out, "tfjs")
    assert not out.exists()
    written = export(small_run, out, ["onnx"]).bundle.manifest
    _kill_export(small_run, out, "onnx/*.onnx")
    assert Bundle.open(out).manifest == written
    export(small_run, out, ["onnx"])
    assert os.listdir(out.parent) == ["pets"]
    assert os.listdir(_temporary(out)) == []


def _temporary(out: Path) -> Path:
    """Where an export puts its temporary files, those of converters among them."""
    return out.parent.with_name("tmp")


def _kill_export(run: Path, out: Path, written: str) -> None:
    """Start an export, and kill it as soon as it has written something."""
    command = [sys.executable, "-m", "gemelo", "export", str(run), "--out", str(out)]
    environment = {**os.environ, "TMPDIR": str(_temporary(out))}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    end = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < end:
        if list(out.parent.glob(f".{out.name}.{process.pid}.*/{written}")):
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "the export ended before it was killed"
