"""Where progress may redraw its line."""

import os
import pty
import subprocess
import sys

import pytest

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
