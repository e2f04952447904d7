"""What 8 bits cost, artifact by artifact: label changes, decisive ones, accuracy, and the time it takes to make them.

    python -m benchmarks.eight_bits RUN ... [--as after] [--artifacts onnx/int8,tflite/int8,tfjs/uint8] [--photos 400]

Each run's artifacts are made and answer the run's test photos, evenly spread over the classes, by their own runtimes.
They are compared with the reference outputs of the run. Rows are added to results/eight_bits.json under the name that
`--as` gives, so that a table has what another version of gemelo did too.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from exporters import formats
from exporters.source import ExportSource
from gemelo import parity, runtimes
from gemelo.decisions import top1
from gemelo.parity.compare import Comparison
from gemelo.parity.gates import DECISIVE
from gemelo.preprocessing import prepare
from gemelo.store.files import read_json, write_json
from gemelo.store.run import Run

RESULTS = Path(__file__).parent / "results" / "eight_bits.json"
ARTIFACTS = "onnx/int8,tflite/int8,tfjs/uint8"


def main() -> None:
    """Measure the runs that were named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--as", dest="version", default="after")
    parser.add_argument("--artifacts", default=ARTIFACTS)
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    for path in given.runs:
        row = measure(Run.open(path), given.artifacts.split(","), given.photos)
        rows: dict[str, Any] = read_json(given.out) if given.out.is_file() else {}
        rows.setdefault(path.name, {}).setdefault(given.version, {}).update(row)
        write_json(given.out, dict(sorted(rows.items())))
        print(path.name, row, flush=True)
    summarize(read_json(given.out))


def measure(run: Run, artifacts: list[str], photos: int) -> dict[str, Any]:
    """{artifact: what it costs} of one run."""
    subjects, _ = parity.test_split(run.reference, Path(run.manifest.dataset.root))
    chosen = [subjects[i] for i in np.unique(np.linspace(0, len(subjects) - 1, min(photos, len(subjects))).astype(int))]
    images = np.stack([prepare(subject.source, run.preprocessing) for subject in chosen])
    expected = np.stack([np.asarray(subject.expected, np.float32) for subject in chosen])
    labels = np.array([subject.label for subject in chosen])
    source = ExportSource.from_run(run)
    return {name: _cost(source, name, images, expected, labels) for name in artifacts}


def _cost(source: ExportSource, name: str, images: Any, expected: Any, labels: Any) -> dict[str, Any]:
    format, variant = name.split("/")
    with tempfile.TemporaryDirectory(prefix="gemelo-bits-") as folder:
        start, before = time.process_time(), time.perf_counter()
        entry = Path(folder) / formats.get(format).write(source, variant, Path(folder))
        spent = {"cpu_seconds": time.process_time() - start, "seconds": time.perf_counter() - before}
        files = [path for path in entry.parent.rglob("*") if path.is_file() and path.suffix not in (".json", ".png")]
        size = sum(path.stat().st_size for path in files)
        session = runtimes.get(format).open(entry)
        parts = [session.run(images[i : i + 4].astype(np.float32)) for i in range(0, len(images), 4)]
        session.close()
    found = np.concatenate(parts)
    compared = Comparison.of(found, expected)
    return {
        "photos": len(images),
        "label_changes": int(compared.changed.sum()),
        "decisive": len(compared.label_changes(DECISIVE)),
        "drop": round(100 * float((top1(expected) == labels).mean() - (top1(found) == labels).mean()), 3),
        "mean_difference": float(f"{compared.differences.mean():.2e}"),
        "bytes": size,
        **{key: round(value, 1) for key, value in spent.items()},
    }


def summarize(rows: dict[str, Any]) -> None:
    """Print, for each version and artifact, the sums over all runs that have both."""
    versions = dict.fromkeys(version for row in rows.values() for version in row)
    for version in versions:
        for name in dict.fromkeys(name for row in rows.values() for name in row.get(version, {})):
            found = [row[version][name] for row in rows.values() if name in row.get(version, {})]
            photos = sum(one["photos"] for one in found)
            changes, decisive = (100 * sum(one[key] for one in found) / photos for key in ("label_changes", "decisive"))
            drop = sum(one["drop"] * one["photos"] for one in found) / photos
            told = f"{changes:.2f} % label changes, {decisive:.2f} % decisive, {drop:+.2f} points"
            print(f"{version} {name}: {len(found)} runs, {photos:,} photos, {told}")


if __name__ == "__main__":
    main()
