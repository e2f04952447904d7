"""What the preprocessing detective makes of the models that `make` left, by 150 photos of each.

    python -m benchmarks.imported.detect OUT --data FOLDER [NAME ...] [--wrong]

A model counts as named rightly if its owner's scale, channel order, filter and fit are the best combination or one of
a tie with it; center crops that differ in how they round count as one. With `--wrong`, twelve false declarations are
judged, and the warnings are counted. The rows are added to benchmarks/results/detected.json.
"""

import argparse
import json
import resource
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.imported.measure import linked, model_of
from benchmarks.imported.recipes import RECIPES, Recipe
from importers import photos, settle, verdict
from importers.declare import SCALES, Declared
from importers.detective import detect, sample
from importers.ends import probabilities
from importers.labels import read
from importers.loaded import Loaded
from importers.opening import opened
from importers.options import ImportOptions
from importers.photos import Photos
from importers.programs import Trust
from importers.trials import Combination, Finding

RESULTS = Path(__file__).resolve().parents[1] / "results" / "detected.json"
PHOTOS = 150
# What all of them come to: the largest part of the middle that has the input's shape.
CROPS = ("crop", "keras-crop", "pillow-fit")
WRONG: dict[str, dict[str, Any]] = {
    "mobilenet": {"scale": SCALES["0..1"]},
    "mobilenet-v2": {"scale": SCALES["0..255"]},
    "resnet50": {"scale": SCALES["torch"], "channel_order": "rgb"},
    "densenet121": {"scale": SCALES["0..1"]},
    "opencv-bgr": {"channel_order": "rgb"},
    "opencv-area": {"labels": "reversed"},
    "lecture": {"scale": SCALES["-1..1"]},
    "keras2-separable": {"channel_order": "bgr"},
    "teachable-machine": {"scale": SCALES["0..1"]},
    "saved-model": {"scale": SCALES["torch"]},
    "tf-module": {"fit": "pad", "resize_to": None},
    "channels-first": {"scale": SCALES["0..255"]},
}


def main() -> None:
    """Detect the models that were named, or all that there are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--wrong", action="store_true")
    given = parser.parse_args()
    for recipe in RECIPES:
        folder = given.out / recipe.name
        chosen = not given.names or recipe.name in given.names
        if not chosen or not (folder / "owner.npz").is_file() or (given.wrong and recipe.name not in WRONG):
            continue
        row = attempt(recipe, folder, given.data, wrong=given.wrong)
        known = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
        known[recipe.name] = {**known.get(recipe.name, {}), **row}
        RESULTS.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", encoding="utf-8")
        print(recipe.name, json.dumps(row), flush=True)


def attempt(recipe: Recipe, folder: Path, data: Path, *, wrong: bool) -> dict[str, Any]:
    """One model."""
    found = photos.read(linked(folder, data))
    size = Declared(width=recipe.side, height=recipe.side) if recipe.name == "any-size" else Declared()
    options = ImportOptions(model_of(folder), folder, size, photos=found.root)
    with opened(options.model, Trust()) as loaded:
        known = settle.known(loaded, options, None)
        if wrong:
            return {"wrong": warned(recipe, loaded, known, found, folder)}
        started = time.perf_counter()
        finding = look(loaded, known, found)
        seconds = time.perf_counter() - started
    best = finding.best.combination
    right = [trial for trial in (finding.best, *finding.ties) if is_right(recipe, trial.combination)]
    return {
        "right": bool(right),
        "best": " ".join(verdict.options(best, inside=False)[:-2]),
        "owner's own is the best": is_right(recipe, best),
        "ties": len(finding.ties),
        "owner": f"{recipe.scale} {recipe.order} {recipe.filter} {recipe.fit}",
        "accuracy": round(finding.best.accuracy, 4),
        "photos": finding.photos,
        "combinations": len(finding.trials),
        "seconds": round(seconds, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def look(loaded: Loaded, known: Declared, found: Photos) -> Finding:
    """The detective, by so many photos."""
    some = sample([(photo.path, photo.label) for photo in found.photos], PHOTOS)
    return detect(loaded, known, some, probabilities=lambda outputs: probabilities(outputs, known.output))


def is_right(recipe: Recipe, one: Combination) -> bool:
    """Whether a combination is its owner's; a scale inside the model is none that could be named otherwise."""
    order = "bgr" if recipe.scale == "caffe" else recipe.order
    scale = recipe.inside or str(one.scale) == recipe.scale
    fit = one.fit == recipe.fit or (one.fit in CROPS and recipe.fit in CROPS)
    return (
        scale
        and fit
        and one.filter == recipe.filter
        and one.channel_order in (order, "rgb" if is_grey(recipe) else order)
    )


def is_grey(recipe: Recipe) -> bool:
    """Whether it has one channel."""
    return recipe.name == "grey"


def warned(recipe: Recipe, loaded: Loaded, known: Declared, found: Photos, folder: Path) -> str | None:
    """The warning that a false declaration gets."""
    labels = read(folder / "labels.txt")
    change = dict(WRONG[recipe.name])
    if change.get("labels") == "reversed":
        change["labels"] = labels[::-1]
    true = Declared(
        scale=SCALES["0..255" if recipe.inside else recipe.scale],
        channel_order="bgr" if recipe.scale == "caffe" else recipe.order,
        fit=recipe.fit,
        filter=recipe.filter,
        resize_to=recipe.resize_to,
        labels=labels,
    )
    declared = replace(true, **change)
    finding = look(loaded, declared.over(known), found)
    assert declared.scale is not None
    one = Combination(
        declared.scale,
        declared.channel_order or "rgb",
        declared.filter or "",
        declared.fit or "",
        declared.resize_to if declared.fit == "resize-crop" else None,
        declared.labels or (),
    )
    doubt = verdict.warning(finding, one)
    return None if doubt is None else str(doubt)


if __name__ == "__main__":
    main()
