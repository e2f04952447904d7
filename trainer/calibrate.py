"""Honest probabilities: one temperature for the whole network, and how sure is sure enough to answer.

Both are chosen on a validation split of their own; where there is none, neither is: the test photos choose nothing.
"""

import math
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from gemelo import metrics
from gemelo.decisions import Labels, Probabilities, is_sure
from gemelo.progress import Step
from gemelo.store.manifest import Abstain

from .linear_probe import each_features
from .photos import Photos

COOLEST, HOTTEST = 0.25, 8.0
FEWEST = 30
ANSWERED = 0.95
SUREST = 0.95

Logits = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """What validation chose.

    Attributes:
        temperature: By which the logits were divided; 1 where it was not fitted.
        threshold: The top probability at which 95 of 100 validation photos are still answered; None where it was not
            chosen.
        note: On what, or why not; a sentence.
    """

    temperature: float
    threshold: float | None
    note: str


def calibrate(model: keras.Model, held: Photos, done: Step, *, own: bool) -> Calibration:
    """Fit the temperature on the validation photos and fold it into the last layer, so that every artifact has it.

    Guo et al. 2017, "On calibration of modern neural networks".

    Args:
        model: Its last layer is a Dense head; it is changed in place.
        held: The validation photos.
        done: Told of every photo looked at.
        own: Whether these are other photos than those that are tested on.
    """
    if not own:
        return Calibration(1.0, None, "not calibrated: the validation photos are the test photos, which choose nothing")
    if (count := len(held.rows)) < FEWEST:
        return Calibration(
            1.0,
            None,
            f"not calibrated: {count} validation photos are too few, {FEWEST} are needed (--validation-fraction)",
        )
    found = logits(model, held, done)
    temperature = fit_temperature(found, held.labels)
    model.layers[-1].set_weights([value / np.float32(temperature) for value in model.layers[-1].get_weights()])
    sure = softmax(found / temperature).max(axis=1)
    return Calibration(temperature, threshold(sure, found.shape[1]), f"calibrated on {count} validation photos")


def fit_temperature(found: Logits, labels: Labels) -> float:
    """The temperature of the least log-loss, from 0.25 to 8, to six digits.

    Where every photo is right, log-loss alone would have it ever surer. So one photo that is wrong by chance is
    reckoned in, as Laplace's rule of succession has it: of n right among n, the next is right by (n + 1) / (n + 2).

    Args:
        found: (n, classes).
        labels: (n,).
    """
    count, classes = found.shape
    truth = np.full((count, classes), 1 / (count + 2) / (classes - 1))
    truth[np.arange(count), labels] = (count + 1) / (count + 2)
    low, high = 1 / HOTTEST, 1 / COOLEST
    # Log-loss is convex in the inverse of the temperature: its slope has one zero, if any.
    for _ in range(60):
        middle = (low + high) / 2
        slope = float(np.sum((softmax(found * middle) - truth) * found))
        low, high = (low, middle) if slope > 0 else (middle, high)
    return float(f"{2 / (low + high):.6g}")


def uncalibrated(probabilities: Probabilities, temperature: float) -> Probabilities:
    """What the model answered before its logits were divided by a temperature, to what float32 keeps of a probability.

    Args:
        probabilities: Calibrated (n, classes).
        temperature: By which the logits were divided.
    """
    raised: NDArray[np.float64] = np.power(probabilities.astype(np.float64), temperature)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)


def threshold(sure: NDArray[np.float64], classes: int) -> float:
    """The top probability from which on 95 of 100 photos are answered, never above 0.95 nor below chance.

    Hendrycks and Gimpel 2017, "A baseline for detecting misclassified and out-of-distribution examples".

    Args:
        sure: Top probability of each photo (n,).
        classes: How many there are.
    """
    least = float(np.sort(sure)[math.floor((1 - ANSWERED) * len(sure) + 1e-9)])
    least = math.floor(least * 1e4) / 1e4  # four digits, and no photo less is answered
    return max(1 / classes, min(SUREST, least))


def abstain(asked: str | float, chosen: float | None, probabilities: Probabilities, labels: Labels) -> Abstain | None:
    """`RunManifest.abstain`: the threshold, and what it does to the test photos; None where there is none.

    Args:
        asked: `off`, `auto`, or a threshold.
        chosen: By validation.
        probabilities: Of the test photos (n, classes), calibrated.
        labels: (n,).
    """
    least = chosen if asked == "auto" else None if asked == "off" else float(asked)
    if least is None:
        return None
    answered = is_sure(probabilities.max(axis=1), least)
    right = metrics.accuracy(probabilities[answered], labels[answered]) if answered.any() else None
    return Abstain(least, float(answered.mean()), right)


def logits(model: keras.Model, photos: Photos, done: Step) -> Logits:
    """What the head answers before it is squashed, (n, classes), in float64; a sigmoid's as [0, z].

    Args:
        model: Its last layer is a Dense head.
        photos: Asked about.
        done: Told of every photo looked at.
    """
    kernel, bias = (np.asarray(value, np.float64) for value in model.layers[-1].get_weights())
    found = np.concatenate([part.astype(np.float64) @ kernel + bias for part in each_features(model, photos, done)])
    return np.c_[np.zeros(len(found)), found] if found.shape[1] == 1 else found


def softmax(found: Logits) -> NDArray[np.float64]:
    """Probabilities (n, classes)."""
    powers = np.exp(found - found.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
