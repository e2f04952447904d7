"""Small data sets end with a bundle, and whatever is left out of it is explained by photos and margins.

    python -m benchmarks.few_photos ../shared/data/grocery8

Takes the whole data set, and three subsets of six of its classes with 30 training photos of each, through `gemelo train
--epochs 0` and the default `gemelo export`. The photos of the subsets are drawn by a seed and linked, not copied.
What passed, what was left out, and the reasons as printed are kept in results/few_photos.json.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measured import gemelo
from gemelo.store.bundle import Bundle
from gemelo.store.files import read_json, write_json
from gemelo.store.schema import as_json

RESULTS = Path(__file__).parent / "results" / "few_photos.json"
CLASSES, EACH, SETS = 6, 30, 3


def subset(data: Path, out: Path, seed: int) -> list[str]:
    """Link some classes of a data set into a folder, with few training photos of each, and return their names."""
    rng = np.random.default_rng(seed)
    known = sorted(path.name for path in (data / "train").iterdir() if path.is_dir())
    chosen = sorted(str(name) for name in rng.choice(known, CLASSES, replace=False))
    for split in ("train", "val", "test"):
        for name in chosen:
            photos = sorted((data / split / name).iterdir())
            if split == "train":
                photos = [photos[i] for i in sorted(rng.choice(len(photos), EACH, replace=False))]
            (out / split / name).mkdir(parents=True)
            for photo in photos:
                (out / split / name / photo.name).symlink_to(photo.resolve())
    return chosen


def attempt(photos: Path, folder: Path) -> dict[str, Any]:
    """Train a head on the photos and export it."""
    run, bundle, log = folder / "run", folder / "bundle", folder / "log.txt"
    trained = gemelo("train", photos, "--out", run, "--epochs", "0", log=log, cache=folder / "cache")
    if trained.code:
        return {"train": trained.to_json(), "printed": log.read_text(errors="replace")[-2000:]}
    exported = gemelo("export", run, "--out", bundle, log=log)
    row: dict[str, Any] = {"train": trained.to_json(), "export": exported.to_json()}
    if not bundle.is_dir():
        return {**row, "printed": log.read_text(errors="replace")[-2000:]}
    facts, report = as_json(Bundle.open(bundle).manifest), read_json(bundle / "parity.json")
    row["photos"] = {split: facts["dataset"].get(split) for split in ("train", "test")}
    row["accuracy"] = round(facts["metrics"]["accuracy"], 4)
    row["passed"] = {f"{a['format']}/{a['variant']}": _figures(a) for a in report["artifacts"]}
    row["left_out"] = {f["name"]: {"stage": f["stage"], "reasons": f["reasons"]} for f in report["left_out"]}
    return {**row, "printed": log.read_text(errors="replace")[-4000:] if row["left_out"] else ""}


def _figures(artifact: dict[str, Any]) -> str:
    label_changes = sum(not change["golden"] for change in artifact["label_changes"])
    text = f"{label_changes} label changes, {artifact['decisive']} decisive, of {artifact['counted']} images"
    return f"{text}; largest difference {artifact['max_abs_difference']:.1e}"


def main() -> int:
    """Try all sets; 1 if one of them ended without a bundle."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder with train, val and test")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    rows: dict[str, Any] = read_json(given.out) if given.out.is_file() else {}
    for seed in range(SETS + 1):
        with tempfile.TemporaryDirectory(prefix="gemelo-few-") as place:
            photos = Path(place) / "photos"
            name = f"{given.data.name}, {CLASSES} classes x {EACH} photos, seed {seed}" if seed else given.data.name
            classes = {"classes": subset(given.data, photos, seed)} if seed else {}
            rows[name] = {**classes, **attempt(photos if seed else given.data, Path(place))}
        print(name, {key: rows[name].get(key) for key in ("export", "passed", "left_out")}, flush=True)
        write_json(given.out, rows)
    return 0 if all("passed" in row for row in rows.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
