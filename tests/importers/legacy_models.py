"""Models of Keras 2, made in a process of its own: `python -m tests.importers.legacy_models FOLDER`."""

import os
import sys
from pathlib import Path

os.environ |= {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


def main(folder: Path) -> None:
    """A functional model that Keras 3 cannot load, and one as Teachable Machine makes them, with answers to noise."""
    import numpy as np
    import tf_keras as keras

    layers = keras.layers
    keras.utils.set_random_seed(2)
    image = keras.Input((24, 24, 3))
    x = layers.DepthwiseConv2D(3, activation="relu")(layers.Rescaling(1 / 255)(image))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(8, 1)(x))
    keras2 = keras.Model(image, layers.Dense(1)(x))
    base = keras.Sequential([keras.Input((24, 24, 3)), layers.DepthwiseConv2D(3), layers.Conv2D(8, 3)])
    body = keras.Sequential([base, layers.GlobalAveragePooling2D()])
    head = keras.Sequential([layers.Dense(6, activation="relu"), layers.Dense(3, activation="softmax")])
    machine = keras.Sequential([body, head])
    machine.build((None, 24, 24, 3))
    noise = np.random.default_rng(0).uniform(0, 255, (4, 24, 24, 3)).astype("float32")
    keras2.save(folder / "keras2.h5")
    machine.save(folder / "keras_model.h5")
    np.savez(folder / "answers.npz", noise=noise, keras2=keras2(noise), machine=machine(noise / 127.5 - 1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
