"""Small networks of every kind that the exporters must carry over, and a finished run made of one."""

from pathlib import Path

import numpy as np
from PIL import Image

from exporters.frameworks import keras
from exporters.quiet import quiet
from exporters.source import ExportSource, two_columns
from gemelo.goldens import load_goldens
from gemelo.preprocessing import Preprocessing, prepare
from gemelo.store.files import sha256_bytes
from gemelo.store.manifest import DatasetFacts, Metrics, TrainingFacts
from gemelo.store.reference import ReferenceImage, ReferenceOutputs, tensor_sha256
from gemelo.store.run import Run, RunManifest, write_run

layers = keras.layers
LABELS = {"lecture": ["cats", "dogs"], "residual": ["ant", "bee", "señal ✓"], "grey": ["no", "yes"]}
SHAPES = {"lecture": (40, 40, 3), "residual": (24, 24, 3), "grey": (20, 28, 1)}


def preprocessing(name: str) -> Preprocessing:
    height, width, channels = SHAPES[name]
    return Preprocessing(width, height, channels)


def build(name: str) -> keras.Model:
    """A network with repeatable weights, its batch norms as if trained."""
    keras.utils.clear_session()  # layers are numbered from the start again
    keras.utils.set_random_seed(7)
    model = _NETWORKS[name]()
    rng = np.random.default_rng(7)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            for weight in layer.weights:
                low, high = (0.5, 1.5) if weight.name in ("gamma", "moving_variance") else (-0.3, 0.3)
                weight.assign(rng.uniform(low, high, weight.shape))
    return model


def images(name: str, count: int = 12, seed: int = 1) -> np.ndarray:
    """Noise at three scales, uint8: even nets of random weights answer it differently."""
    rng = np.random.default_rng(seed)
    height, width, channels = SHAPES[name]
    found = []
    for index in range(count):
        side = (4, 8, 64)[index % 3]
        small = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
        found.append(prepare(Image.fromarray(small), Preprocessing(width, height, channels)))
    return np.stack(found)


def source(name: str) -> ExportSource:
    return ExportSource.from_model(build(name), preprocessing(name), LABELS[name], images(name, 24, seed=2))


def answer(model: keras.Model, images_u8: np.ndarray, classes: int) -> np.ndarray:
    """What Keras answers, two columns where a sigmoid gives one."""
    return two_columns(np.asarray(model(images_u8.astype(np.float32), training=False)), classes)


def make_run(root: Path, name: str, data: Path) -> Run:
    """A finished run of a network that nobody trained, with six photos of noise as its test split."""
    model, shape = build(name), preprocessing(name)
    root.mkdir(parents=True, exist_ok=True)
    with quiet():
        model.save(root / "model.keras")
    np.save(root / "calibration.npy", images(name, 24, seed=2))
    rows = {"goldens": [], "test": []}
    for golden in load_goldens():
        rows["goldens"].append((root, f"goldens/{golden.name}", golden.data, None))
    for index, image in enumerate(images("lecture", 6, seed=3)):
        path = data / f"{index % 2}" / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
        rows["test"].append((data, path.relative_to(data).as_posix(), path.read_bytes(), index % 2))
    reference = ReferenceOutputs(
        LABELS[name], *([_reference(model, shape, name, *row) for row in rows[key]] for key in rows)
    )
    reference.save(root / "reference.json")
    manifest = RunManifest(
        name=name,
        architecture=name,
        parameters=model.count_params(),
        convolutions=2,
        preprocessing=shape,
        labels=LABELS[name],
        dataset=DatasetFacts(root=str(data), train=24, test=6),
        training=TrainingFacts(epochs=0, seed=7, seconds=1.5),
        metrics=Metrics(accuracy=0.5),
        versions={},
    )
    return write_run(root, manifest)


def _reference(
    model: keras.Model, shape: Preprocessing, name: str, root: Path, path: str, data: bytes, label: int | None
) -> ReferenceImage:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(data)
    image = prepare(data, shape)
    [probabilities] = answer(model, image[np.newaxis], len(LABELS[name]))
    return ReferenceImage(path, sha256_bytes(data), tensor_sha256(image), probabilities, label)


def _lecture() -> keras.Model:
    """A plain chain, as typed in the lecture: one sigmoid unit."""
    model = keras.Sequential([keras.Input((40, 40, 3), name="image"), layers.Rescaling(1 / 255)])
    for _ in range(2):
        model.add(layers.Conv2D(32, 3, strides=3, activation="relu"))
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(128, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    return model


def _residual() -> keras.Model:
    """Everything that is folded, stripped or merged."""
    image = keras.Input((24, 24, 3), name="image")
    x = layers.RandomFlip("horizontal")(image)
    x = layers.GaussianNoise(0.1)(layers.Rescaling(1 / 64, -127.5 / 64)(x))
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)))
    y = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(x)
    y = layers.ReLU(max_value=6.0)(layers.BatchNormalization(scale=False)(y))
    y = layers.BatchNormalization(center=False)(layers.Conv2D(8, 1)(y))
    x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.Concatenate()([layers.AveragePooling2D(2)(x), layers.MaxPooling2D(2)(x)])
    x = layers.SpatialDropout2D(0.1)(layers.BatchNormalization()(x))  # after no layer it could be folded into
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(16, 3, padding="same", activation="relu")(x))
    x = layers.BatchNormalization()(layers.Dense(8)(layers.Dropout(0.2)(x)))
    return keras.Model(image, layers.Dense(3, activation="softmax")(x))


def _grey() -> keras.Model:
    """One channel, not square, and a flatten of a map that is more than one pixel."""
    image = keras.Input((20, 28, 1), name="image")
    x = layers.Conv2D(4, 3, activation="relu")(layers.Rescaling(1 / 255)(image))
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    return keras.Model(image, layers.Dense(2, activation="softmax")(x))


_NETWORKS = {"lecture": _lecture, "residual": _residual, "grey": _grey}
