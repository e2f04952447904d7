"""Reference outputs: Keras's answers on the goldens and on the test split, written into the run.

Every artifact is compared with these numbers, wherever it runs; Keras is not needed again.
"""

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from gemelo.goldens import load_goldens
from gemelo.preprocessing import Preprocessing, prepare
from gemelo.progress import SILENT, Progress, Step
from gemelo.store.files import atomic_write, sha256_bytes
from gemelo.store.reference import ReferenceImage, ReferenceOutputs, tensor_sha256

from .photos import Photos
from .predict import Answer, answerer

CALIBRATION = 256


def record(
    run: Path, preprocessing: Preprocessing, labels: list[str], test: Photos, progress: Progress = SILENT
) -> ReferenceOutputs:
    """Ask the saved model, and write reference.json, goldens/ and nothing else.

    Args:
        run: Its folder, with model.keras in it: what is asked is what was saved.
        preprocessing: How a photo becomes the input.
        labels: In index order.
        test: The test split.
        progress: Told of every batch.

    Raises:
        StorageError: The disk is full or may not be written to.
    """
    answer = answerer(keras.models.load_model(run / "model.keras", compile=False))
    with progress.step("test photos", len(test.paths)) as done:
        reference = ReferenceOutputs(labels, _goldens(run, preprocessing, answer), _test(test, answer, done))
    reference.save(run / "reference.json")
    return reference


def calibration(train: Photos, seed: int) -> NDArray[np.uint8]:
    """Up to 256 training photos (n, h, w, c), the same share of each class: what int8 is calibrated on."""
    rng = np.random.default_rng([seed, CALIBRATION])
    shuffled = rng.permutation(len(train.labels))
    # The first of every class, then the second of every class, ...
    rank = np.empty(len(shuffled), np.int64)
    for label in np.unique(train.labels):
        members = shuffled[train.labels[shuffled] == label]
        rank[members] = np.arange(len(members))
    chosen = np.sort(shuffled[np.argsort(rank[shuffled], kind="stable")][:CALIBRATION])
    return np.ascontiguousarray(train.source_u8[train.rows[chosen]])


def _goldens(run: Path, preprocessing: Preprocessing, answer: Answer) -> list[ReferenceImage]:
    goldens = load_goldens()
    images_u8 = np.stack([prepare(golden.data, preprocessing) for golden in goldens])
    rows = []
    for golden, image_u8, probabilities in zip(goldens, images_u8, answer(images_u8), strict=True):
        path = f"goldens/{golden.name}"
        atomic_write(run / path, golden.data)
        rows.append(ReferenceImage(path, sha256_bytes(golden.data), tensor_sha256(image_u8), probabilities))
    return rows


def _test(test: Photos, answer: Answer, done: Step) -> list[ReferenceImage]:
    probabilities = answer(test.images_u8, done)
    rows = zip(test.paths, test.sha256, test.images_u8.each(), probabilities, test.labels.tolist(), strict=True)
    return [
        ReferenceImage(path, sha, tensor_sha256(image), answered, label) for path, sha, image, answered, label in rows
    ]
