"""Pages of networks that the lecture does not have: every type of layer in one chain, forks, and no layers at all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exporters.export import export
from exporters.frameworks import keras
from gemelo.webpage import make_page
from tests.exporters import networks

L = keras.layers


def zoo() -> Any:
    """One chain: grey, not square, odd strides and paddings, layers that the page has no words for, a softmax."""
    return keras.Sequential(
        [
            keras.Input((26, 35, 1), name="image"),
            L.Rescaling(1 / 128, -127 / 128),
            L.Conv2D(6, (4, 3), strides=2, padding="same", activation="relu6"),
            L.DepthwiseConv2D(3, depth_multiplier=2, activation="silu"),
            L.AveragePooling2D((3, 2), strides=(2, 1), padding="same"),
            L.ZeroPadding2D(1),
            L.Conv2D(8, 3, activation="tanh"),
            L.LayerNormalization(),
            L.Conv2D(70, 1, activation="elu"),
            L.MaxPooling2D(2, padding="same"),
            L.GlobalAveragePooling2D(),
            L.Dense(5, activation="sigmoid"),
            L.Dense(3, activation="softmax"),
        ]
    )


def forked() -> Any:
    """No chain, but it ends as class activation maps need it."""
    image = keras.Input((48, 48, 3), name="image")
    x = L.Conv2D(8, 3, strides=2, activation="relu", name="stem")(L.Rescaling(1 / 255)(image))
    x = L.Add()([x, L.Conv2D(8, 3, padding="same", activation="relu")(x)])
    x = L.GlobalAveragePooling2D()(L.Conv2D(12, 3, strides=4, activation="relu", name="top")(x))
    return keras.Model(image, L.Dense(2, activation="softmax")(x))


def wordy() -> Any:
    """A chain that ends as class activation maps need it, for labels that no screen has room for."""
    return keras.Sequential(
        [
            keras.Input((24, 24, 3), name="image"),
            L.Rescaling(1 / 255),
            L.Conv2D(4, 3, activation="relu"),
            L.GlobalAveragePooling2D(),
            L.Dense(4, activation="softmax"),
        ]
    )


LONG_LABELS = ["w" * 33, "Nebelkrähe-oder-Rabenkrähe-" * 3 + "Elster", "n" * 150, "bee"]

NETWORKS: dict[str, tuple[Callable[[], Any], tuple[int, int, int], list[str]]] = {
    "zoo": (zoo, (26, 35, 1), ["ant", "bee", "señal ✓"]),
    "wordy": (wordy, (24, 24, 3), LONG_LABELS),
    "forked": (forked, (48, 48, 3), ["cats", "dogs"]),
}


def page_of(name: str, root: Path) -> Path:
    """The static page of a network that nobody trained; `residual` is one of the exporters' own."""
    with pytest.MonkeyPatch.context() as patch:
        if name in NETWORKS:
            build, shape, labels = NETWORKS[name]
            patch.setitem(networks._NETWORKS, name, build)
            patch.setitem(networks.SHAPES, name, shape)
            patch.setitem(networks.LABELS, name, labels)
        run = networks.make_run(root / "runs" / name, name, root / "data" / name)
        bundle = export(run.path, root / "bundles" / name, formats=["tfjs", "onnx"], variants=["fp32"]).bundle
    return make_page(bundle.path, root / "pages" / name).path
