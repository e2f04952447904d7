"""The notebook's own training code against gemelo's, on the same folder, turn by turn in one run.

    python -m benchmarks.training --data ../shared/data/cats_vs_dogs --epochs 3

Both train the lecture's network with batches of 32 and validate after each epoch. The notebook's
`ImageDataGenerator` opens, resizes and warps every photo in every epoch; gemelo decodes once, and what that costs is
stated. The epochs take turns, so that a noisy machine is noisy for both.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from gemelo.preprocessing import Preprocessing
from gemelo.progress import Silent
from gemelo.store.files import write_json
from trainer import architectures, augment, cache
from trainer.batches import Feed, Targets
from trainer.checkpoint import Workspace
from trainer.dataset import TRAIN, Dataset
from trainer.finalize import versions
from trainer.fit import Fit
from trainer.photos import of_split
from trainer.scan import scan
from trainer.train_step import Learner

RESULTS = Path(__file__).parent / "results" / "training.json"
SIDE, BATCH = 64, 32


def notebook(data: Dataset) -> Callable[[], float]:
    """The notebook's code; each call trains one epoch more and returns the seconds."""
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    splits = {photo.split: photo.relative.split("/")[0] for photo in data.photos}
    options = {"target_size": (SIDE, SIDE), "batch_size": BATCH, "class_mode": "binary"}
    train = ImageDataGenerator(rescale=1.0 / 255, shear_range=0.2, zoom_range=0.2, horizontal_flip=True)
    training_set = train.flow_from_directory(str(data.root / splits[TRAIN]), **options)
    held_out = ImageDataGenerator(rescale=1.0 / 255)
    test_set = held_out.flow_from_directory(str(data.root / splits[data.validation]), **options)
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3))])
    for _ in range(2):
        model.add(keras.layers.Conv2D(32, 3, 3, activation="relu"))
        model.add(keras.layers.MaxPooling2D((2, 2)))
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(128, activation="relu"))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])

    def epoch() -> float:
        started = time.perf_counter()
        model.fit(training_set, epochs=1, validation_data=test_set, verbose=0)
        return time.perf_counter() - started

    return epoch


def gemelo(data: Dataset, folder: Path) -> tuple[Callable[[], float], float]:
    """Gemelo's code: one epoch more for each call, checkpoint and history included; and what decoding cost."""
    preprocessing, arch = Preprocessing(SIDE, SIDE), architectures.get("lecture")
    started = time.perf_counter()
    decoded = cache.decode_all([photo.path for photo in data.photos], preprocessing, folder=folder / "cache")
    decoding = time.perf_counter() - started
    row = {photo.relative: i for i, photo in enumerate(data.photos)}
    train, held = (of_split(data, split, decoded, row) for split in (TRAIN, data.validation))
    feed = Feed(train, Targets(train.labels, 1), BATCH, augment.get("lecture"), 0)
    learner = Learner(arch.build(preprocessing, len(data.labels)), arch.DEFAULTS, feed)
    epochs = Fit(learner, feed, train, held, Workspace(folder / "run")).epochs(Silent())

    def epoch() -> float:
        started = time.perf_counter()
        next(epochs)
        return time.perf_counter() - started

    return epoch, decoding


def measure(data: Dataset, epochs: int) -> dict[str, Any]:
    """Take turns; the first epoch of each, which builds the graphs, is stated but not counted."""
    with tempfile.TemporaryDirectory() as folder:
        ours, decoding = gemelo(data, Path(folder))
        sides = {"notebook": notebook(data), "gemelo": ours}
        seconds: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(epochs + 1):
            for name, epoch in sides.items():
                seconds[name].append(round(epoch(), 3))
                print(f"{name:9} {seconds[name][-1]:7.2f} s", flush=True)
    medians = {name: statistics.median(values[1:]) for name, values in seconds.items()}
    return {
        "photos": {split: sum(counts.values()) for split, counts in data.counts().items()},
        "epoch_seconds": seconds,
        "median_epoch_seconds": medians,
        "ratio": round(medians["notebook"] / medians["gemelo"], 2),
        "decode_once_seconds": round(decoding, 2),
        "cores": os.cpu_count(),
        "versions": versions(),
    }


def main() -> None:
    """Measure, write results/training.json, say what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder with training and test split, two classes")
    parser.add_argument("--epochs", type=int, default=3, help="counted epochs of each side")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the figures go")
    options = parser.parse_args()
    result = measure(scan(options.data), options.epochs)
    write_json(options.out, result)
    medians = result["median_epoch_seconds"]
    print(
        f"an epoch with validation: notebook {medians['notebook']:.2f} s, gemelo {medians['gemelo']:.2f} s: "
        f"{result['ratio']:.1f} times faster; decoding, once: {result['decode_once_seconds']:.1f} s"
    )


if __name__ == "__main__":
    main()
