"""One label that a classifier answers, with its probability."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Prediction:
    """A label and its probability.

    Attributes:
        label: Its name.
        probability: 0 to 1.
        index: Index of the label in the bundle's labels.
    """

    label: str
    probability: float
    index: int
