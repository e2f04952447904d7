"""A block that goes on until somebody says stop."""

import signal
from types import FrameType, TracebackType


class UntilStopped:
    """A block that goes on until Ctrl-C, SIGTERM or a closed terminal, and then ends without a word."""

    def __enter__(self) -> None:
        self._before = {number: signal.signal(number, _stop) for number in (signal.SIGTERM, signal.SIGHUP)}

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> bool:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        return kind is KeyboardInterrupt


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
