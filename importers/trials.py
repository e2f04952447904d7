"""Trials of the preprocessing detective: one for each combination, and what all of them tell together."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gemelo.preprocessing import Images
from gemelo.reports.statistics import binomial

from .declare import Declared, Scale

# Standard errors of a mean difference: what is below is a tie. Not two: dozens of combinations are compared.
CERTAIN = 3.0
# A difference of log-loss that is too small to matter, however sure it is.
NEGLIGIBLE = 0.01
# The p-value below which an accuracy is not by chance.
UNLIKELY = 0.01
# Models that overfit need temperatures of 2 to 5; those of a scale that is 255 times too large need more than this.
TOO_SURE = 20.0

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Combination:
    """One way to prepare photos, and to read the answers.

    Attributes:
        scale, channel_order: Of the model's input.
        filter, fit, resize_to: As in `gemelo.preprocessing.Preprocessing`.
        labels: In the order of the output's columns.
        usual: Whether the labels are in an order that somebody would choose, not one that the answers suggest.
    """

    scale: Scale
    channel_order: str
    filter: str
    fit: str
    resize_to: int | None
    labels: tuple[str, ...] = ()
    usual: bool = field(default=True, compare=False)

    def scaled(self, images_u8: Images) -> Array:
        """What the model is given of prepared photos, uint8 (n, h, w, c) RGB."""
        ordered = images_u8[..., ::-1] if self.channel_order == "bgr" else images_u8
        mean, std = (np.array(values, np.float32) for values in (self.scale.mean, self.scale.std))
        return np.asarray((ordered.astype(np.float32) - mean) / std, np.float32)

    @property
    def pixels(self) -> tuple[object, ...]:
        """What two combinations have in common that differ in scale and channel order alone."""
        return self.filter, self.fit, self.resize_to, self.labels

    def declared(self) -> Declared:
        """The same as a declaration."""
        return Declared(
            scale=self.scale,
            channel_order=self.channel_order,
            fit=self.fit,
            filter=self.filter,
            resize_to=self.resize_to,
            labels=self.labels,
        )


@dataclass(frozen=True)
class Trial:
    """What came of a combination.

    Attributes:
        combination: Which.
        losses: Log-loss of each photo, after calibration; natural logarithm.
        accuracy: Share of the photos whose label the model names.
        temperature: That fits the answers best: above 1, the model is too sure.
        raw: Log-loss of each photo, before calibration.
        too_sure: Whether a temperature above `TOO_SURE` fits the answers best.
    """

    combination: Combination
    losses: Array
    accuracy: float
    temperature: float
    raw: Array
    too_sure: bool

    @cached_property
    def loss(self) -> float:
        """The mean log-loss."""
        return float(self.losses.mean())

    @cached_property
    def raw_loss(self) -> float:
        """The mean log-loss before calibration."""
        return float(self.raw.mean())

    def worse_than(self, other: "Trial") -> bool:
        """Whether the other is better by more than chance makes likely, compared photo by photo."""
        return _higher(self.losses, other.losses) or self.too_sure_beside(other)

    def too_sure_beside(self, other: "Trial") -> bool:
        """Whether this scale makes the model far too sure, and another one, with which it is as good, does not.

        Calibration hides a scale that is a hundred times too large: the answers are nearly as often right, but all of
        them are 0 or 1.
        """
        return (
            self.too_sure
            and self.combination.scale != other.combination.scale
            and not other.too_sure
            and not _higher(self.losses, other.losses)
            and not _higher(other.losses, self.losses)
            and _higher(self.raw, other.raw)
        )


def _higher(losses: Array, others: Array) -> bool:
    difference = losses - others
    error = float(difference.std()) / np.sqrt(len(difference))
    return bool(difference.mean() > max(NEGLIGIBLE, CERTAIN * error))


@dataclass(frozen=True)
class Finding:
    """What the detective found out.

    Attributes:
        trials: All that was tried, the best first.
        photos: How many answered.
        given: How many there are; of many, some are enough.
        chance: The share of them that is right by guessing.
        unreadable: Photos that could not be read, and why.
    """

    trials: list[Trial]
    photos: int
    given: int
    chance: float
    unreadable: dict[str, str]

    @property
    def best(self) -> Trial:
        """The best of them."""
        return self.trials[0]

    @property
    def ties(self) -> list[Trial]:
        """Others that may be as good: chance alone may have put them behind."""
        plausible = [trial for trial in self.trials[1:] if trial.combination.usual or not self.best.combination.usual]
        return [trial for trial in plausible if not trial.worse_than(self.best)]

    @property
    def knows(self) -> bool:
        """Whether the best is better than guessing, by its log-loss or by its accuracy; if not, nothing was found."""
        guess = np.float32(np.log(max(2, len(self.best.combination.labels))))
        better = guess - self.best.losses
        surer = bool(better.mean() > CERTAIN * better.std() / np.sqrt(len(better)))
        # The best of many by chance would be better than one: Bonferroni.
        p = binomial(round(self.best.accuracy * self.photos), self.photos, self.chance) if self.chance < 1 else 1
        return surer or p * len(self.trials) < UNLIKELY

    def of(self, combination: Combination) -> Trial | None:
        """What came of a combination, if it was tried."""
        return next((trial for trial in self.trials if trial.combination == combination), None)
