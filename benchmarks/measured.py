"""Seconds and peak memory of a command line of gemelo, all processes that it starts included."""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

_PAUSE = 0.1  # seconds between two looks at the memory


@dataclass(frozen=True)
class Measured:
    """One command.

    Attributes:
        seconds: From its start to its end.
        peak_mb: The largest sum of the resident memory of its processes at one moment, mapped files included.
        own_mb: The same without mapped files, which the system drops when memory is short.
        code: Its exit code.
    """

    seconds: float
    peak_mb: int
    own_mb: int
    code: int

    def to_json(self) -> dict[str, float]:
        """As it stands in a result file; an exit code of 0 is left out."""
        return {key: value for key, value in asdict(self).items() if key != "code" or value}


def gemelo(*words: str | Path, log: Path, cache: Path | None = None, seconds: float | None = None) -> Measured:
    """Run `gemelo WORDS`; what it prints goes into a file.

    Args:
        words: The command and its options.
        log: Written anew.
        cache: For decoded photos; the user's own where there is none.
        seconds: The command is ended after so many.

    Raises:
        subprocess.TimeoutExpired: It took longer.
    """
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **({"GEMELO_CACHE": str(cache)} if cache else {})}
    with log.open("wb") as stream:
        command = [sys.executable, "-m", "gemelo", *map(str, words)]
        return watched(subprocess.Popen(command, env=environment, stdout=stream, stderr=subprocess.STDOUT), seconds)


def watched(
    process: "subprocess.Popen[bytes]", seconds: float | None = None, megabytes: float | None = None
) -> Measured:
    """Wait for a process and look at its memory, and that of its descendants, ten times a second.

    Args:
        process: Just started.
        seconds: It is killed after so many.
        megabytes: It is killed when it needs more, mapped files not counted.

    Raises:
        subprocess.TimeoutExpired: It took longer.
    """
    peaks, over, started = [0, 0], threading.Event(), time.perf_counter()

    def look() -> None:
        while not over.wait(_PAUSE):
            totals = memory(process.pid)
            peaks[:] = [max(pair) for pair in zip(peaks, totals, strict=True)]
            if megabytes is not None and totals[1] > 1024 * megabytes:
                process.kill()

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        code = process.wait(seconds)
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        over.set()
        watcher.join()
    spent = round(time.perf_counter() - started, 1)
    return Measured(spent, round(peaks[0] / 1024), round(peaks[1] / 1024), code)


def memory(root: int) -> tuple[int, int]:
    """(all resident memory, that without files) in KiB of a process and its descendants."""
    chosen = family(root).values()
    return sum(row.get("VmRSS", 0) for row in chosen), sum(row.get("RssAnon", 0) for row in chosen)


def family(root: int) -> dict[int, dict[str, int]]:
    """A process and its descendants: {process id: numbers of its status, memory in KiB}."""
    rows = {int(path.name): row for path in Path("/proc").iterdir() if path.name.isdigit() and (row := _status(path))}
    found = {root}
    while more := {pid for pid, row in rows.items() if row["PPid"] in found} - found:
        found |= more
    return {pid: rows[pid] for pid in found if pid in rows}


def cpu_seconds(root: int) -> float:
    """Processor seconds of a process, of its descendants, and of those of them that ended and were waited for."""
    ticks = 0
    for pid in family(root):
        with suppress(OSError):  # it has ended meanwhile
            text = Path(f"/proc/{pid}/stat").read_text()
            ticks += sum(int(number) for number in text.rpartition(")")[2].split()[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def _status(folder: Path) -> dict[str, int]:
    """The numbers that are needed of one process; empty when it has ended."""
    try:
        lines = (folder / "status").read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {key: int(value.split()[0]) for key, value in pairs if key in ("PPid", "VmRSS", "RssAnon")}
