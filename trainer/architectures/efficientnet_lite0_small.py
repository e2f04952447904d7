"""The first ten blocks of EfficientNet-Lite0, with what they learned on ImageNet: a student for a big teacher.

One block less than `efficientnet_lite0_short`, its strides, and kernels that end on a grid of 8 bits: four files of it
(ONNX fp32 and int8, TFLite int8, TF.js uint8) are under 3 MB together, and two of them lose nothing.
"""

from dataclasses import replace

import keras

from gemelo.preprocessing import Preprocessing

from ._lite import STUDENT, STUDENT_MINIMUM, student

SUMMARY = "the first 10 blocks of EfficientNet-Lite0, in 8 bits: for pages, with a --teacher"
DEFAULTS = replace(STUDENT, weight_bits=8)
DEPTH, NECK, FINE = 10, 512, 3


def minimum_size() -> int:
    """16: halved four times."""
    return STUDENT_MINIMUM


def build(preprocessing: Preprocessing, classes: int) -> keras.Model:
    """A fresh network; `trainer.pretrained.efficientnet_lite0` has the weights for its blocks.

    Raises:
        InputSizeError: The preprocessing's input is too small.
    """
    return student(preprocessing, classes, depth=DEPTH, neck=NECK, fine=FINE)
