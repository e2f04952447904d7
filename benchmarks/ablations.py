"""What each option of a training is worth: the same short training, one option changed at a time.

    python -m benchmarks.ablations compact --photos photos --each 1500 --epochs 30
    python -m benchmarks.ablations efficientnet-lite0-tiny --photos photos --each 1000 --epochs 12 --teacher runs/big

Each row is a process of its own, `gemelo train` with the options of the table below. Rows are compared on the
validation photos, which are taken from training; figures on the test photos are given too, and choose nothing. A row
that is in the results already, with as many epochs, is not trained again. Seconds of the processor, all cores together,
are given beside those of the clock: they hold on a busy machine too.
"""

import argparse
import json
import os
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from gemelo.store.files import write_json
from gemelo.store.run import Run
from trainer.dataset import TRAIN
from trainer.scan import scan

RESULTS = Path(__file__).parent / "results" / "ablations.json"
_TAUGHT = "--teacher TEACHER --teacher-views 2 --label-smoothing 0 --recipe patient"
_HOLD = "--validation-fraction 0.4"  # where few photos learn, more of the others judge
# For each network the options that all its rows share, and those of each row.
ROWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "compact": (
        _HOLD,
        (
            "",
            "--recipe gentle",
            "--recipe mixed",
            "--recipe none",
            "--ema 0",
            "--label-smoothing 0",
            "--early-epochs 0",
            "--optimizer adam --schedule constant --learning-rate 1e-3",
        ),
    ),
    "efficientnet-lite0": (
        f"--size 128 --fit crop {_HOLD}",
        (
            "",
            "--fit squash",
            "--fit pad",
            "--epochs 0",
            "--from-scratch",
            "--early-epochs 0",
            "--ema 0",
            "--label-smoothing 0",
            "--recipe none",
            "--learning-rate 1e-3",
            "--teacher TEACHER --teacher-views 2 --early-epochs 0 --label-smoothing 0",
        ),
    ),
    "efficientnet-lite0-tiny": (
        f"--fit crop {_HOLD}",
        (
            "",
            _TAUGHT,
            f"{_TAUGHT} --teacher-temperature 2",
            f"{_TAUGHT} --recipe gentle",
        ),
    ),
}


def subset(photos: Path, each: int | None, folder: Path) -> Path:
    """The same folder with so many training photos of each class, the first by name; all the others as they are."""
    if each is None:
        return photos
    taken: Counter[int] = Counter()
    for photo in sorted(scan(photos).photos, key=lambda photo: photo.relative):
        taken[photo.label] += photo.split == TRAIN
        if photo.split != TRAIN or taken[photo.label] <= each:
            target = folder / photo.relative
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(photo.path, target)
    return folder


def row(network: str, words: str, photos: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train once, and say what came of it."""
    shared = ROWS[network][0]
    given = shlex.split(f"{shared} {words}".replace("TEACHER", str(arguments.teacher)))
    epochs = [] if "--epochs" in given else ["--epochs", str(arguments.epochs)]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        command = ["train", str(photos), "--out", str(out), "--arch", network, "--seed", str(arguments.seed)]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        before = _processor()
        subprocess.run([sys.executable, "-m", "gemelo", *command, *epochs, *given], check=True, env=environment)
        run = Run.open(out)
        last = json.loads(run.file("history.json").read_text(encoding="utf-8"))[-1]
    metrics, dataset = run.manifest.metrics, run.manifest.dataset
    return {
        "network": network,
        "options": f"{shared} {words}".strip(),
        "asked_epochs": arguments.epochs,
        "epochs": run.manifest.training.epochs,
        "seed": arguments.seed,
        "photos": {split: getattr(dataset, split) for split in ("train", "val", "test")},
        "val_accuracy": last["val_accuracy"],
        "val_loss": round(last["val_loss"], 4),
        "test_accuracy": metrics.accuracy,
        "test_accuracy_mirrored": metrics.accuracy_mirrored,
        "test_loss": round(metrics.loss or 0, 4),
        "ece": round(metrics.ece or 0, 4),
        "seconds": run.manifest.training.seconds,
        "processor_seconds": round(_processor() - before, 1),  # the whole process, loading TensorFlow included
    }


def _processor() -> float:
    """Seconds that the processor's cores have worked for children of this process that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Train what is missing, write results/ablations.json after each row, and say what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=sorted(ROWS))
    parser.add_argument("--photos", type=Path, required=True, help="a folder of photos, split into training and test")
    parser.add_argument("--each", type=int, help="training photos of each class; all unless given")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--rows", type=int, help="the first so many; all unless given")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--teacher", type=Path, help="a run, for the rows that learn from one")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the figures go")
    arguments = parser.parse_args()
    found = json.loads(arguments.out.read_text(encoding="utf-8")) if arguments.out.exists() else []
    known = {(one["network"], one["options"], one["asked_epochs"], one["seed"]) for one in found}
    with tempfile.TemporaryDirectory() as folder:
        photos = subset(arguments.photos, arguments.each, Path(folder))
        shared, rows = ROWS[arguments.network]
        for words in rows[: arguments.rows]:
            key = (arguments.network, f"{shared} {words}".strip(), arguments.epochs, arguments.seed)
            if key in known or ("TEACHER" in words and not arguments.teacher):
                continue
            found.append(row(arguments.network, words, photos, arguments))
            write_json(arguments.out, found)
    print(f"{'val':>7} {'loss':>7} {'test':>7} {'s':>6}  options")
    for one in (one for one in found if one["network"] == arguments.network):
        figures = f"{one['val_accuracy']:7.4f} {one['val_loss']:7.4f} {one['test_accuracy']:7.4f}"
        print(f"{figures} {one['seconds']:6.0f}  {one['options'] or 'none'}")


if __name__ == "__main__":
    main()
