"""Where progress may redraw its line."""

import os
import pty
import subprocess
import sys

import pytest

from gemelo.progress import _lines

ASKS = "import sys; from gemelo.progress import interactive; sys.exit(interactive())"


@pytest.mark.parametrize(("notebook", "redraws"), [(False, True), (True, False)])
def test_a_notebook_is_no_terminal_though_its_commands_have_one(notebook: bool, redraws: bool) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "JPY_PARENT_PID"}
    if notebook:
        environment["JPY_PARENT_PID"] = "1"
    terminal, other_end = pty.openpty()
    try:
        answer = subprocess.run([sys.executable, "-c", ASKS], stderr=other_end, env=environment, check=False)
    finally:
        os.close(terminal)
        os.close(other_end)
    assert answer.returncode == redraws


def test_long_work_says_every_now_and_then_that_it_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    seen = ""
    with _lines("exporting", 6, pause=0.01) as done:
        done()
        done(0, "onnx/int8")
        while seen.count("1 of 6") < 2:
            seen += capsys.readouterr().err
    lines = seen.splitlines()
    assert lines[:2] == ["exporting (6)", "  exporting: onnx/int8"]
    assert lines[-1] == "  exporting: 1 of 6, onnx/int8, 0 s"
