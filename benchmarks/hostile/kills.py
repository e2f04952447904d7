"""Kill commands at random times and at random file operations, and look at what is left on disk.

A chain is a command that is killed four times and then runs to its end. After each kill, the target must be the old
version, the new version, or be reported as unfinished. At the end there must be the files of an undisturbed run and no
others, temporary folders included.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.hostile.record import counted, progress
from benchmarks.hostile.scenarios import SCENARIOS, Scenario, prepare

_CHAIN = 4
_PATIENCE = 400.0
_TOLD = 20
_SIGNALS = (signal.SIGKILL,) * 7 + (signal.SIGTERM, signal.SIGINT, signal.SIGINT)


@dataclass
class Reference:
    """An undisturbed run.

    Attributes:
        seconds: How long it took.
        operations: How many file operations.
        files: Every file at its end.
        state: What the target is then.
        before: What the target was.
    """

    seconds: float
    operations: int
    files: set[str]
    state: str
    before: str


def run(seed: int, numbers: Sequence[int], keep: str | None) -> dict[str, Any]:
    """Kill `len(numbers)` times, four times in a chain: kill n is in chain n // 4, and --only runs its whole chain."""
    # Children inherit this; a shell's background job would have them ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chains = sorted({number // _CHAIN for number in numbers})
    states, kills, failed = list[str](), list[str](), list[dict[str, Any]]()
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        references: dict[str, Reference] = {}
        order = [scenario for scenario in SCENARIOS for _ in range(scenario.chains)]
        for number in progress(chains, "chains of kills"):
            scenario, work = order[number % len(order)], Path(folder) / "work"
            if scenario.name not in references:
                references[scenario.name] = _undisturbed(scenario, work, Path(folder))
            chain = _Chain(scenario, work, Path(folder), references[scenario.name], random.Random(f"{seed}:{number}"))
            chain.run()
            print(f"{number} {scenario.name}: {'; '.join(chain.told)}", flush=True)
            states += chain.states
            kills += chain.kills
            failed += [
                {"chain": number, "scenario": scenario.name, "kills": chain.told, "fault": f} for f in chain.faults
            ]
            if chain.faults:
                print(failed[-1], flush=True)
                if keep:
                    shutil.copytree(work, Path(keep) / str(number), symlinks=True, dirs_exist_ok=True)
    result = {"count": len(kills), "chains": len(chains), "kills": counted(kills), "states": counted(states)}
    return {**result, "faults": len(failed), "failed": failed[:_TOLD]}


class _Chain:
    def __init__(self, scenario: Scenario, work: Path, base: Path, reference: Reference, rng: random.Random) -> None:
        self.scenario, self.work, self.base, self.reference, self.rng = scenario, work, base, reference, rng
        self.states, self.kills, self.told, self.faults = list[str](), list[str](), list[str](), list[str]()

    def run(self) -> None:
        _begin(self.scenario, self.work, self.base)
        for _ in range(3 * _CHAIN):
            if len(self.kills) == _CHAIN:
                break
            self._kill()
        self._finish()

    def _kill(self) -> None:
        number = self.rng.choice(_SIGNALS)
        if self.rng.random() < 0.5:
            at = self.rng.randint(1, max(1, self.reference.operations))
            process = _start(self.scenario, self.work, self.base, at, number)
            how = f"{number.name} at operation {at}"
        else:
            seconds = self.rng.uniform(0.02, 0.95) * self.reference.seconds
            process = _start(self.scenario, self.work, self.base)
            how = f"{number.name} after {seconds:.2f} s"
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
            process.send_signal(number)
        complained = _end(process)
        state = self._judged(self.scenario.state(self.work))
        self.told.append(f"{how}: {state}")
        if process.returncode == 0:  # it was faster
            self._check_end()
            _begin(self.scenario, self.work, self.base)
        else:
            self.kills.append(number.name)
            self.states.append(state.split(":")[0])
        if state.startswith("half"):
            self.faults.append(f"half taken for whole: {state}")
        if "Traceback" in complained or "should not have happened" in complained:
            self.faults.append(f"{how}: {complained[-600:]}")

    def _judged(self, state: str) -> str:
        """A state in words; what is neither of the two whole things is a half one."""
        known = {self.reference.before: "as before", self.reference.state: "new", "unfinished": "unfinished"}
        return known.get(state, state if state.startswith("half") else f"half: {state}")

    def _finish(self) -> None:
        process = _start(self.scenario, self.work, self.base)
        complained = _end(process)
        if process.returncode != 0:
            self.faults.append(f"the next run ends with {process.returncode}: {complained[-600:]}")
        else:
            self._check_end()

    def _check_end(self) -> None:
        if (state := self.scenario.state(self.work)) != self.reference.state:
            self.faults.append(f"the next run leaves {state}")
        if left := _files(self.work) - self.reference.files:
            self.faults.append(f"left over: {sorted(left)[:8]}")


def _undisturbed(scenario: Scenario, work: Path, base: Path) -> Reference:
    _begin(scenario, work, base)
    before = scenario.state(work)
    process = _start(scenario, work, base, 0)
    if complained := _end(process) if process.wait(_PATIENCE) else "":
        raise SystemExit(f"{scenario.name}: {complained}")
    operations = int(Path(f"{os.path.realpath(work)}.count").read_text())
    files, state = _files(work), scenario.state(work)
    _begin(scenario, work, base)
    start = time.monotonic()
    _end(_start(scenario, work, base))
    return Reference(time.monotonic() - start, operations, files, state, before)


def _begin(scenario: Scenario, work: Path, base: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    (work / "tmp").mkdir(parents=True)
    scenario.begin(work, base)


def _start(
    scenario: Scenario, work: Path, base: Path, at: int | None = None, number: int = 0
) -> "subprocess.Popen[str]":
    program, *words = scenario.command(work, base)
    trap = [] if at is None else ["-m", "benchmarks.hostile.killed", str(at), str(int(number)), str(work)]
    plain = [] if program.endswith(".py") else ["-m"]
    command = [sys.executable, *(trap or plain), program, *words]
    environment = {**os.environ, "TMPDIR": str(work / "tmp"), "GEMELO_CACHE": str(work / "cache"), "COLUMNS": "200"}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=pipe, text=True, env=environment)


def _end(process: "subprocess.Popen[str]") -> str:
    """Wait for it; what it wrote on standard error."""
    try:
        return process.communicate(timeout=_PATIENCE)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "Traceback: it did not end"


def _files(work: Path) -> set[str]:
    return {str(path.relative_to(work)) for path in work.rglob("*") if "__pycache__" not in path.parts}
