"""A new file in a folder is a new architecture or format: listed, exported and verified, and nothing else is edited."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gemelo.synthetic import draw_dataset

ARCHITECTURE = '''
"""The mean color, and a dense layer on it."""

import keras

from trainer.defaults import Defaults

SUMMARY = "mean color"
DEFAULTS = Defaults(size=(16, 16), epochs=1, recipe="none")


def build(preprocessing, classes):
    image = keras.Input(preprocessing.shape, name="image")
    x = keras.layers.Rescaling(1 / 255)(image)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(classes, activation="softmax")(x))
'''

FORMAT = '''
"""Weights of the mean-color network as a numpy archive."""

import numpy as np

VARIANTS = USUAL = ("fp32",)


def write(source, variant, folder):
    kernel, bias = source.model.get_weights()
    np.savez(folder / f"{variant}.npz", kernel=kernel, bias=bias)
    return f"{variant}.npz"
'''

RUNTIME = '''
"""Numpy."""

import numpy as np

NAME = "numpy"


class Session:
    labels = None

    def __init__(self, entry):
        archive = np.load(entry)
        self.kernel, self.bias = archive["kernel"], archive["bias"]
        self.classes = self.bias.size

    def run(self, images):
        logits = images.mean(axis=(1, 2), dtype=np.float64) / 255 @ self.kernel + self.bias
        power = np.exp(logits - logits.max(axis=1, keepdims=True))
        return (power / power.sum(axis=1, keepdims=True)).astype(np.float32)

    def close(self):
        pass


def open(entry, *, threads=None, reference=False):
    return Session(entry)


def version():
    return np.__version__
'''


@pytest.fixture(scope="module")
def checkout(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages, with three files added and no other touched."""
    root = tmp_path_factory.mktemp("checkout")
    for package in ("gemelo", "trainer", "exporters"):
        shutil.copytree(project / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "trainer" / "architectures" / "mean_color.py").write_text(ARCHITECTURE)
    (root / "exporters" / "formats" / "npz.py").write_text(FORMAT)
    (root / "gemelo" / "runtimes" / "npz.py").write_text(RUNTIME)
    draw_dataset(root / "data", 40, seed=1)
    return root


def call(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(checkout), "GEMELO_CACHE": str(checkout / "cache")}
    command = [sys.executable, "-m", "gemelo", *words]
    return subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, text=True, check=False, timeout=240
    )


def test_a_new_architecture_and_a_new_format_are_listed_exported_and_verified(checkout: Path) -> None:
    unknown = call(checkout, "train", "data", "--out", "runs/x", "--arch", "nothing")
    assert unknown.returncode == 2
    assert "mean-color" in unknown.stderr
    trained = call(checkout, "train", "data", "--out", "runs/x", "--arch", "mean-color")
    assert trained.returncode == 0, trained.stderr
    unknown = call(checkout, "export", "runs/x", "--out", "bundles/x", "--formats", "nothing")
    assert unknown.returncode == 2
    assert "npz" in unknown.stderr
    exported = call(checkout, "export", "runs/x", "--out", "bundles/x")
    assert exported.returncode == 0, exported.stderr
    info = json.loads(call(checkout, "info", "bundles/x", "--json").stdout)
    rows = {(row["format"], row["variant"]): row["parity"] for row in info["artifacts"]}
    assert rows["npz", "fp32"]["passed"]
    assert rows["npz", "fp32"]["runtime"] == "numpy"
    assert rows["npz", "fp32"]["max_abs_difference"] <= 1e-5
    assert {format for format, _ in rows} == {"npz", "onnx", "tfjs", "tflite"}
    assert call(checkout, "verify", "bundles/x").returncode == 0
