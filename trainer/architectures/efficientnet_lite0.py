"""EfficientNet-Lite0, all of it, with what it learned on ImageNet."""

import keras

from gemelo.contract import Contract
from trainer.architectures._lite0 import network
from trainer.defaults import Defaults

SUMMARY = "EfficientNet-Lite0 with what it learned on ImageNet: the most accuracy of all"
DEFAULTS = Defaults(
    size=(224, 224),
    epochs=6,
    recipe="gentle",
    optimizer="adamw",
    learning_rate=3e-4,
    schedule="cosine",
    warmup_epochs=0.5,
    weight_decay=0.02,
    label_smoothing=0.05,
    ema=0.995,
    early_epochs=0.5,
    early_size=0.714,  # 160 of 224
    keep="last",
    pretrained="efficientnet-lite0",
    frozen_norm=True,
    validation_fraction=0.1,
)
FEATURES = 1280


def minimum_size() -> int:
    """32: halved five times."""
    return 32


def build(contract: Contract, classes: int) -> keras.Model:
    """A fresh network; `trainer.pretrained.efficientnet_lite0` has the weights for it.

    Raises:
        InputSizeError: The contract's input is too small.
    """
    return network(contract, classes, minimum=minimum_size(), depth=16, last=("top", FEATURES), dropout=0.2)
