"""What a parity check compares, and what everybody answered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gemelo.parity.gates import ByHand, Gate, Gates
from gemelo.parity.report import Failure
from gemelo.parity.subjects import Subject
from gemelo.preprocessing import DEFAULT_MAX_PIXELS, Preprocessing
from gemelo.store.bundle import Artifact


@dataclass(frozen=True)
class Trial:
    """Inputs of a parity check.

    Attributes:
        root: The folder of the artifacts.
        name: What to call the whole.
        artifacts: Which.
        preprocessing, labels, convolutions: Of the run or bundle.
        subjects: The images.
        notes: What is already known to be missing.
        written: {artifact name: its answers on the goldens when it was written}; empty at export.
        max_pixels: Larger photos are left out.
        by_hand: Limits of gates that were set with `--gate`.
        attribution: Whether the stage that a difference comes from is found of every artifact; of failed ones it is
            found anyway.
        pictures: Whether the report shows the images whose label changed.
    """

    root: Path
    name: str
    artifacts: Sequence[Artifact]
    preprocessing: Preprocessing
    labels: list[str]
    convolutions: int
    subjects: Sequence[Subject]
    notes: list[str] = field(default_factory=list)
    expected_outputs: dict[str, list[list[float]]] = field(default_factory=dict)
    max_pixels: int = DEFAULT_MAX_PIXELS
    by_hand: ByHand = field(default_factory=dict)
    attribution: bool = False
    pictures: bool = False

    def gate(self, artifact: Artifact) -> Gate:
        """The gate of an artifact."""
        return Gates(self.convolutions, self.by_hand).of(artifact.format, artifact.variant)


@dataclass
class Answers:
    """All images that could be read, and what everybody answered; `failures` of those whose runtime stopped."""

    subjects: list[Subject]
    expected: NDArray[np.float32]
    answered: dict[str, NDArray[np.float32]]
    strangers: list[Subject]
    unreadable: list[str]
    failures: list[Failure]
