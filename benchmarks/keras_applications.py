"""Every network of keras.applications: a step of training, an export, and what came of each artifact.

Usage: python benchmarks/keras_applications.py [NAME ...] [--variants fp32] [--seconds 600] [--most PARAMETERS]

Weights and statistics are random, photos are noise at the network's smallest size: what is tried is whether the network
can be trained, converted, and run by each runtime with Keras's answers, not how good it is. Results are added to
benchmarks/results/keras_applications.json, a row for each network.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from PIL import Image

RESULTS = Path(__file__).parent / "results" / "keras_applications.json"
PHOTOS = 10  # of each class


def main() -> None:
    """Try the networks that were named, or all of them, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seconds", type=float, default=600, help="for each network")
    parser.add_argument("--most", type=int, default=100_000_000, help="larger networks are not tried")
    parser.add_argument("--variants", help="some only, e.g. fp32; the usual ones by default")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        variants = arguments.variants.split(",") if arguments.variants else None
        print(json.dumps(attempt(arguments.names[0], arguments.most, variants)))
        return
    for name in arguments.names or names():
        row = try_one(name, arguments.seconds, arguments.most, arguments.variants)
        print(f"{name}: {row['outcome']}", flush=True)
        rows = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
        rows[name] = row
        RESULTS.write_text(json.dumps(dict(sorted(rows.items())), indent=1) + "\n", encoding="utf-8")


def names() -> list[str]:
    """All networks that Keras has."""
    from trainer.architectures._keras import backbones

    return backbones()


def try_one(name: str, seconds: float, most: int, variants: str | None) -> dict[str, Any]:
    """One network in a process of its own."""
    command = [sys.executable, __file__, name, "--child", "--most", str(most)]
    command += ["--variants", variants] if variants else []
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": "."}
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds, env=environment)
    except subprocess.TimeoutExpired:
        return {"outcome": f"stopped after {seconds:.0f} s"}
    if done.returncode:
        return {"outcome": f"failed: {(done.stderr.strip().splitlines() or ['no word'])[-1]}"}
    row: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return row


def attempt(name: str, most: int, variants: list[str] | None = None) -> dict[str, Any]:
    """Train a step and export; the usual variants unless some are named."""
    from exporters.export import Extras, export
    from gemelo.errors import GemeloError
    from gemelo.preprocessing import Preprocessing
    from trainer import architectures
    from trainer import train as training
    from trainer.train import TrainOptions, train

    built = vars(training)["_build"]
    architecture = architectures.get(f"keras:{name}")
    size = architecture.minimum_size()
    parameters = architecture.build(Preprocessing(size, size), 2).count_params()
    row: dict[str, Any] = {"size": size, "parameters": parameters}
    if parameters > most:
        return {**row, "outcome": f"not tried: more than {most:,} parameters"}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        draw(folder / "photos", size)
        options = TrainOptions(
            *(folder / "photos", folder / "run"),
            arch=f"keras:{name}",
            size=size,
            epochs=1,
            batch=4,
            settings={"pretrained": "", "frozen_norm": True},
            cache=folder / "cache",
        )
        started = time.perf_counter()
        try:
            with mock.patch.object(training, "_build", lambda plan, classes: shaken(built(plan, classes))):
                run = train(options)
            assert run is not None
            row["train_seconds"] = round(time.perf_counter() - started, 1)
            report = export(run.path, folder / "bundle", None, variants, extras=Extras(layers=False)).report
        except GemeloError as exc:
            return {**row, "outcome": f"refused: {exc.message}"}
    row["seconds"] = round(time.perf_counter() - started, 1)
    row["passed"] = {result.name: result.max_abs_difference for result in report.artifacts}
    row["left_out"] = {failure.name: "; ".join(failure.reasons) for failure in report.left_out}
    return {**row, "outcome": f"{len(row['passed'])} passed, {len(row['left_out'])} left out"}


def shaken(model: Any) -> Any:
    """The model with normalizations as if it had learned: an untrained one answers all images alike."""
    rng = np.random.default_rng(7)
    for weight in model.weights:
        if weight.name in ("gamma", "moving_variance"):
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif weight.name in ("beta", "moving_mean"):
            weight.assign(rng.uniform(-0.3, 0.3, weight.shape))
    return model


def draw(folder: Path, size: int) -> None:
    """Photos of noise in two classes: dark ones and light ones."""
    rng = np.random.default_rng(0)
    for label, low in (("dark", 0), ("light", 128)):
        (folder / label).mkdir(parents=True)
        for index in range(PHOTOS):
            pixels = rng.integers(low, low + 128, (size, size, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{index}.png")


if __name__ == "__main__":
    main()
