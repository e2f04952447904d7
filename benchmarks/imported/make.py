"""Train the models of `recipes`, each for a minute of two processors: a file, its labels, its owner's answers.

    python -m benchmarks.imported.make OUT --data FOLDER [NAME ...] [--seconds 120]

FOLDER holds `grocery8` and `cats_vs_dogs`. OUT/NAME/ then has the model, `labels.txt`, and `owner.npz`: paths of 200
test photos, what the owner's own pipeline fed the model, and what it answered. Each has a process of its own.
"""

import argparse
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.imported.readers import Array
from benchmarks.imported.recipes import RECIPES, Recipe

SEED = 7
TRAINING, TESTS = 1400, 200


def main() -> None:
    """Make the models that were named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=120, help="of processor time for each training")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    recipes = [recipe for recipe in RECIPES if not given.names or recipe.name in given.names]
    for recipe in recipes:
        if given.child:
            make(recipe, given.data, given.out / recipe.name, given.seconds)
            continue
        command = [sys.executable, "-m", __spec__.name, str(given.out), recipe.name, "--data", str(given.data)]
        env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1" if recipe.legacy else "0"}
        done = subprocess.run([*command, "--seconds", str(given.seconds), "--child"], env=env, check=False)
        if done.returncode:
            print(f"{recipe.name}: failed", flush=True)


def make(recipe: Recipe, data: Path, out: Path, seconds: float) -> None:
    """Train one, save it, and keep what its owner's pipeline answers."""
    keras = keras_of(recipe)
    keras.utils.set_random_seed(SEED)
    out.mkdir(parents=True, exist_ok=True)
    labels, training, tests = photos(data / recipe.data, reverse=recipe.reverse)
    images = np.stack([recipe.scaled(recipe.read(path, recipe.side)) for path, _ in training])
    wanted = np.array([label for _, label in training])
    model = recipe.network(keras, recipe.side, len(labels))
    train(keras, recipe, model, images, wanted, seconds)
    fed = np.stack([recipe.scaled(recipe.read(path, recipe.side)) for path, _ in tests])
    answers = probabilities(recipe, np.asarray(model.predict(fed, verbose=0)))
    truth = np.array([label for _, label in tests])
    save(keras, recipe, model, labels, out)
    np.savez(out / "owner.npz", paths=[str(path.relative_to(data)) for path, _ in tests], fed=fed, answers=answers,
             truth=truth)  # fmt: skip
    print(f"{recipe.name}: {(answers.argmax(-1) == truth).mean():.3f} of {len(tests)} test photos", flush=True)


def keras_of(recipe: Recipe) -> Any:
    """The Keras that the owner has."""
    if recipe.legacy:
        import tf_keras

        return tf_keras
    import keras

    return keras


Photos = list[tuple[Path, int]]


def photos(root: Path, *, reverse: bool) -> tuple[list[str], Photos, Photos]:
    """Labels, and photos with the index of theirs: for training and for the test."""
    parts = ("train", "test") if (root / "train").is_dir() else ("training_set", "test_set")
    labels = sorted((path.name for path in (root / parts[0]).iterdir()), reverse=reverse)
    generator = np.random.default_rng(SEED)
    found = []
    for part, count in zip(parts, (TRAINING, TESTS), strict=True):
        every = [(path, i) for i, label in enumerate(labels) for path in sorted((root / part / label).iterdir())]
        order = generator.permutation(len(every))[:count]
        found.append([every[i] for i in order])
    return labels, found[0], found[1]


def train(keras: Any, recipe: Recipe, model: Any, images: Array, wanted: Any, seconds: float) -> None:
    """Until the time is over, by the loss that goes with the model's output."""
    losses = keras.losses
    binary = recipe.output in ("sigmoid", "logit")
    logits = recipe.output in ("logits", "logit")
    loss = (losses.BinaryCrossentropy if binary else losses.SparseCategoricalCrossentropy)(from_logits=logits)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss)
    end = time.process_time() + seconds

    class Stop(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if time.process_time() > end:
                self.model.stop_training = True

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 19:
                self.model.optimizer.learning_rate = 2e-4

    model.fit(images, wanted, batch_size=32, epochs=30, verbose=0, callbacks=[Stop()])


def probabilities(recipe: Recipe, found: Array) -> Array:
    """What the owner takes the model's output for."""
    if recipe.output == "logits":
        powers = np.exp(found - found.max(-1, keepdims=True), dtype=np.float32)
        return np.asarray(powers / powers.sum(-1, keepdims=True), np.float32)
    if recipe.output == "logit":
        found = np.asarray(1 / (1 + np.exp(-found)), np.float32)
    return np.concatenate([1 - found, found], -1) if found.shape[-1] == 1 else found


def save(keras: Any, recipe: Recipe, model: Any, labels: list[str], out: Path) -> None:
    """In the form that its owner has it."""
    text = "".join(f"{label}\n" for label in labels)
    (out / "labels.txt").write_text(text, encoding="utf-8")
    if recipe.save == "saved_model":
        model.export(out / "model", verbose=False)
    elif recipe.save == "module":
        save_module(recipe, model, out / "model")
    elif recipe.save == "teachable-machine":
        model.save(out / "keras_model.h5")
        numbered = "".join(f"{i} {label}\n" for i, label in enumerate(labels))
        with zipfile.ZipFile(out / "converted_keras.zip", "w") as archive:
            archive.write(out / "keras_model.h5", "keras_model.h5")
            archive.writestr("labels.txt", numbered)
    elif recipe.save == "channels-first":
        channels_first(keras, recipe, model, len(labels)).save(out / "model.keras")
    else:
        model.save(out / f"model.{recipe.save}")


def save_module(recipe: Recipe, model: Any, path: Path) -> None:
    """As plain TensorFlow, with no Keras in the file."""
    import tensorflow as tf

    class Module(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.held = model.variables

        @tf.function(input_signature=[tf.TensorSpec((None, recipe.side, recipe.side, 3), tf.float32)])  # type: ignore[untyped-decorator]
        def __call__(self, pixels: Any) -> Any:
            return {"scores": model(pixels, training=False)}

    module = Module()
    tf.saved_model.save(module, str(path), signatures=module.__call__)


def channels_first(keras: Any, recipe: Recipe, model: Any, classes: int) -> Any:
    """The same weights behind channels first, as a model that was trained on a GPU has them."""
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        layers = keras.layers
        image = x = keras.Input((3, recipe.side, recipe.side))
        for width in (24, 48, 96, 128):
            x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization(axis=1)(x)
            x = layers.MaxPooling2D()(layers.ReLU()(x))
        x = layers.GlobalAveragePooling2D()(x)
        network = keras.Model(image, layers.Dense(classes, activation="softmax")(x))
        network.set_weights(model.get_weights())
        return network
    finally:
        keras.config.set_image_data_format(before)


if __name__ == "__main__":
    main()
