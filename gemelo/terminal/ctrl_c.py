"""Ctrl-C also ends a program that is stuck in a runtime: a model is a program, and may never answer."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

# A call into a runtime that lasts longer than this after Ctrl-C is not waited for; a busy machine needs some seconds.
_GRACE_SECONDS = 10.0


def end_when_stuck() -> None:
    """Have Ctrl-C end the process where Python's own handler gets no chance, because native code does not return.

    The operating system's handler writes to a pipe at once, whatever the main thread does (`signal.set_wakeup_fd`).
    What is interrupted in Python itself ends as ever, with all its cleaning up.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return  # somebody else's, or ignored, as for jobs in the background
    reached = threading.Event()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        reached.set()
        raise KeyboardInterrupt

    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGINT, interrupt)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(reader, reached, interrupt), daemon=True).start()


def _watch(reader: int, reached: threading.Event, handler: Callable[[int, FrameType | None], None]) -> None:
    while data := os.read(reader, 64):
        if signal.SIGINT not in data or signal.getsignal(signal.SIGINT) is not handler:
            continue  # or somebody else handles it by now
        if not reached.wait(_GRACE_SECONDS):
            if sys.stderr is not None:
                print("error: interrupted: the model did not answer", file=sys.stderr, flush=True)
            os._exit(130)
