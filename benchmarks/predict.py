"""One photo, from its file to its answer, against the notebook's `predict_image`; and a folder against Pillow alone.

    python -m benchmarks.predict --run runs/lecture --bundle bundles/lecture --photos photos/test_set

The notebook's function loads and resizes by Keras's `load_img`, then asks `classifier.predict`; its model is loaded
already, as gemelo's is. Sides take turns, photo by photo and round by round, so that a noisy machine is noisy for both.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import PIL
from PIL import Image

import gemelo
from gemelo.classifier import Classifier
from gemelo.errors import ImageError, UsageError
from gemelo.preprocessing import photo_files
from gemelo.store.files import write_json

RESULTS = Path(__file__).parent / "results" / "predict.json"
_WARM_UP = 5


def predict_image(model: Any, path: Path, size: tuple[int, int]) -> Any:
    """The notebook's function, without its print; `verbose=0` spares it the progress bar."""
    image = keras.utils.load_img(path, target_size=size)
    batch = np.expand_dims(keras.utils.img_to_array(image), axis=0)
    return model.predict(batch, verbose=0)


def one_photo(model: Any, classifier: Classifier, paths: list[Path]) -> dict[str, Any]:
    """Milliseconds from a file to its answer, the two sides in turn on each photo."""
    size = classifier.preprocessing.height, classifier.preprocessing.width
    sides: dict[str, Callable[[Path], Any]] = {
        "notebook": lambda path: predict_image(model, path, size),
        "gemelo": classifier.predict,
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    for i, path in enumerate([*paths[:_WARM_UP], *paths]):
        for name, answer in sides.items():
            started = time.perf_counter()
            answer(path)
            if i >= _WARM_UP:
                times[name].append(1000 * (time.perf_counter() - started))
    medians = {name: round(statistics.median(rows), 3) for name, rows in times.items()}
    p95 = {name: round(float(np.percentile(rows, 95)), 3) for name, rows in times.items()}
    ratio = round(medians["notebook"] / medians["gemelo"], 1)
    return {"photos": len(paths), "median_ms": medians, "p95_ms": p95, "ratio": ratio, "wanted": 20}


def folder(classifier: Classifier, paths: list[Path], rounds: int) -> dict[str, Any]:
    """Photos a second: gemelo's answers to a folder, and Pillow decoding and resizing it on all cores, in turn."""
    size = classifier.preprocessing.width, classifier.preprocessing.height
    sides: dict[str, Callable[[list[Path]], int]] = {
        "pillow": lambda chosen: pillow_alone(chosen, size),
        "gemelo": lambda chosen: sum(not isinstance(a, ImageError) for _, a in classifier.predict_all(chosen)),
    }
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(rounds):
        # Who begins changes, so that neither always finds the files read already.
        for name in list(sides) if turn % 2 else reversed(sides):
            started = time.perf_counter()
            if sides[name](paths) != len(paths):
                raise UsageError(f"{name} could not read all photos")
            rates[name].append(round(len(paths) / (time.perf_counter() - started), 1))
    ratios = [ours / theirs for ours, theirs in zip(rates["gemelo"], rates["pillow"], strict=True)]
    ratio = round(statistics.median(ratios), 3)
    return {"photos": len(paths), "photos_per_second": rates, "ratio": ratio, "wanted": 0.8}


def pillow_alone(paths: list[Path], size: tuple[int, int]) -> int:
    """Decode and resize with Pillow on all cores, and count."""

    def resized(path: Path) -> Any:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB").resize(size, Image.Resampling.BILINEAR))

    with ThreadPoolExecutor() as pool:
        return sum(1 for _ in pool.map(resized, paths))


def find(root: Path, count: int) -> list[Path]:
    """So many photos below a folder, spread over all that there are.

    Raises:
        UsageError: There are none.
    """
    paths = photo_files.find(root).photos
    if not paths:
        raise UsageError(f"{root}: no photo below it")
    return paths[:: max(1, len(paths) // count)][:count]


def main() -> None:
    """Measure, write results/predict.json, say what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="with model.keras, of which the bundle was made")
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument(
        "--photos", type=Path, required=True, help="a folder with 2,000 of them, or as many as there are"
    )
    parser.add_argument("--singles", type=int, default=200, help="photos that are answered one by one")
    parser.add_argument("--folder", type=int, default=2000, help="photos that are answered as a folder")
    parser.add_argument("--rounds", type=int, default=5, help="of the folder")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the figures go")
    given = parser.parse_args()
    paths = find(given.photos, given.folder)
    model = keras.models.load_model(given.run / "model.keras")
    with gemelo.load(given.bundle) as classifier:
        single = one_photo(model, classifier, find(given.photos, given.singles))
        many = folder(classifier, paths, given.rounds)
    versions = {"python": sys.version.split()[0], "keras": keras.__version__, "pillow": PIL.__version__}
    write_json(given.out, {"one_photo": single, "folder": many, "cores": os.cpu_count(), "versions": versions})
    ms = single["median_ms"]
    print(
        f"one photo: notebook {ms['notebook']:.1f} ms, gemelo {ms['gemelo']:.2f} ms: {single['ratio']:.0f} times faster"
    )
    rates = {name: statistics.median(rows) for name, rows in many["photos_per_second"].items()}
    print(f"folder: Pillow alone {rates['pillow']:.0f}/s, gemelo {rates['gemelo']:.0f}/s: ratio {many['ratio']:.2f}")


if __name__ == "__main__":
    main()
