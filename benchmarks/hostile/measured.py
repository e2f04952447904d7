"""Predictions in a process of their own: time and memory of each are measured, and it is ended where it takes too long.

The process answers one photo after another, so that a mutated file costs milliseconds. Where it dies or is ended, the
next photo starts a new one.
"""

import ctypes
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any

MOST_SECONDS, MOST_MB = 2.0, 500.0
_PATIENCE = 60.0
_ADDRESS_SPACE = 6 << 30


@dataclass(frozen=True)
class Outcome:
    """One prediction.

    Attributes:
        verdict: "answered", the class of an error of gemelo's tree, or "outside: ..." for anything else.
        seconds: CPU time.
        mb: Gained at the most, resident, in megabytes.
        said: Warnings, and what libraries wrote to the terminal.
    """

    verdict: str
    seconds: float = 0.0
    mb: float = 0.0
    said: str = ""

    @property
    def faults(self) -> list[str]:
        """Each promise that this prediction broke."""
        found = ["outside the error tree"] if self.verdict.startswith("outside") else []
        found += ["too slow"] if self.seconds > MOST_SECONDS else []
        found += ["too much memory"] if self.mb > MOST_MB else []
        return [*found, *(["words of a library"] if self.said else [])]


class Measured:
    """The process, started when it is first needed.

    Args:
        bundle: The bundle that answers.
    """

    def __init__(self, bundle: Path) -> None:
        self._bundle = bundle
        self._process: Any = None
        self._end: Any = None

    def predict(self, data: bytes) -> Outcome:
        """What the bytes of a photo come to."""
        if self._process is None:
            self._start()
        try:
            self._end.send_bytes(data)
            if self._end.poll(_PATIENCE):
                return Outcome(*self._end.recv())
            verdict = f"outside: no answer in {_PATIENCE:g} s"
            self._stop()
            return Outcome(verdict, _PATIENCE)
        except (EOFError, ConnectionError):
            self._process.join()
            code = self._process.exitcode
            self._process = None
            return Outcome(f"outside: the process ended with {code}")

    def __enter__(self) -> "Measured":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process is not None:
            self._stop()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._end, other = context.Pipe()
        self._process = context.Process(target=_answer, args=(other, str(self._bundle)), daemon=True)
        self._process.start()
        other.close()
        self._end.recv()

    def _stop(self) -> None:
        self._process.kill()
        self._process.join()
        self._process = None


def _answer(end: Connection, bundle: str) -> None:
    import gemelo
    from gemelo.synthetic import draw_photo

    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    with gemelo.load(bundle, "onnx", "fp32", threads=1) as classifier, tempfile.TemporaryFile() as terminal:
        import numpy as np

        classifier.predict(draw_photo("cats", np.random.default_rng(1)))
        os.dup2(terminal.fileno(), 1)
        os.dup2(terminal.fileno(), 2)
        end.send(None)
        while True:
            try:
                data = end.recv_bytes()
            except EOFError:
                return
            end.send(_one(classifier, data, terminal))


def _one(classifier: Any, data: bytes, terminal: Any) -> tuple[str, float, float, str]:
    from gemelo.errors import GemeloError

    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before, start = _kilobytes("VmRSS"), time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", append=True)  # what gemelo ignores on purpose stays ignored
        try:
            classifier.predict(data)
            verdict = "answered"
        except GemeloError as error:
            verdict = type(error).__name__
        except BaseException as error:
            verdict = f"outside: {type(error).__name__}: {error}"
    seconds = time.process_time() - start
    said = [str(each.message) for each in caught] + [_written(terminal)]
    return (
        verdict[:300],
        round(seconds, 3),
        round((_kilobytes("VmHWM") - before) / 1024, 1),
        "; ".join(filter(None, said)),
    )


def _kilobytes(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise OSError(name)


def _written(terminal: Any) -> str:
    """What was written to the terminal since the last time."""
    sys.stdout.flush()
    sys.stderr.flush()
    terminal.seek(0)
    data: bytes = terminal.read()
    terminal.seek(0)
    terminal.truncate()
    return data.decode("utf-8", "replace")[:300]
