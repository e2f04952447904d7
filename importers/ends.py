"""What a classifier of photos takes and gives; everything else is refused in a sentence that says what it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import ModelError

_REGRESSION = (
    *("mse", "mae", "mape", "msle", "huber", "huber_loss", "log_cosh", "logcosh", "mean_squared_error"),
    *("mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error"),
    *("MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh", "MeanAbsolutePercentageError"),
)
_DETECTOR = ("detection_boxes", "detection_scores", "boxes", "num_detections", "raw_detection_boxes")
_SLACK = 1e-3
_WANTED = "gemelo takes classifiers that give one probability, or one logit, for each label"


def check_input(name: str, shape: Sequence[int | None]) -> tuple[int | None, int | None, int, str]:
    """Height, width, channels and layout of an input (batch, ...).

    Raises:
        ModelError: It is no image.
    """
    if len(shape) != 4:
        dimensions = "x".join("?" if side is None else str(side) for side in shape[1:]) or "one number"
        raise ModelError(f"{name}: the input is no image: each is {dimensions}, not height x width x channels")
    if shape[0] not in (None, -1):
        raise ModelError(
            f"{name}: the model takes exactly {shape[0]} images at a time", hint="save it with its batch left open"
        )
    last, first = shape[3], shape[1]
    if last in (1, 3):
        return shape[1], shape[2], last, "NHWC"
    if first in (1, 3):
        return shape[2], shape[3], first, "NCHW"
    if last is None:
        return shape[1], shape[2], 3, "NHWC"
    raise ModelError(f"{name}: the input has {last} channels; photos have 3, or 1 where they are gray")


def check_output(name: str, shapes: Sequence[tuple[int | None, ...]], names: Sequence[str]) -> int:
    """The columns of the output.

    Raises:
        ModelError: There are several outputs, or it is no row of numbers.
    """
    if any(part in each.lower() for each in names for part in _DETECTOR):
        raise ModelError(f"{name}: this is a detector, which finds things in a photo by boxes", hint=_WANTED)
    if len(shapes) != 1:
        told = f": {', '.join(names[:6])}" if names else ""
        raise ModelError(f"{name}: the model has {len(shapes)} outputs{told}", hint=_WANTED)
    shape = shapes[0]
    if len(shape) == 2 and shape[1]:
        return int(shape[1])
    dimensions = "x".join("?" if side is None else str(side) for side in shape[1:]) or "one number"
    what = "a map, as of a segmentation or a part of a network" if len(shape) == 4 else "no row of probabilities"
    raise ModelError(f"{name}: the output is {what}: {dimensions} for each photo", hint=_WANTED)


def losses(config: Mapping[str, Any]) -> set[str]:
    """The names of the losses that a model was compiled with, as far as its configuration says."""
    found = config.get("compile_config") or config.get("training_config") or {}
    return set(_names(found.get("loss"))) if isinstance(found, dict) else set()


def _names(loss: Any) -> Iterator[str]:
    if isinstance(loss, str):
        yield loss
    elif isinstance(loss, list):
        for part in loss:
            yield from _names(part)
    elif isinstance(loss, dict):
        kind, inside = loss.get("class_name"), loss.get("config")
        if isinstance(kind, str):
            yield kind
        for part in (inside,) if isinstance(kind, str) else loss.values():
            if isinstance(part, str | list) or not isinstance(kind, str):
                yield from _names(part)


def meaning(name: str, activation: str | None, outputs: int, trained_by: set[str]) -> str | None:
    """What the output is, by the activation that it ends in: one of `declare.OUTPUTS`; None where that does not say.

    Raises:
        ModelError: It is no classifier.
    """
    if trained_by & set(_REGRESSION) and activation != "softmax":
        raise ModelError(
            f"{name}: this is a regression: it was trained to guess numbers ({', '.join(sorted(trained_by))})",
            hint=_WANTED,
        )
    if activation == "softmax":
        if outputs == 1:
            raise ModelError(f"{name}: a softmax over one unit is always 1", hint="train it with a sigmoid")
        return "probabilities"
    if activation == "sigmoid":
        if outputs > 1:
            raise _multi_label(name, outputs)
        return "sigmoid"
    if activation in ("linear", "log_softmax"):
        return "logits"
    if activation in ("relu", "tanh", "relu6", "softplus", "elu", "selu"):
        raise ModelError(f"{name}: the model ends in {activation}: this is no classifier", hint=_WANTED)
    return None


def _multi_label(name: str, outputs: int) -> ModelError:
    return ModelError(
        f"{name}: this is a multi-label model: each of its {outputs} outputs is a probability of its own, and they "
        "don't sum to 1",
        hint=_WANTED,
    )


def probabilities(answers: NDArray[np.float32], output: str | None) -> NDArray[np.float32]:
    """A model's outputs as probabilities, (n, classes); of one unit [1 - p, p].

    Args:
        answers: (n, outputs).
        output: What they are, one of `declare.OUTPUTS`; None to tell it by their range.
    """
    logits = (
        output == "logits" if output is not None else bool((answers < -_SLACK).any() or (answers > 1 + _SLACK).any())
    )
    if answers.shape[1] == 1:
        found = np.float32(1) / (1 + np.exp(-np.clip(answers, -80, 80))) if logits else answers
        return np.concatenate([1 - found, found], axis=1)
    if not logits:
        return answers
    powers = np.exp(answers - answers.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True), np.float32)


def judge(name: str, answers: NDArray[np.float32], declared: str | None) -> str:
    """What the output is, by what the model answers.

    Args:
        name: How to call it in messages.
        answers: float32 (n, outputs).
        declared: What was said of it.

    Returns:
        One of `declare.OUTPUTS`.

    Raises:
        ModelError: The answers are no numbers, or not what was said, or no probabilities.
    """
    if not np.isfinite(answers).all():
        raise ModelError(
            f"{name}: the model answers NaN or infinity",
            hint="its training diverged, or --scale is not the one that it was trained with",
        )
    outputs = answers.shape[1]
    within = bool((answers >= -_SLACK).all() and (answers <= 1 + _SLACK).all())
    whole = within and outputs > 1 and bool(np.allclose(answers.sum(axis=1), 1, atol=_SLACK))
    fits = {"probabilities": whole, "sigmoid": within and outputs == 1, "logits": True}
    found = declared or ("probabilities" if whole else "sigmoid" if fits["sigmoid"] else "logits")
    if declared is None and within and not whole and outputs > 1:
        raise _multi_label(name, outputs)
    if found == "probabilities" and outputs == 1:
        found = "sigmoid"
    if not fits[found]:
        low, high = float(answers.min()), float(answers.max())
        raise ModelError(
            f"{name}: the outputs are no probabilities: they reach from {low:.3g} to {high:.3g}"
            + ("" if outputs == 1 else f" and sum to {float(answers.sum(axis=1).mean()):.3g}"),
            hint="say --output logits if the model lacks its softmax",
        )
    return found
