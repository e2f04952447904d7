"""The first eleven blocks of EfficientNet-Lite0, with what they learned on ImageNet: a student for a big teacher.

The fourth block's stride is left out: they end at an eighth of the input's sides, with twelve by twelve places of 96
pixels to pool over. Twice the time, and 0.965 in place of 0.944 of 1,000 held-out photos of cats and dogs right, after
six epochs on 3,000.
"""

import keras

from gemelo.preprocessing import Preprocessing

from ._lite import STUDENT, STUDENT_MINIMUM, student

SUMMARY = "the first 11 blocks of EfficientNet-Lite0: for pages and devices, with a --teacher"
DEFAULTS = STUDENT
DEPTH, NECK, FINE = 11, 512, 3


def minimum_size() -> int:
    """16: halved four times."""
    return STUDENT_MINIMUM


def build(preprocessing: Preprocessing, classes: int) -> keras.Model:
    """A fresh network; `trainer.pretrained.efficientnet_lite0` has the weights for its blocks.

    Raises:
        InputSizeError: The preprocessing's input is too small.
    """
    return student(preprocessing, classes, depth=DEPTH, neck=NECK, fine=FINE)
