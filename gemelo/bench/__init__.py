"""How fast each artifact is on this very machine: cold start, warm answers, batches, memory, bytes.

Every artifact is measured in processes of its own, in turn, round after round, so that a drift of the machine
meets all of them alike.
"""

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gemelo import installed, runtimes
from gemelo.errors import MissingDependencyError, RuntimeFailure, UnknownNameError, UsageError
from gemelo.progress import SILENT, Progress
from gemelo.store.bundle import Artifact, Bundle

DEFAULT_BATCHES = (1, 8, 32)
_PATIENCE = 300.0


@dataclass(frozen=True)
class Timing:
    """One artifact, measured.

    Attributes:
        name: `onnx/fp32`; `keras` for Keras itself.
        runtime, version: What ran it.
        bytes: Of its files.
        cold_ms: From the start of a process to its first answer, hashes checked: median over the rounds.
        warm_ms, p95_ms: One image that is prepared already: median and 95th percentile.
        photo_ms: One small photo (a golden) from the bytes of its file: median; None where nothing reads bytes.
        images_per_second: By the size of the batch.
        peak_bytes: Peak resident memory of the process, and of Node where it is used.
    """

    name: str
    runtime: str
    version: str
    bytes: int
    cold_ms: float
    warm_ms: float
    p95_ms: float
    photo_ms: float | None
    images_per_second: dict[str, float]
    peak_bytes: int


@dataclass(frozen=True)
class BenchReport:
    """All that was measured, and what was not and why."""

    bundle: str
    rounds: int
    artifacts: list[Timing]
    left_out: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """As `gemelo bench --json` prints it."""
        return asdict(self)


@dataclass(frozen=True)
class _Subject:
    name: str
    runtime: str
    version: str
    bytes: int
    command: list[str]


def bench(
    path: str | Path,
    names: Sequence[str] | None = None,
    *,
    keras_run: str | Path | None = None,
    seconds: float = 1.0,
    rounds: int = 3,
    batches: Sequence[int] = DEFAULT_BATCHES,
    progress: Progress = SILENT,
) -> BenchReport:
    """Measure the artifacts of a bundle.

    Args:
        path: The bundle's folder.
        names: Which artifacts: formats (`onnx`) or full names (`onnx/int8`); None takes all that can run here.
        keras_run: The run that the bundle was made of, to measure Keras beside its artifacts.
        seconds: How long each kind of answer is measured in each round.
        rounds: How often each is started afresh.
        batches: Sizes of batches.
        progress: Where to report to.

    Raises:
        UsageError: Names that there are not, numbers that cannot be, or nothing that can run here.
        IntegrityError: The bundle is not what was written.
        RuntimeFailure: A process failed.
    """
    if not 0 < seconds <= 60 or not 1 <= rounds <= 100 or not all(1 <= size <= 4096 for size in batches):
        raise UsageError("seconds must be above 0 and at most 60, rounds 1 to 100, batches 1 to 4096")
    bundle = Bundle.open(path)
    left_out: dict[str, str] = {}
    tail = [str(seconds), ",".join(map(str, batches))]
    subjects = [s for a in choose(bundle, names) if (s := _subject(bundle, a, tail, left_out)) is not None]
    if keras_run is not None:
        subjects.append(_keras(Path(keras_run), bundle, tail))
    if not subjects:
        raise UsageError("nothing here can be run: " + "; ".join(f"{k}: {v}" for k, v in left_out.items()))
    raw: dict[str, list[dict[str, Any]]] = {subject.name: [] for subject in subjects}
    with progress.step("measuring", rounds * len(subjects)) as done:
        for _ in range(rounds):
            for subject in subjects:
                done(0, subject.name)
                raw[subject.name].append(_measure(subject))
                done(1, subject.name)
    return BenchReport(bundle.name, rounds, [_timing(s, raw[s.name]) for s in subjects], left_out)


def choose(bundle: Bundle, names: Sequence[str] | None) -> list[Artifact]:
    """The artifacts named by format or by full name.

    Raises:
        UnknownNameError: One names nothing.
    """
    if names is None:
        return bundle.artifacts
    known = list(dict.fromkeys([*(a.format for a in bundle.artifacts), *(a.name for a in bundle.artifacts)]))
    for name in names:
        if name not in known:
            raise UnknownNameError("artifact", name, known)
    return [a for a in bundle.artifacts if a.format in names or a.name in names]


def _subject(bundle: Bundle, artifact: Artifact, tail: list[str], left_out: dict[str, str]) -> _Subject | None:
    try:
        runtime = runtimes.get(artifact.format)
        version = runtime.version()
    except (MissingDependencyError, UnknownNameError) as exc:
        left_out[artifact.name] = exc.message
        return None
    head = [sys.executable, "-m", "gemelo.bench.child", str(bundle.path)]
    command = [*head, artifact.format, artifact.variant, *tail]
    return _Subject(artifact.name, runtime.NAME, version, artifact.bytes, command)


def _keras(run: Path, bundle: Bundle, tail: list[str]) -> _Subject:
    model = run / "model.keras"
    if not model.is_file():
        raise UsageError(f"{run}: there is no model.keras in it", hint="give the run that the bundle was exported from")
    if importlib.util.find_spec("keras") is None:
        raise MissingDependencyError("keras", "pip install 'gemelo[train]'")
    command = [sys.executable, "-m", installed.name_of("trainer.bench"), str(model), str(bundle.path), *tail]
    return _Subject("keras", "keras", "", model.stat().st_size, command)


def _measure(subject: _Subject) -> dict[str, Any]:
    """Start it, time its first line, take its second."""
    started = time.perf_counter()
    with subprocess.Popen(subject.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - asked for a line above
        first = process.stdout.readline()
        cold = 1000 * (time.perf_counter() - started)
        try:
            rest, complaint = process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired as exc:
            process.kill()
            raise RuntimeFailure(f"{subject.name}: no answer within {_PATIENCE:.0f} s") from exc
    if process.returncode != 0 or not first:
        last = next((line for line in reversed(complaint.splitlines()) if line.strip()), "it said nothing")
        raise RuntimeFailure(f"{subject.name}: its process failed: {last}")
    return {**json.loads(rest.splitlines()[-1]), "cold_ms": cold, **json.loads(first)}


def _timing(subject: _Subject, rows: list[dict[str, Any]]) -> Timing:
    times = np.concatenate([row["milliseconds"] for row in rows])
    photos = np.concatenate([row["photo_milliseconds"] for row in rows])
    sizes = rows[0]["images_per_second"]
    return Timing(
        name=subject.name,
        runtime=subject.runtime,
        version=rows[0].get("version", subject.version),
        bytes=subject.bytes,
        cold_ms=_rounded(np.median([row["cold_ms"] for row in rows])),
        warm_ms=_rounded(np.median(times)),
        p95_ms=_rounded(np.percentile(times, 95)),
        photo_ms=_rounded(np.median(photos)) if photos.size else None,
        images_per_second={n: _rounded(np.median([row["images_per_second"][n] for row in rows])) for n in sizes},
        peak_bytes=max(row["peak_bytes"] for row in rows),
    )


def _rounded(value: Any) -> float:
    return float(f"{float(value):.4g}")
