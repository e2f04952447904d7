"""The best that at most 350,000 parameters give at 64 pixels: a small residual network (He et al. 2016)."""

import keras
from keras import layers

from gemelo.preprocessing import Preprocessing

from ..defaults import Defaults
from ..heads import head, photo

SUMMARY = "a small residual network, trained from scratch: the most accurate for its size"
DEFAULTS = Defaults(
    epochs=120,
    batch=64,
    recipe="strong",
    optimizer="adamw",
    learning_rate=2e-3,
    schedule="cosine",
    warmup_epochs=2,
    weight_decay=0.05,
    label_smoothing=0.05,
    ema=0.998,
    early_epochs=0.8,
    early_size=0.75,
    keep="last",
    validation_fraction=0.1,
)
_STEM = 24
_STAGES = ((24, 1), (40, 2), (40, 1), (64, 2), (64, 1), (88, 2))  # (filters, stride)


def minimum_size() -> int:
    """16: halved four times."""
    return 16


def build(preprocessing: Preprocessing, classes: int) -> keras.Model:
    """A fresh network.

    Raises:
        InputSizeError: The preprocessing's input is too small.
    """
    image = photo(preprocessing, minimum_size())
    x = layers.Rescaling(1 / 64, offset=-127.5 / 64, name="rescaling")(image)
    x = layers.ReLU()(_convolution(x, _STEM, 5, stride=2))
    for filters, stride in _STAGES:
        x = _residual(x, filters, stride)
    x = layers.Dropout(0.1)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, head(x, classes))


def _residual(x: keras.KerasTensor, filters: int, stride: int) -> keras.KerasTensor:
    y = layers.ReLU()(_convolution(x, filters, 3, stride=stride))
    y = _convolution(y, filters, 3)
    if stride == 2:
        x = layers.AveragePooling2D(2, padding="same")(x)  # keeps what a strided 1x1 kernel would skip
    if stride == 2 or x.shape[-1] != filters:
        x = _convolution(x, filters, 1)
    return layers.ReLU()(layers.Add()([x, y]))


def _convolution(x: keras.KerasTensor, filters: int, kernel: int, *, stride: int = 1) -> keras.KerasTensor:
    x = layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal")(
        x
    )
    return layers.BatchNormalization(momentum=0.97)(x)
