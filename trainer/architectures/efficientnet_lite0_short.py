"""The first eleven blocks of EfficientNet-Lite0, with what they learned on ImageNet: a student for a big teacher.

They end at a sixteenth of the input's sides, where there are still six by six places of 96 pixels to pool over. The
convolution before the head is new: the original's own reads what the later blocks make.
"""

import keras

from gemelo.contract import Contract
from trainer.architectures._lite0 import network
from trainer.defaults import Defaults

SUMMARY = "the first eleven blocks of EfficientNet-Lite0: for pages and devices, by a --teacher"
DEFAULTS = Defaults(
    size=(96, 96),
    epochs=40,
    batch=64,
    recipe="gentle",
    optimizer="adamw",
    learning_rate=1e-3,
    schedule="cosine",
    warmup_epochs=1,
    weight_decay=0.05,
    label_smoothing=0.05,
    ema=0.998,
    keep="last",
    pretrained="efficientnet-lite0",
    frozen_norm=True,
    validation_fraction=0.1,
)
DEPTH, NECK = 11, 512


def minimum_size() -> int:
    """16: halved four times."""
    return 16


def build(contract: Contract, classes: int) -> keras.Model:
    """A fresh network; `trainer.pretrained.efficientnet_lite0` has the weights for its blocks.

    Raises:
        InputSizeError: The contract's input is too small.
    """
    return network(contract, classes, minimum=minimum_size(), depth=DEPTH, last=("neck", NECK), dropout=0.1)
