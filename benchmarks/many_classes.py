"""Seconds and peak memory of each step with many classes or many photos, and with a tenth of them.

    python -m benchmarks.many_classes --classes 1000 --each 20
    python -m benchmarks.many_classes --classes 10 --each 10000

Draws small photos, no two alike, and takes them through the command line: train, export, verify, predict, info, page.
Each step is a process of its own, with the processes that it starts; its memory is the largest resident set of one.
Nothing should grow with the square of the classes, or with all photos held at once.
"""

import argparse
import io
import itertools
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gemelo.files import read_json, write_json

RESULTS = Path(__file__).parent / "results" / "many_classes.json"
_SIDE = 64


def draw(folder: Path, classes: int, each: int) -> None:
    """Photos of 64x64: a color for each class, a grain for each photo."""
    for label, number in itertools.product(range(classes), range(each)):
        rng = np.random.default_rng([label, number])
        color = np.random.default_rng(label).integers(40, 216, 3)
        pixels = np.clip(color + rng.normal(0, 24, (_SIDE, _SIDE, 3)), 0, 255).astype(np.uint8)
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "JPEG", quality=75)
        path = folder / f"class {label:05d}" / f"{number:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(stream.getvalue())


def measure(*command: str | Path, log: Path) -> dict[str, float]:
    """Seconds and peak memory of one command.

    Raises:
        SystemExit: It failed; its last words are shown.
    """
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "GEMELO_CACHE": str(log.parent / "cache")}
    started = time.perf_counter()
    with log.open("wb") as stream:
        words = [sys.executable, "-m", "gemelo", *map(str, command)]
        process = subprocess.Popen(words, env=environment, stdout=stream, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]}: exit code {process.returncode}\n{log.read_text(errors='replace')[-2000:]}")
    return {"seconds": round(time.perf_counter() - started, 1), "peak_mb": round(usage.ru_maxrss / 1024)}


def steps(folder: Path, classes: int, each: int, options: list[str]) -> dict[str, Any]:
    """All steps on a set of that size."""
    photos, run, bundle = folder / "photos", folder / "run", folder / "bundle"
    draw(photos, classes, each)
    one = next(photos.rglob("*.jpg")).parent
    commands: dict[str, list[str | Path]] = {
        "train": ["train", photos, "--out", run, *options],
        "export": ["export", run, "--out", bundle, "--variants", "fp32"],
        "verify": ["verify", bundle],
        "predict": ["predict", bundle, one],
        "info": ["info", bundle],
        "page": ["page", bundle, "--out", folder / "page"],
    }
    found: dict[str, Any] = {"classes": classes, "photos": classes * each}
    for name, command in commands.items():
        found[name] = measure(*command, log=folder / "log.txt")
        print(f"{classes} classes x {each}: {name} {found[name]}", flush=True)
    return {**found, "files_kb": {path.name: path.stat().st_size // 1000 for path in _records(run, bundle)}}


def _records(run: Path, bundle: Path) -> list[Path]:
    names = [run / "run.json", run / "confusion.png", run / "report.html", bundle / "reference.json"]
    return [path for path in [*names, bundle / "reference.npy", bundle / "README.md"] if path.is_file()]


def main() -> None:
    """Measure both sizes and add them to results/many_classes.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--each", type=int, default=20, help="photos of each class")
    parser.add_argument("--arch", default="lecture")
    parser.add_argument("--size", type=int, default=_SIDE)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    options = ["--arch", given.arch, "--size", str(given.size), "--epochs", str(given.epochs)]
    # A tenth of what there are more of.
    tenth = (given.classes // 10, given.each) if given.classes >= given.each else (given.classes, given.each // 10)
    rows = []
    for classes, each in (tenth, (given.classes, given.each)):
        with tempfile.TemporaryDirectory(prefix="gemelo-many-") as folder:
            rows.append(steps(Path(folder), classes, each, options))
    known = read_json(given.out) if given.out.is_file() else {}
    key = f"{given.arch} {given.size}, {given.classes} classes x {given.each} photos"
    write_json(given.out, {**known, key: {"a_tenth": rows[0], "all": rows[1]}})


if __name__ == "__main__":
    main()
