"""Two workers on loopback beside one: the same accuracy, the time, and what becomes of a training that loses a worker.

    python -m benchmarks.workers --photos photos --each 1500 --epochs 10

`gemelo train --arch compact`, by the command line, four times: alone, alone with another seed (what chance does), by
two workers, and by two workers of which one is killed (kill -9) after half of the epochs and which then go on with
--resume. On one machine two workers are no quicker than one: they share its cores.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.ablations import subset
from gemelo.store.files import write_json
from gemelo.store.run import Run

RESULTS = Path(__file__).parent / "results" / "workers.json"
_PATIENCE = 3600  # seconds
Process = subprocess.Popen[str]


def begin(out: Path, arguments: argparse.Namespace, photos: Path, *more: str, config: str | None = None) -> Process:
    """Start `gemelo train`, as one of several workers where there is a TF_CONFIG."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **({"TF_CONFIG": config} if config else {})}
    command = ["train", str(photos), "--out", str(out), "--arch", "compact", "--epochs", str(arguments.epochs), *more]
    error = out.parent.joinpath(f"{out.name}.log").open("a")
    return subprocess.Popen([sys.executable, "-m", "gemelo", *command], env=environment, stderr=error, text=True)


def pair(out: Path, arguments: argparse.Namespace, photos: Path, *more: str) -> list[Process]:
    """Start two workers on loopback, on ports that are free."""
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(2)]
    started = []
    for index in range(2):
        config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        own = (*more, "--distribute", "workers")
        started.append(begin(out.with_name(f"{out.name}{index}"), arguments, photos, *own, config=json.dumps(config)))
    return started


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def finish(processes: list[Process], out: Path) -> dict[str, Any]:
    """Wait for all of them, and say what came of it.

    Raises:
        RuntimeError: One of them failed.
    """
    codes = [process.wait(_PATIENCE) for process in processes]
    if any(codes):
        raise RuntimeError(f"{out}: the workers ended with {codes}")
    manifest = Run.open(out).manifest
    last = json.loads((out / "history.json").read_text(encoding="utf-8"))[-1]
    return {
        "test_accuracy": manifest.metrics.accuracy,
        "val_accuracy": last["val_accuracy"],
        "val_loss": round(last["val_loss"], 4),
        "seconds": manifest.training.seconds,
    }


def lose_one(out: Path, arguments: argparse.Namespace, photos: Path) -> dict[str, Any]:
    """Kill the second worker when half of the epochs are done, read what the first says, and go on."""
    first, second = pair(out, arguments, photos)
    history = out.with_name(f"{out.name}0") / "history.csv"
    while not history.exists() or len(history.read_text().splitlines()) <= arguments.epochs // 2:
        time.sleep(0.2)
    second.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    code = first.wait(_PATIENCE)
    said = out.parent.joinpath(f"{out.name}0.log").read_text(encoding="utf-8").strip().splitlines()
    found = {"first_exit": code, "first_ended_after_s": round(time.monotonic() - killed, 1), "said": said[-2:]}
    again = pair(out, arguments, photos, "--resume")
    return {**found, **finish(again, out.with_name(f"{out.name}0"))}


def main() -> None:
    """Train four times, and write results/workers.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="a folder of photos, split into training and test")
    parser.add_argument("--each", type=int, help="training photos of each class; all unless given")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the figures go")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        photos = subset(arguments.photos, arguments.each, folder / "photos")
        found: dict[str, Any] = {"network": "compact", "epochs": arguments.epochs, "each": arguments.each}
        for name, seed in (("alone", "0"), ("alone, seed 1", "1")):
            found[name] = finish([begin(folder / seed, arguments, photos, "--seed", seed)], folder / seed)
        found["two workers"] = finish(pair(folder / "two", arguments, photos), folder / "two0")
        found["two workers, one killed, resumed"] = lose_one(folder / "lost", arguments, photos)
    write_json(arguments.out, found)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
