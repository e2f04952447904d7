"""Mutated images, each answered or refused: never outside the error tree, within two seconds and 500 MB."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.hostile.measured import MOST_MB, MOST_SECONDS, Measured, Outcome
from benchmarks.hostile.mutate import mutated
from benchmarks.hostile.record import counted, progress

BUNDLE = Path("bundles/drawings")
_TOLD = 20


def run(seed: int, numbers: Sequence[int], keep: str | None) -> dict[str, Any]:
    """Predict each mutated image; see `measure`."""
    return measure(lambda number: mutated(seed, number), numbers, keep)


def measure(make: Callable[[int], tuple[str, bytes]], numbers: Sequence[int], keep: str | None) -> dict[str, Any]:
    """Predict images in a measured process.

    Args:
        make: Gives the name and the bytes of image number n.
        numbers: Which.
        keep: A folder for the files that failed.

    Returns:
        Verdicts and faults, counted, the largest time and memory, and the files that failed.
    """
    verdicts, faults, failed = list[str](), list[str](), list[dict[str, Any]]()
    slowest, largest = 0.0, 0.0
    with Measured(BUNDLE) as measured:
        for number in progress(numbers, "images"):
            name, data = make(number)
            outcome = measured.predict(data)
            verdicts.append("outside" if outcome.verdict.startswith("outside") else outcome.verdict)
            slowest, largest = max(slowest, outcome.seconds), max(largest, outcome.mb)
            faults += outcome.faults
            if outcome.faults:
                failed.append(_row(number, name, data, outcome))
                print(failed[-1], flush=True)
                _keep(keep, number, data)
    return {
        "count": len(numbers),
        "verdicts": counted(verdicts),
        "limits": {"seconds": MOST_SECONDS, "mb": MOST_MB},
        "slowest_s": slowest,
        "largest_mb": largest,
        "faults": counted(faults),
        "failed": failed[:_TOLD],
    }


def _row(number: int, name: str, data: bytes, outcome: Outcome) -> dict[str, Any]:
    row = {"number": number, "name": name, "bytes": len(data), "verdict": outcome.verdict, "faults": outcome.faults}
    row |= {"seconds": outcome.seconds, "mb": outcome.mb}
    return row | ({"said": outcome.said} if outcome.said else {})


def _keep(folder: str | None, number: int, data: bytes) -> None:
    if folder is not None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"{number}.bin").write_bytes(data)
