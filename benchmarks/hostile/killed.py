"""Run a Python program and kill it at its Nth file operation in a folder: the same place every time.

    python -m benchmarks.hostile.killed N SIGNAL FOLDER MODULE_OR_FILE ARGUMENT ...

With N = 0 it is not killed, and the number of operations is written to FOLDER.count at its end.
"""

import atexit
import os
import runpy
import sys
from pathlib import Path
from typing import Any

_OPERATIONS = {
    "os.rename",
    "os.mkdir",
    "os.remove",
    "os.rmdir",
    "os.symlink",
    "os.truncate",
    "shutil.rmtree",
    "ctypes.dlopen",
}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def main() -> None:
    """Set the trap, then become the program."""
    at, number, folder, program = int(sys.argv[1]), int(sys.argv[2]), os.path.realpath(sys.argv[3]), sys.argv[4]
    count = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event in _OPERATIONS or (event == "open" and (arguments[2] or 0) & _WRITES):
            path = arguments[0]
            if not isinstance(path, str | bytes) or not os.path.realpath(os.fsdecode(path)).startswith(folder):
                return
            count += 1
            if count == at:
                os.kill(os.getpid(), number)

    if at == 0:
        atexit.register(lambda: Path(f"{folder}.count").write_text(str(count)))
    sys.addaudithook(hook)
    sys.argv = sys.argv[4:]
    if program.endswith(".py"):
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)


main()
