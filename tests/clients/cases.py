"""Networks as other people's clients get them: the files, photos at the input's own size, and what Keras answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from exporters import clients, formats
from exporters.frameworks import keras
from exporters.source import ExportSource
from gemelo.preprocessing import Preprocessing, prepare
from gemelo.synthetic import draw_photo
from tests.exporters import networks
from trainer import architectures

ARCHITECTURES = ("lecture", "lecture-described", "lecture-28", "compact")
_LABELS = ["cats", "dogs"]


@dataclass(frozen=True)
class Case:
    """One network.

    Attributes:
        source: What is exported.
        root: The folder of the files, laid out as a bundle.
        images: uint8 (n, height, width, channels).
        photos: The same as PNG files, which nobody has to resize; color, also where the network sees in grey.
        expected: Keras's probabilities for them, (n, classes).
    """

    source: ExportSource
    root: Path
    images: np.ndarray
    photos: list[Path]
    expected: np.ndarray

    @property
    def labels(self) -> list[str]:
        return list(self.source.labels)

    def artifact(self, name: str) -> Path:
        """The entry file of `format/variant`, written when first asked for."""
        format, variant = name.split("/")
        folder = self.root / format
        folder.mkdir(exist_ok=True)
        [found] = [*folder.glob(f"{variant}.*"), *folder.glob(f"{variant}/model.json")] or [None]
        return found or folder / formats.get(format).write(self.source, variant, folder)

    def client(self, name: str) -> Path:
        """The folder of a client's files, written when first asked for."""
        folder = self.root / "clients" / name
        if not folder.is_dir():
            for needed in clients.get(name).NEEDS:
                self.artifact(needed)
            folder.mkdir(parents=True)
            clients.get(name).write(self.source, self.root, folder)
        return folder

    def difference(self, answers: Sequence[Sequence[tuple[str, float]]]) -> float:
        """How far a client's (label, probability) rows are from Keras, once they have its labels and its first ones."""
        found = np.array([[dict(rows)[label] for label in self.labels] for rows in answers])
        assert found.shape == self.expected.shape
        assert (found.argmax(axis=1) == self.expected.argmax(axis=1)).all()
        return float(np.abs(found - self.expected).max())


def make(name: str, root: Path) -> Case:
    """The case of a network of `tests.exporters.networks`, or of an architecture that nobody trained."""
    if name in networks.LABELS:
        model, preprocessing, labels = networks.build(name), networks.preprocessing(name), networks.LABELS[name]
    else:
        keras.utils.clear_session()
        keras.utils.set_random_seed(5)
        preprocessing, labels = Preprocessing(28, 28) if name == "lecture-28" else Preprocessing(64, 64), _LABELS
        model = architectures.get(name).build(preprocessing, len(labels))
        _as_if_trained(model)
    images = _images(preprocessing)
    return of(ExportSource.from_model(model, preprocessing, labels, images), root)


def of(source: ExportSource, root: Path) -> Case:
    """The case of a network that is ready to be exported."""
    images = _images(source.preprocessing)
    expected = np.asarray(source.model(images.astype(np.float32), training=False))
    return Case(source, root, images, _save(images, root / "photos"), expected)


def _as_if_trained(model: keras.Model) -> None:
    rng = np.random.default_rng(5)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            for weight in layer.weights:
                low, high = (0.5, 1.5) if weight.name in ("gamma", "moving_variance") else (-0.3, 0.3)
                weight.assign(rng.uniform(low, high, weight.shape))


def _images(preprocessing: Preprocessing) -> np.ndarray:
    """Six drawings, and noise at three scales: even nets of random weights answer that differently."""
    rng = np.random.default_rng(11)
    pictures = [draw_photo(("cats", "dogs")[index % 2], rng) for index in range(6)]
    pictures += [Image.fromarray(rng.integers(0, 256, (side, side, 3), np.uint8)) for side in (4, 8, 64) * 2]
    return np.stack([prepare(picture, preprocessing) for picture in pictures])


def _save(images: np.ndarray, folder: Path) -> list[Path]:
    folder.mkdir(parents=True)
    paths = [folder / f"{index:02d}.png" for index in range(len(images))]
    for image, path in zip(images, paths, strict=True):
        Image.fromarray(np.broadcast_to(image, (*image.shape[:2], 3)).copy()).save(path)
    return paths
