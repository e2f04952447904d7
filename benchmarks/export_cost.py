"""Seconds, processor time and peak memory of an export, step by step; of several versions of gemelo in one run.

    python -m benchmarks.export_cost runs/groceries --tree before=../older --tree after=.
    python -m benchmarks.export_cost runs/groceries --tree after=. --only all

Each tree is a folder with gemelo's source. Each exports the run with the default artifacts, then with `--all`. Memory
is the sum over all processes of the export. Steps are recognized by the progress lines. With several trees, the result
says whether their parity.json files are identical.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measured import cpu_seconds, memory
from gemelo.store.files import read_json, write_json
from gemelo.store.run import Run

RESULTS = Path(__file__).parent / "results" / "export_cost.json"
_PAUSE = 0.1  # seconds between two looks at the memory
_FIRST = "starting"
_VARIANTS = {"default": [], "all": ["--all"]}


@dataclass
class Steps:
    """Seconds, processor seconds and peak memory of what is said to be going on in a process and its descendants."""

    pid: int
    now: str = _FIRST
    since: float = field(default_factory=time.perf_counter)
    spent: float = 0.0
    rows: dict[str, dict[str, float]] = field(default_factory=dict)

    def begin(self, step: str) -> None:
        """Another step begins."""
        now, spent = time.perf_counter(), cpu_seconds(self.pid)
        self.add("seconds", now - self.since)
        self.add("cpu_seconds", max(0.0, spent - self.spent))
        self.now, self.since, self.spent = step, now, max(spent, self.spent)

    def add(self, key: str, value: float) -> None:
        """Add to a figure of the step that is going on."""
        row = self.rows.setdefault(self.now, {})
        row[key] = round(row.get(key, 0.0) + value, 1)

    def look(self) -> None:
        """Note the memory."""
        row = self.rows.setdefault(self.now, {})
        for key, kib in zip(("peak_mb", "own_mb"), memory(self.pid), strict=True):
            row[key] = max(round(kib / 1024), row.get(key, 0))

    def follow(self, lines: Iterable[str]) -> list[str]:
        """Read what the process says until it ends, and look at it meanwhile."""
        over, said = threading.Event(), list[str]()

        def look() -> None:
            while not over.wait(_PAUSE):
                self.look()

        watcher = threading.Thread(target=look, daemon=True)
        watcher.start()
        for line in lines:
            said.append(line)
            if (step := _step(line)) is not None:
                self.begin(step)
        over.set()
        watcher.join()
        self.begin("ended")
        return said


def exported(tree: Path, run: Path, out: Path, options: list[str], images: Path | None) -> dict[str, Any]:
    """Export by the gemelo of a tree.

    Raises:
        SystemExit: The export wrote nothing.
    """
    command = [sys.executable, "-m", "gemelo", "export", str(run.resolve()), "--out", str(out), *options]
    command += ["--images", str(images.resolve())] if images else []
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    before, started = _spent(), time.perf_counter()
    with subprocess.Popen(
        command, cwd=tree, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        steps = Steps(process.pid)
        said = steps.follow(process.stderr)
    if not (out / "parity.json").is_file():
        raise SystemExit(f"{tree}: exit code {process.returncode}\n{''.join(said[-20:])}")
    return {
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(_spent() - before, 1),
        "peak_mb": max(row.get("peak_mb", 0) for row in steps.rows.values()),
        "own_mb": max(row.get("own_mb", 0) for row in steps.rows.values()),
        "load": round(os.getloadavg()[0], 1),
        "steps": {name: row for name, row in steps.rows.items() if name != "ended"},
    }


def _step(line: str) -> str | None:
    """`verifying (2610)` and `  exporting: onnx/int8` begin something; `  verifying: 12 of 20` does not."""
    text = line.rstrip()
    if not text.startswith(" "):
        return text.partition(" (")[0]
    what, _, note = text.strip().partition(": ")
    return f"{what} {note}" if what == "exporting" and " of " not in note else None


def _spent() -> float:
    """Processor seconds of all processes that were started from here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure every tree and add the rows to results/export_cost.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="the run to export")
    parser.add_argument("--tree", action="append", required=True, metavar="NAME=DIR", help="a version of gemelo")
    parser.add_argument("--only", choices=_VARIANTS, help="the default artifacts, or all; both unless given")
    parser.add_argument("--variants", metavar="NAMES", help="these artifacts alone, e.g. fp32,onnx/int8")
    parser.add_argument("--images", type=Path, help="the photos, where they are no longer where training found them")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the figures go")
    given = parser.parse_args()
    run = Run.open(given.run)
    trees = {name: Path(folder).resolve() for name, _, folder in (text.partition("=") for text in given.tree)}
    key = f"{run.manifest.architecture} {run.preprocessing.width}, {len(run.reference.test)} test photos"
    wanted = {given.only: _VARIANTS[given.only]} if given.only else _VARIANTS
    wanted = {given.variants: ["--variants", given.variants]} if given.variants else wanted
    for variants, options in wanted.items():
        rows: dict[str, Any] = {}
        with tempfile.TemporaryDirectory(prefix="gemelo-cost-") as folder:
            for name, tree in trees.items():
                out = Path(folder) / name / "bundle"
                rows[name] = exported(tree, given.run, out, options, given.images)
                print(f"{key}, {variants}, {name}: {rows[name]}", flush=True)
            reports = {(Path(folder) / name / "bundle" / "parity.json").read_bytes() for name in trees}
        known = read_json(given.out) if given.out.is_file() else {}
        same = {"same_parity": len(reports) == 1} if len(trees) > 1 else {}
        older = known.get(key, {}).get(variants, {})
        write_json(given.out, {**known, key: {**known.get(key, {}), variants: {**older, **rows, **same}}})


if __name__ == "__main__":
    main()
