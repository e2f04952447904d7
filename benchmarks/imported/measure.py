"""Import, export and verify the models that `make` left, and compare them with what their owners answer.

    python -m benchmarks.imported.measure OUT --data FOLDER [NAME ...] [--browsers] [--variants fp32,int8]

Each model goes through `gemelo import` with its declaration and `gemelo export`. Written of each: every artifact's
largest difference from the reference and its decisive label changes; what was left out; and, on 200 photos, how far
gemelo's answers are from the owner's own pipeline, and how much of that is decoding, rounding and resizing. With
`--browsers`, bundles that are there already are asked in Chromium instead, from the bytes of the same photos, by each
runtime of the page. The rows are added to benchmarks/results/imported.json.
"""

import argparse
import json
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.imported import readers
from benchmarks.imported.readers import Array
from benchmarks.imported.recipes import RECIPES, Recipe

RESULTS = Path(__file__).resolve().parents[1] / "results" / "imported.json"


def main() -> None:
    """Measure the models that were named, or all that there are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--browsers", action="store_true")
    parser.add_argument("--variants", default="fp32,int8")
    given = parser.parse_args()
    for recipe in RECIPES:
        folder = given.out / recipe.name
        if (given.names and recipe.name not in given.names) or not (folder / "owner.npz").is_file():
            continue
        if not given.browsers:
            row = measure(recipe, folder, given.data, given.variants)
        elif (folder / "bundle").is_dir():
            row = {"chromium": in_chromium(folder / "bundle", folder / "photos")}
        else:
            continue
        known = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
        known[recipe.name] = {**known.get(recipe.name, {}), **row}
        RESULTS.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", encoding="utf-8")
        print(recipe.name, json.dumps(row), flush=True)


def measure(recipe: Recipe, folder: Path, data: Path, variants: str) -> dict[str, Any]:
    """One model, from its file to its row."""
    photos = linked(folder, data)
    run, bundle = folder / "run", folder / "bundle"
    command = ["import", model_of(folder), "--out", run, "--photos", photos, *recipe.declaration(), "--overwrite"]
    command += [] if recipe.save == "teachable-machine" else ["--labels", folder / "labels.txt"]
    imported = gemelo(*command, log=folder / "import.log")
    row: dict[str, Any] = {"declared": " ".join(recipe.declaration())}
    if imported:
        return {**row, "import": imported}
    shutil.rmtree(bundle, ignore_errors=True)
    row["import"] = "ok"
    row["export"] = gemelo("export", run, "--out", bundle, "--variants", variants, log=folder / "export.log") or "ok"
    row["artifacts"], row["left_out"] = artifacts(bundle)
    row["owner"] = against_owner(recipe, folder, data, run)
    return row


def model_of(folder: Path) -> Path:
    """What the owner has: a file, a folder or a zip."""
    found = [*folder.glob("*.zip"), *folder.glob("model*")]
    return found[0]


def linked(folder: Path, data: Path) -> Path:
    """The 200 test photos, with a folder for each label."""
    photos = folder / "photos"
    shutil.rmtree(photos, ignore_errors=True)
    for name in np.load(folder / "owner.npz")["paths"]:
        link = photos / Path(name).parent.name / Path(name).name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to((data / name).resolve())
    return photos


def gemelo(*words: Any, log: Path) -> str:
    """Run a command; the last line of what it said, if it failed."""
    with log.open("wb") as stream:
        command = [sys.executable, "-m", "gemelo", *map(str, words)]
        code = subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT, check=False).returncode
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error")]
    return "" if code == 0 else f"exit {code}: {(errors or lines or [''])[-1]}"


def artifacts(bundle: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """What passed, and what was left out and why."""
    path = bundle / "parity.json"
    if not path.is_file():
        path = bundle.with_name(f"{bundle.name}.parity.json")
    report = json.loads(path.read_text()) if path.is_file() else {"artifacts": [], "left_out": []}
    passed = {
        f"{one['format']}/{one['variant']}": {
            "max": one["max_abs_difference"],
            "label_changes": len(one["label_changes"]),
            "decisive": one["decisive"],
        }
        for one in report["artifacts"]
    }
    left = {one["name"]: str(one.get("reason", one.get("message", one))) for one in report["left_out"]}
    return passed, left


def against_owner(recipe: Recipe, folder: Path, data: Path, run: Path) -> dict[str, Any]:
    """How far gemelo's answers are from the owner's, and which stage the difference comes from."""
    import tensorflow as tf

    from gemelo.preprocessing import prepare
    from gemelo.store.run import Run

    opened, owner = Run.open(run), np.load(folder / "owner.npz")
    if (run / "saved_model").is_dir():
        serve = tf.saved_model.load(str(run / "saved_model")).signatures["serving_default"]

        def ask(images: Array) -> Array:
            return np.concatenate([serve(image=tf.constant(one[None]))["probabilities"] for one in images])
    else:
        import keras

        model = keras.models.load_model(run / "model.keras", compile=False)

        def ask(images: Array) -> Array:
            found = model.predict(images, verbose=0)
            return np.concatenate([1 - found, found], -1) if found.shape[-1] == 1 else found

    paths = [data / name for name in owner["paths"]]
    order = slice(None, None, -1 if recipe.order == "bgr" else 1)
    stages = {"owner": [recipe.read(path, recipe.side)[..., order] for path in paths]}
    if recipe.read in (readers.image_dataset, readers.image_dataset_crop):
        stages["decoding"] = [recipe.read(path, recipe.side, accurate=True) for path in paths]
        stages["rounding"] = [np.round(image) for image in stages["decoding"]]
    stages["resizing"] = [prepare(path, opened.preprocessing).astype(np.float32) for path in paths]
    images = {name: np.stack(stage) for name, stage in stages.items()}
    answers = {name: ask(stage) for name, stage in images.items()}
    row = {"model and scaling": difference(owner["answers"], answers["owner"])}
    row["all"] = difference(owner["answers"], answers["resizing"])
    names = list(stages)
    for before, after in pairwise(names):
        levels = float(np.abs(images[before] - images[after]).max())
        row[after] = {"gray levels": round(levels, 3), **difference(answers[before], answers[after])}
    return row


def difference(one: Array, other: Array) -> dict[str, float]:
    """Of probabilities (n, classes)."""
    apart = np.abs(one - other)
    changes = int((one.argmax(-1) != other.argmax(-1)).sum())
    return {"max": float(f"{apart.max():.2e}"), "mean": float(f"{apart.max(-1).mean():.2e}"), "label_changes": changes}


def in_chromium(bundle: Path, photos: Path) -> dict[str, Any]:
    """The page's answers from the bytes of photos, compared with the reference outputs."""
    from playwright.sync_api import sync_playwright

    from benchmarks.browser import ARGUMENTS, compare

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        found: dict[str, Any] = compare(browser.new_page(), bundle, photos, 200)
        browser.close()
    return found


if __name__ == "__main__":
    main()
