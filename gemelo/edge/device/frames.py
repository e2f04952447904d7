"""Answers as they come: a line for each, until somebody says stop."""

import json
import signal
import time
from types import FrameType, TracebackType
from typing import Any


class UntilStopped:
    """A block that goes on until Ctrl-C, SIGTERM or a closed terminal, and then ends without a word."""

    def __enter__(self) -> None:
        self._before = {number: signal.signal(number, _stop) for number in (signal.SIGTERM, signal.SIGHUP)}

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> bool:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        return kind is KeyboardInterrupt


def print_row(row: dict[str, Any]) -> None:
    """One line of JSON, at once: who reads it waits for it."""
    print(json.dumps(row), flush=True)


def now() -> str:
    """The time here, with its offset, as ISO 8601 has it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
