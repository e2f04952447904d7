"""What a model's numbers mean: probabilities, one sigmoid, logits or scores, found out from the answers themselves."""

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import ModelError

Rows = NDArray[np.float32]

# How far a sum of probabilities may be from 1: answers in steps of 1/256 need more than float16.
_SLACK = {"fp32": 1e-3, "fp16": 3e-3, "int8": 2e-2}
KINDS = ("probabilities", "sigmoid", "logits", "scores")


def meaning(where: object, raw: Rows, declared: str | None, precision: str = "fp32", step: float = 0.0) -> str:
    """What answers (n, columns) are: one of `KINDS`. NaN is passed over.

    Args:
        where: What to call the model.
        raw: Its answers.
        declared: What was said of them.
        precision: Of the model.
        step: How far apart they are at least, where they are in 8 bits.

    Raises:
        ModelError: They are not what was said.
    """
    found = raw[np.isfinite(raw).all(axis=1)]
    columns = raw.shape[1]
    slack = max(_SLACK[precision], step * columns / 2)
    within = bool((found >= -slack).all() and (found <= 1 + slack).all())
    whole = within and columns > 1 and bool(np.allclose(found.sum(axis=1), 1, atol=slack))
    if declared in ("probabilities", "sigmoid") and not (within if columns == 1 else whole):
        raise ModelError(
            f"{where}: its answers are no probabilities: they reach from {found.min():.3g} to {found.max():.3g}",
            hint="leave --output out, or say --output logits",
        )
    if columns == 1:
        return "sigmoid" if declared in ("probabilities", "sigmoid") or (declared is None and within) else "logits"
    if declared is not None:
        return declared
    return "probabilities" if whole else "scores" if within else "logits"


def probabilities(raw: Rows, kind: str) -> Rows:
    """Answers as probabilities (n, classes): a softmax or a sigmoid is added where it lacks."""
    if raw.shape[1] == 1:
        one = raw if kind == "sigmoid" else _sigmoid(raw)
        return np.concatenate([1 - one, one], axis=1)
    return softmax(raw) if kind == "logits" else raw


def softmax(logits: Rows) -> Rows:
    """Probabilities of logits."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    power = np.exp(shifted)
    return np.asarray(power / power.sum(axis=1, keepdims=True), np.float32)


def logits_of(probabilities: Rows) -> NDArray[np.float64]:
    """Logits of probabilities, each row with the mean 0."""
    logs = np.log(np.maximum(probabilities.astype(np.float64), 1e-30))
    return np.asarray(logs - logs.mean(axis=1, keepdims=True))


def told(kind: str, columns: int) -> str:
    """What was done to answers of a kind, as a sentence; empty where nothing was."""
    if kind == "logits":
        return "answers with logits: a " + ("sigmoid" if columns == 1 else "softmax") + " was added"
    if kind == "scores":
        return "answers with numbers between 0 and 1 that don't sum to 1: they are compared as they are"
    return ""


def _sigmoid(raw: Rows) -> Rows:
    return np.asarray(1 / (1 + np.exp(-raw.astype(np.float64))), np.float32)
