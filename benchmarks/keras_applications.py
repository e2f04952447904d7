"""Every network of keras.applications: a step of training, an export, and what came of each artifact.

    python -m benchmarks.keras_applications [NAME ...] [--variants fp32] [--shake 0.2] [--seconds 600]

Weights and statistics are random, photos are noise at the network's smallest size: what is tried is whether the network
can be trained, converted, and run by each runtime with Keras's answers, not how good it is. `--shake` is how far
normalizations are from those of an untrained network. With its default, 0.5, the deep ones of EfficientNetV2 are
chaotic (a pixel that is 0.001 brighter turns an answer around); with 0.2, or 0.05, they are not. EfficientNetV2L
overflows then; with `--variance 1.2` it trains, but its rounding errors are still too large.

Each network has a process of its own. Without names, those are tried of which
benchmarks/results/keras_applications.json has no artifacts yet; each row is added there as soon as it is known.
Networks that were never tried have a row that says so.
"""

import argparse
import gc
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

from benchmarks.measured import watched

RESULTS = Path(__file__).parent / "results" / "keras_applications.json"
UNTRIED = "not tried yet"
PHOTOS = 10  # of each class
SHAKE = (0.5, 1.0)


def main() -> None:
    """Try the networks that were named, or those that nothing is known of, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seconds", type=float, default=600, help="for each network")
    parser.add_argument("--megabytes", type=float, default=8000, help="for each network")
    parser.add_argument("--shake", type=float, default=SHAKE[0], help="from 0 to 1")
    parser.add_argument("--variance", type=float, default=SHAKE[1], help="of normalizations, before they are shaken")
    parser.add_argument("--variants", help="some only, e.g. fp32; the usual ones by default")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    shake = given.shake, given.variance
    if given.child:
        variants = given.variants.split(",") if given.variants else None
        attempt(given.names[0], variants, tell=print_row, shake=shake)
        return
    everything = {name: {"outcome": UNTRIED} for name in names()}
    for name in given.names or [name for name in everything if "passed" not in known().get(name, {})]:
        row = try_one(name, given.variants, given.seconds, given.megabytes, shake)
        print(f"{name}: {row['outcome']}", flush=True)
        rows = dict(sorted({**everything, **known(), name: row}.items()))
        RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def names() -> list[str]:
    """All networks that Keras has."""
    from trainer.architectures._keras import backbones

    return backbones()


def known() -> dict[str, Any]:
    """{network: its row} so far."""
    rows: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    return rows


def try_one(
    name: str, variants: str | None, seconds: float, megabytes: float, shake: tuple[float, float] = SHAKE
) -> dict[str, Any]:
    """One network in a process of its own, which prints what it knows after each step."""
    command = [sys.executable, "-m", "benchmarks.keras_applications", name, "--child"]
    command += ["--shake", str(shake[0]), "--variance", str(shake[1])]
    command += ["--variants", variants] if variants else []
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=errors)
        try:
            measured = watched(process, seconds, megabytes)
            stopped = f"stopped: it needs more than {megabytes:.0f} MB" if measured.own_mb > megabytes else ""
        except subprocess.TimeoutExpired:
            measured, stopped = None, f"stopped after {seconds:.0f} s"
        rows = [json.loads(line) for line in _lines(out) if line.startswith("{")]
        row: dict[str, Any] = rows[-1] if rows else {}
        if measured is not None:
            row["peak_mb"] = measured.peak_mb
        if stopped or (measured is not None and measured.code):
            row["outcome"] = stopped or f"failed: {([*_lines(errors)] or ['no word'])[-1]}"
    return row


def _lines(stream: Any) -> list[str]:
    stream.seek(0)
    return [str(line) for line in stream.read().decode(errors="replace").splitlines() if line.strip()]


def print_row(row: dict[str, Any]) -> None:
    """For the process that waits."""
    print(json.dumps(row), flush=True)


def attempt(
    name: str, variants: list[str] | None = None, tell: Any = None, shake: tuple[float, float] = SHAKE
) -> dict[str, Any]:
    """Train a step and export; the usual variants unless some are named.

    Args:
        name: The network.
        variants: Which to export.
        tell: Told the row after each step.
        shake: How far normalizations are from those of an untrained network, 0 to 1, and their usual variance.
    """
    from exporters.export import Extras, export
    from gemelo.errors import GemeloError
    from gemelo.preprocessing import Preprocessing
    from trainer import architectures
    from trainer import train as training
    from trainer.train import TrainOptions, train

    tell = tell or (lambda _: None)
    built = vars(training)["_build"]
    architecture = architectures.get(f"keras:{name}")
    size = architecture.minimum_size()
    parameters = architecture.build(Preprocessing(size, size), 2).count_params()
    row: dict[str, Any] = {"size": size, "parameters": parameters, "variants": ",".join(variants or ["usual"])}
    row |= {} if shake == SHAKE else dict(zip(("shake", "variance"), shake, strict=True))
    tell(row)
    with tempfile.TemporaryDirectory(prefix="gemelo-keras-") as place:
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
            with mock.patch.object(training, "_build", lambda plan, classes: shaken(built(plan, classes), *shake)):
                run = train(options)
            assert run is not None
            row["train_seconds"] = round(time.perf_counter() - started, 1)
            tell(row)
            forget()
            report = export(run.path, folder / "bundle", None, variants, extras=Extras(layers=False)).report
        except GemeloError as exc:
            row["outcome"] = f"refused: {exc.message}"
            tell(row)
            return row
    row["seconds"] = round(time.perf_counter() - started, 1)
    row["passed"] = {result.name: result.max_abs_difference for result in report.artifacts}
    row["left_out"] = {failure.name: "; ".join(failure.reasons) for failure in report.left_out}
    row["outcome"] = f"{len(row['passed'])} passed, {len(row['left_out'])} left out"
    tell(row)
    return row


def forget() -> None:
    """Free what a training left: an export is a process of its own otherwise, and has the memory for itself."""
    import keras

    keras.utils.clear_session()
    gc.collect()


def shaken(model: Any, by: float, variance: float) -> Any:
    """The model with normalizations as if it had learned: an untrained one answers all images alike."""
    rng = np.random.default_rng(7)
    for weight in model.weights:
        if weight.name in ("gamma", "moving_variance"):
            usual = variance if weight.name == "moving_variance" else 1
            weight.assign(usual * rng.uniform(1 - by, 1 + by, weight.shape))
        elif weight.name in ("beta", "moving_mean"):
            weight.assign(rng.uniform(-0.6 * by, 0.6 * by, weight.shape))
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
