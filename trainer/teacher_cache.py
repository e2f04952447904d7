"""What a teacher has answered already: where epochs repeat, it need not be asked again."""

import numpy as np
from numpy.typing import NDArray

from .batches import Feed


class Lessons:
    """The answers to every photo of every step of the epochs that differ.

    Args:
        feed: How many of them there are.
        units: Of the teacher's head; 0 where there is no teacher.
    """

    def __init__(self, feed: Feed, units: int) -> None:
        self.shape = (feed.size, units)
        kept = feed.views * feed.steps if feed.views and units else 0
        self._answers = np.full((kept, *self.shape), np.nan, np.float32)

    @property
    def arrays(self) -> list[NDArray[np.float32]]:
        """What a checkpoint must hold."""
        return [self._answers] if len(self._answers) else []

    def recall(self, seeds: NDArray[np.int64]) -> tuple[NDArray[np.float32], bool]:
        """Answers (steps, size, units) for these steps, and whether they are known."""
        found = self._answers[seeds] if len(self._answers) else np.full((len(seeds), *self.shape), np.nan, np.float32)
        return found, bool(found.size) and not bool(np.isnan(found).any())

    def note(self, seeds: NDArray[np.int64], answers: NDArray[np.float32]) -> None:
        """Keep what the teacher answered."""
        if len(self._answers):
            self._answers[seeds] = answers
