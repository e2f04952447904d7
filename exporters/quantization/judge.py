"""What a scheme costs: its answers on training images against those of the network in float32."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemelo.decisions import top1
from gemelo.parity.compare import margins
from gemelo.parity.gates import DECISIVE

Answers = NDArray[np.float32]


@dataclass(frozen=True)
class Cost:
    """What was lost.

    Attributes:
        agreement: Share of the images whose label stays.
        decisive: Share of the images whose label changes though the exact margin is over 0.2.
        mean_difference, max_difference: Of probabilities.
    """

    agreement: float
    decisive: float
    mean_difference: float
    max_difference: float


def compare(exact: Answers, found: Answers) -> Cost:
    """One network's answers against another's."""
    difference = np.abs(exact - found)
    changed = top1(exact) != top1(found)
    decisive = changed & (margins(exact) > DECISIVE)
    return Cost(float((~changed).mean()), float(decisive.mean()), float(difference.mean()), float(difference.max()))
