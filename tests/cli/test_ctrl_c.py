"""Ctrl-C ends what never answers, and lets everything else clean up."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.waiting import wait_until

START = (
    "import ctypes, signal, time\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from gemelo.terminal.ctrl_c import end_when_stuck\n"
    "end_when_stuck()\n"
)
# A mutex locked twice: native code that returns never, signal or not, and that does not hold Python's lock.
STUCK = (
    "from gemelo.terminal import ctrl_c; ctrl_c._GRACE_SECONDS = 1.0\n"
    "lock, libc = ctypes.create_string_buffer(64), ctypes.CDLL(None)\n"
    "libc.pthread_mutex_lock(lock)\n"
    "print('in', flush=True)\n"
    "libc.pthread_mutex_lock(lock)\n"
)
TIDY = (
    "try:\n"
    "    print('in', flush=True)\n"
    "    while True: time.sleep(0.01)\n"
    "except KeyboardInterrupt:\n"
    "    print('tidied up', flush=True)\n"
)
# Another library takes over after us: what it does after Ctrl-C is not ours to end.
OTHERS = (
    "from gemelo.terminal import ctrl_c; ctrl_c._GRACE_SECONDS = 0.2\n"
    "handled = []\n"
    "signal.signal(signal.SIGINT, lambda *_: handled.append(print('their own handler')))\n"
    "print('in', flush=True)\n"
    "while not handled: time.sleep(0.01)\n"
    "time.sleep(1.0)\n"
    "print('still there')\n"
)


def interrupted(script: str) -> tuple[int, str, str]:
    with subprocess.Popen(
        [sys.executable, "-c", START + script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"
        stat = Path(f"/proc/{process.pid}/stat")
        wait_until(lambda: stat.read_text().rsplit(")", 1)[1].split()[0] == "S")  # it sleeps, and computes nothing
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=60)
    return process.returncode, said, complained


def test_a_runtime_that_does_not_return_is_not_waited_for() -> None:
    code, _, complained = interrupted(STUCK)
    assert code == 130
    assert "interrupted: the model did not answer" in complained


def test_python_cleans_up_as_ever() -> None:
    assert interrupted(TIDY) == (0, "tidied up\n", "")


def test_who_handles_ctrl_c_later_may_take_their_time() -> None:
    assert interrupted(OTHERS) == (0, "their own handler\nstill there\n", "")


def test_while_modules_are_imported(tmp_path: Path, project: Path) -> None:
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt")
    command = [sys.executable, "-m", "gemelo", "--version"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "error: interrupted\n")
