"""EfficientNet-Lite2, a size larger than devices like: a teacher for those that they do."""

from dataclasses import replace

import keras

from gemelo.preprocessing import Preprocessing

from ._lite import MINIMUM, WHOLE, whole

SUMMARY = "EfficientNet-Lite2, slower and more accurate: as a --teacher"
DEFAULTS = replace(WHOLE, size=(260, 260), pretrained="efficientnet-lite2")


def minimum_size() -> int:
    """32: halved five times."""
    return MINIMUM


def build(preprocessing: Preprocessing, classes: int) -> keras.Model:
    """A fresh network; `trainer.pretrained.efficientnet_lite2` has the weights for it.

    Raises:
        InputSizeError: The preprocessing's input is too small.
    """
    return whole(preprocessing, classes, width=1.1, depth=1.2, dropout=0.3)
