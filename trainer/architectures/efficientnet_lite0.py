"""EfficientNet-Lite0, all of it, with what it learned on ImageNet."""

import keras

from gemelo.preprocessing import Preprocessing

from ._lite import MINIMUM, WHOLE, whole

SUMMARY = "EfficientNet-Lite0, pretrained on ImageNet: the most accurate for devices"
DEFAULTS = WHOLE


def minimum_size() -> int:
    """32: halved five times."""
    return MINIMUM


def build(preprocessing: Preprocessing, classes: int) -> keras.Model:
    """A fresh network; `trainer.pretrained.efficientnet_lite0` has the weights for it.

    Raises:
        InputSizeError: The preprocessing's input is too small.
    """
    return whole(preprocessing, classes, width=1.0, depth=1.0, dropout=0.2)
