"""EfficientNet-Lite0's converted weights, on real photos: its features tell cats from dogs as the original's do."""

from pathlib import Path

import numpy as np
import pytest

from gemelo.errors import MissingDependencyError
from gemelo.preprocessing import Preprocessing
from gemelo.progress import SILENT
from trainer import architectures, pretrained
from trainer.cache import decode_all
from trainer.linear_probe import Matrix, features, fitness, learn_head
from trainer.photos import Photos

PREPROCESSING = Preprocessing(128, 128, fit="crop")
RIDGES = (0.1, 0.3, 1.0)
FOLDS = 4


def photos_of(folder: Path, each: int, cache: Path) -> Photos:
    paths = [path for label in ("cats", "dogs") for path in sorted((folder / label).iterdir())[:each]]
    decoded = decode_all(paths, PREPROCESSING, folder=cache)
    labels = np.repeat([0, 1], each)
    return Photos(decoded.images_u8, np.arange(2 * each), labels, [path.name for path in paths], decoded.sha256)


def probe(learned: Matrix, labels: Matrix, asked: Matrix, truth: Matrix, ridge: float) -> float:
    return fitness(asked, learn_head(learned, labels, ridge), truth)[1]


def best_ridge(found: Matrix, labels: Matrix) -> float:
    """By cross-validation on the training photos: the test photos choose nothing."""
    fold = np.arange(len(found)) % FOLDS
    shares = {
        ridge: np.mean(
            [
                probe(found[fold != k], labels[fold != k], found[fold == k], labels[fold == k], ridge)
                for k in range(FOLDS)
            ]
        )
        for ridge in RIDGES
    }
    return max(shares, key=lambda ridge: shares[ridge])


def test_cats_and_dogs_lie_apart(cats_vs_dogs: Path, tmp_path: Path) -> None:
    model = architectures.get("efficientnet-lite0").build(PREPROCESSING, 2)
    try:
        pretrained.get("efficientnet-lite0").load(model)
    except MissingDependencyError as error:
        pytest.skip(f"the weights are not here: {error}")
    train = photos_of(cats_vs_dogs / "training_set", 400, tmp_path)
    test = photos_of(cats_vs_dogs / "test_set", 400, tmp_path)
    with SILENT.step("", 0) as done:
        learned, asked = (features(model, photos, done) for photos in (train, test))
    labels, truth = (photos.labels[:, None].astype(np.float32) for photos in (train, test))
    ridge = best_ridge(learned, labels)
    accuracy = probe(learned, labels, asked, truth, ridge)
    print(f"linear probe at 128x128, ridge {ridge}: {accuracy:.4f} of {len(truth)} test photos")
    assert accuracy >= 0.955  # 0.96 here; with 1,000 of each, PyTorch's own features gave 0.969
