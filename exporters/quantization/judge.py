"""What a scheme costs: its answers on training images against those of the network in float32."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemelo.decisions import top1

from ..inference import INPUT

Answers = NDArray[np.float32]
_BATCH = 16


@dataclass(frozen=True)
class Cost:
    """What was lost.

    Attributes:
        agreement: Share of the images whose label stays.
        mean_difference, max_difference: Of probabilities.
    """

    agreement: float
    mean_difference: float
    max_difference: float


def answer(model: bytes, images_u8: NDArray[np.uint8]) -> Answers:
    """Probabilities (n, classes) of images (n, h, w, c), by onnxruntime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    starts = range(0, len(images_u8), _BATCH)
    parts = [session.run(None, {INPUT: images_u8[i : i + _BATCH].astype(np.float32)})[0] for i in starts]
    return np.concatenate(parts)


def compare(exact: Answers, found: Answers) -> Cost:
    """One network's answers against another's."""
    difference = np.abs(exact - found)
    agreement = float((top1(exact) == top1(found)).mean())
    return Cost(agreement, float(difference.mean()), float(difference.max()))


def sensitivity(
    layers: list[str], alone: Callable[[str], bytes], exact: Answers, images_u8: NDArray[np.uint8]
) -> dict[str, float]:
    """How much each layer costs when it alone is in 8 bits: the mean difference of probabilities.

    Args:
        layers: Their names.
        alone: Makes the network in which one layer is in 8 bits.
        exact: The answers in float32 to the images.
        images_u8: (n, h, w, c).
    """
    return {name: compare(exact, answer(alone(name), images_u8)).mean_difference for name in layers}
