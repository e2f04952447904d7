"""Standard error for people: what gemelo says, and nothing else."""

import os
import sys


def part_stderr() -> None:
    """Let Python go on writing to standard error, but not the C++ side of the runtimes.

    TensorFlow and LiteRT write some lines at every start, whatever their log level is set to; with
    GEMELO_TRACEBACK=1 they are kept.
    """
    if os.environ.get("GEMELO_TRACEBACK"):
        return
    sys.stderr.flush()
    ours = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = os.fdopen(ours, "w", buffering=1, encoding="utf-8", errors="backslashreplace")
