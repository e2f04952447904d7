"""Seconds and peak memory of each step with many classes or many photos, and with a tenth of them.

    python -m benchmarks.many_classes --classes 1000 --each 20
    python -m benchmarks.many_classes --classes 10 --each 10000
    python -m benchmarks.many_classes --classes 1000 --each 20 --arch efficientnet-lite0 --epochs 0

Draws small photos, no two alike, and takes them through the command line: train, export, verify, predict, info, page;
then the app is started, a visitor opens it and asks about one photo. Memory is that of a step's processes together.
Nothing should grow with the square of the classes, or with all photos held at once.
"""

import argparse
import io
import itertools
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.app_client import Visitor
from benchmarks.app_load import app
from benchmarks.measured import gemelo, memory
from gemelo.store.files import read_json, write_json

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
        SystemExit: It failed; its last words are shown. An export that left something out is no failure.
    """
    measured = gemelo(*command, log=log, cache=log.parent / "cache")
    if measured.code and not (command[0] == "export" and Path(command[3]).is_dir()):
        raise SystemExit(f"{command[0]}: exit code {measured.code}\n{log.read_text(errors='replace')[-2000:]}")
    return measured.to_json()


def open_app(bundle: Path, photo: Path) -> dict[str, float]:
    """Seconds until the app's first page is there, and until it answered one photo; its peak memory."""
    started, peaks, over = time.perf_counter(), [0], threading.Event()
    with app(bundle, 120) as (url, pid):

        def look() -> None:
            while not over.wait(0.1):
                peaks[0] = max(peaks[0], memory(pid)[0])

        watcher = threading.Thread(target=look, daemon=True)
        watcher.start()
        with Visitor(url) as visitor:
            opened = time.perf_counter() - started
            answer = visitor.upload([(photo.name, photo.read_bytes())])
            answered = time.perf_counter() - started - opened
        over.set()
        watcher.join()
    if "class " not in answer:
        raise SystemExit(f"the app did not answer: {answer[:500]}")
    return {"opened_s": round(opened, 1), "answered_s": round(answered, 1), "peak_mb": round(peaks[0] / 1024)}


def steps(folder: Path, classes: int, each: int, options: list[str], variants: list[str]) -> dict[str, Any]:
    """All steps on a set of that size."""
    photos, run, bundle = folder / "photos", folder / "run", folder / "bundle"
    draw(photos, classes, each)
    one = next(photos.rglob("*.jpg")).parent
    commands: dict[str, list[str | Path]] = {
        "train": ["train", photos, "--out", run, *options],
        "export": ["export", run, "--out", bundle, *variants],
        "verify": ["verify", bundle],
        "predict": ["predict", bundle, one],
        "info": ["info", bundle],
        "page": ["page", bundle, "--out", folder / "page"],
    }
    found: dict[str, Any] = {"classes": classes, "photos": classes * each}
    for name, command in commands.items():
        found[name] = measure(*command, log=folder / "log.txt")
        print(f"{classes} classes x {each}: {name} {found[name]}", flush=True)
    found["app"] = open_app(bundle, next(one.iterdir()))
    print(f"{classes} classes x {each}: app {found['app']}", flush=True)
    report = read_json(bundle / "parity.json")
    found["passed"] = [f"{a['format']}/{a['variant']}" for a in report["artifacts"]]
    found["left_out"] = {f["name"]: f["reasons"] for f in report["left_out"]}
    return {**found, "files_kb": {path.name: path.stat().st_size // 1000 for path in _records(run, bundle)}}


def _records(run: Path, bundle: Path) -> list[Path]:
    names = [run / "run.json", run / "report.html", bundle / "reference.json"]
    return [path for path in [*names, bundle / "reference.npy", bundle / "README.md"] if path.is_file()]


def main() -> None:
    """Measure both sizes and add them to results/many_classes.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--each", type=int, default=20, help="photos of each class")
    parser.add_argument("--arch", default="lecture")
    parser.add_argument("--size", type=int, default=_SIDE)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--variants", help="some only, e.g. fp32; the usual ones by default")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    options = ["--arch", given.arch, "--size", str(given.size), "--epochs", str(given.epochs)]
    variants = ["--variants", given.variants] if given.variants else []
    # A tenth of what there are more of.
    tenth = (given.classes // 10, given.each) if given.classes >= given.each else (given.classes, given.each // 10)
    key, rows = f"{given.arch} {given.size}, {given.classes} classes x {given.each} photos", {}
    for name, (classes, each) in (("a_tenth", tenth), ("all", (given.classes, given.each))):
        with tempfile.TemporaryDirectory(prefix="gemelo-many-") as folder:
            rows[name] = steps(Path(folder), classes, each, options, variants)
        known = read_json(given.out) if given.out.is_file() else {}
        write_json(given.out, {**known, key: rows})


if __name__ == "__main__":
    main()
