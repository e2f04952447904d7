"""The first nine blocks of EfficientNet-Lite0, with what they learned on ImageNet: a student for a big teacher.

They end at a sixteenth of the input's sides, where there are still six by six places of 96 pixels to pool over.
"""

import keras

from gemelo.preprocessing import Preprocessing

from ._lite import STUDENT, STUDENT_MINIMUM, student

SUMMARY = "the first 9 blocks of EfficientNet-Lite0: for pages and devices, with a --teacher"
DEFAULTS = STUDENT
DEPTH, NECK = 9, 256


def minimum_size() -> int:
    """16: halved four times."""
    return STUDENT_MINIMUM


def build(preprocessing: Preprocessing, classes: int) -> keras.Model:
    """A fresh network; `trainer.pretrained.efficientnet_lite0` has the weights for its blocks.

    Raises:
        InputSizeError: The preprocessing's input is too small.
    """
    return student(preprocessing, classes, depth=DEPTH, neck=NECK)
