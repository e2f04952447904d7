"""Stills from a camera: the programs are small scripts on PATH that note how they were called."""

import json
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.edge.support import classify, device_python
from tests.support.waiting import wait_until


def fake(folder: Path, name: str, still: Path | None, *, fails: str = "", seconds: float = 0) -> Path:
    """A program for cameras that gives one photo."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(
        f'#!/bin/sh\necho "$0 $*" >> {folder}/calls\n/bin/sleep {seconds}\n'
        + (f"echo 'warning' >&2; echo '{fails}' >&2; exit 1\n" if fails else f"/bin/cat {still}\n"),
        encoding="utf-8",
    )
    program.chmod(0o755)
    return program


@pytest.fixture
def still(made: Path) -> Path:
    return min((made / "goldens").glob("*.png"))


def test_one_still_is_answered(made: Path, still: Path, tmp_path: Path) -> None:
    fake(tmp_path / "bin", "ffmpeg", still)
    done = classify(made, "--camera", "2", path=str(tmp_path / "bin"))
    assert (done.returncode, done.stderr) == (0, "")
    expected = classify(made, still).stdout.replace(str(still), "camera 2")
    assert done.stdout == expected
    assert "-f v4l2 -i /dev/video2 -frames:v 1 " in (tmp_path / "bin" / "calls").read_text()
    row = json.loads(classify(made, "--camera", "0", "--json", "--top", "1", path=str(tmp_path / "bin")).stdout)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}", row["time"])
    assert row["path"] == "camera 0"
    assert len(row["predictions"]) == 1


@pytest.mark.parametrize("name", ["rpicam-still", "libcamera-still"])
def test_a_raspberry_pi_s_own_program_comes_first(made: Path, still: Path, tmp_path: Path, name: str) -> None:
    fake(tmp_path / "bin", "ffmpeg", still)
    fake(tmp_path / "bin", name, still)
    assert classify(made, "--camera", "0", path=str(tmp_path / "bin")).returncode == 0
    [call] = (tmp_path / "bin" / "calls").read_text().splitlines()
    assert call.split(" ", 1) == [
        str(tmp_path / "bin" / name),
        "--camera 0 --nopreview --timeout 500 --encoding jpg --output -",
    ]


def test_a_camera_that_fails_is_a_sentence(made: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = classify(made, "--camera", "0", path=str(tmp_path / "empty"))
    assert done.returncode == 2
    assert "rpicam-still, libcamera-still, ffmpeg) is not installed" in done.stderr
    assert "sudo apt-get install" in done.stderr
    fake(tmp_path / "bin", "ffmpeg", None, fails="/dev/video0: No such file or directory")
    done = classify(made, "--camera", "0", path=str(tmp_path / "bin"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "camera 0: ffmpeg gave no still: /dev/video0: No such file or directory" in done.stderr
    (tmp_path / "text").write_text("no picture")
    fake(tmp_path / "bin", "ffmpeg", tmp_path / "text")
    done = classify(made, "--camera", "0", path=str(tmp_path / "bin"))
    assert done.returncode == 1
    assert "camera 0: this is text" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_so_many_seconds_until_it_is_stopped(made: Path, still: Path, tmp_path: Path) -> None:
    program = fake(tmp_path / "bin", "ffmpeg", still)
    command = [device_python(), "-I", str(made / "classify.py"), "--camera", "0", "--every", "0.1", "--json"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": str(tmp_path / "bin")},
    ) as process:
        assert process.stdout is not None
        rows = [json.loads(process.stdout.readline()) for _ in range(3)]
        # A camera that fails for a while is named, and the next still is answered.
        good = program.read_text(encoding="utf-8")
        fake(tmp_path / "bin", "ffmpeg", None, fails="busy")
        calls = tmp_path / "bin" / "calls"
        before = len(calls.read_text().splitlines())
        wait_until(lambda: len(calls.read_text().splitlines()) >= before + 3)  # the second of them was all its own
        program.write_text(good, encoding="utf-8")
        rows += [json.loads(process.stdout.readline()) for _ in range(12)]
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 0
    assert {row["prediction"] for row in rows} == {rows[0]["prediction"]}
    assert "error: camera 0: ffmpeg gave no still: busy" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--camera", "-1"], "--camera must be 0 or more"),
        (["--camera", "0", "--every", "0"], "--every must be a positive number"),
        (["--every", "1", "x.png"], "--every goes with --camera"),
        (["--camera", "0", "x.png"], "--camera takes no photos: x.png"),
        (["--csv", "t.csv", "--selftest"], "--csv goes with --watch"),
        (["--host", "::1", "--watch", "x"], "--host goes with --serve"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_a_sentence(words: list[str], said: str, made: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from gemelo.edge.device.main import main

    assert main(words, made) == 2
    assert said in capfd.readouterr().err
