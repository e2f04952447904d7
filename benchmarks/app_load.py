"""Twenty visitors of the Streamlit app at once, each with twenty photos: all answered, and the memory given back?

    python benchmarks/app_load.py --bundle bundles/lecture --photos photos/test_set

The photos are drawings without `--photos`. Before the first measurement a visitor has warmed the app; before each
one it waits until Streamlit has forgotten those who left: two minutes, or what `--forget` says.
"""

import argparse
import io
import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.app_client import Visitor
from gemelo.synthetic import draw_photo

APP = Path(__file__).resolve().parents[1] / "streamlit_app" / "server.py"
Photos = list[tuple[str, bytes]]
# Seconds after which the app has given back what it took: streamlit_app/limits.py, QUIET_SECONDS, and a little.
_SETTLED = 5.0


def main() -> None:
    """Measure and print; save with --out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--forget", type=float, default=120.0, help="Seconds until a session that ended is.")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    sets = photo_sets(given.photos, given.visitors, given.each)
    with app(given.bundle, int(given.forget)) as (url, pid):
        result = load(url, pid, sets, given.forget + 5, given.rounds)
    print(json.dumps(result, indent=1))
    if given.out:
        given.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def load(url: str, pid: int, sets: list[Photos], forget: float, rounds: int = 1) -> dict[str, Any]:
    """Let all of them in at once, and again.

    Args:
        url: The app's address.
        pid: Its process.
        sets: The photos of each visitor, with names of his own.
        forget: Seconds between the last one's leaving and the next measurement.
        rounds: How often they come.
    """
    for _ in range(2):
        visit(url, sets[0])
    memory, seconds = [at_rest(url, pid, sets[0], forget)], list[float]()
    results: list[tuple[int, int]] = []
    for _ in range(rounds):
        start = time.perf_counter()
        with ThreadPoolExecutor(len(sets)) as pool:
            results += pool.map(lambda photos: visit(url, photos), sets)
        seconds.append(round(time.perf_counter() - start, 1))
        memory.append(at_rest(url, pid, sets[0], forget))
    return {
        "visitors": len(sets),
        "photos_each": len(sets[0]),
        "answered": sum(answered for answered, _ in results) / rounds,
        "strangers": sum(strangers for _, strangers in results),
        "seconds": seconds,
        "resident_mb": [round(size, 1) for size in memory],
        "growth": round(memory[-1] / memory[0] - 1, 4),
    }


def at_rest(url: str, pid: int, photos: Photos, forget: float) -> float:
    """Resident MB once those who left are forgotten: before and after are measured alike."""
    time.sleep(forget)
    visit(url, photos)  # Streamlit sweeps when somebody comes
    time.sleep(_SETTLED)
    return resident(pid)


def visit(url: str, photos: Photos) -> tuple[int, int]:
    """One visitor: how many of his photos were answered, and how many cards were not his."""
    mine = {name for name, _ in photos}
    with Visitor(url) as visitor:
        text = visitor.upload(photos)
        shown = set(re.findall(r"v\d+-\d+\.\w+", text))
        return (text.count("probability:") if mine <= shown else 0), len(shown - mine)


def photo_sets(folder: Path | None, visitors: int, each: int) -> list[Photos]:
    """Photos for everybody, no two of the same name: "v3-07.jpg"."""
    if folder is None:
        files = [("webp", _drawing(i)) for i in range(each)]
        return [[(f"v{v}-{i:02d}.{kind}", data) for i, (kind, data) in enumerate(files)] for v in range(visitors)]
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".png", ".webp"))
    chosen = [paths[i % len(paths)] for i in range(visitors * each)]
    names = [f"v{i // each}-{i % each:02d}{path.suffix.lower()}" for i, path in enumerate(chosen)]
    pairs = [(name, path.read_bytes()) for name, path in zip(names, chosen, strict=True)]
    return [pairs[v * each : (v + 1) * each] for v in range(visitors)]


def _drawing(number: int) -> bytes:
    stream = io.BytesIO()
    label = ("cats", "dogs")[number % 2]
    draw_photo(label, np.random.default_rng([4, number]), shape=(640, 480)).save(stream, "WEBP", quality=90)
    return stream.getvalue()


@contextmanager
def app(bundle: Path, forget: int) -> Iterator[tuple[str, int]]:
    """The app as people start it: its address and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(APP), "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.disconnectedSessionTTL", str(forget)]
    command += ["--", "--bundle", str(bundle)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://localhost:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/_stcore/health").close()
                break
            except OSError:
                time.sleep(0.1)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


def resident(pid: int) -> float:
    """Resident memory of a process, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} ended")


if __name__ == "__main__":
    main()
