"""Tensors of two models matched by what they hold, whatever they are called: the way to the first that differs."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemelo.compare.model import Tensor

Values = NDArray[np.float32]
# How far a tensor may be from its counterpart, as the root of the mean square over that of the counterpart.
LIMITS = {"fp32": 2e-3, "fp16": 2e-2, "int8": 6e-2}
# In 8 bits: so many times as far as what it is made of, or so far.
_SUDDEN, _VERY_FAR = 3.0, 0.3
# A probability above it is saturated: it is the same for many inputs.
SATURATED = 0.999
# What an operation is called begins with or holds one of these words, whatever the format.
_FAMILIES = (
    ("conv",),
    ("matmul", "gemm", "fullyconnected", "dense"),
    ("relu", "sigmoid", "swish", "clip", "activation"),
    ("softmax",),
    ("pool", "mean"),
    ("add", "sub", "bias", "mul", "div", "norm"),
    ("slice", "gather", "split", "concat"),
    ("reshape", "flatten", "squeeze", "transpose"),
    ("quantize",),
)
_LAYOUTS = ((0, 1, 2, 3), (0, 2, 3, 1), (0, 3, 1, 2))


@dataclass(frozen=True)
class Match:
    """A tensor's counterpart.

    Attributes:
        tensor: The nearest one of the other model; None where none has as many numbers.
        error: How far it is: 0 where it is the same.
    """

    tensor: Tensor | None
    error: float


def matches(tensors: Sequence[Tensor], others: Sequence[Tensor]) -> list[Match]:
    """The nearest tensor among others of as many numbers, for each tensor; of the same graph, the one of its name."""
    named = {(other.name, other.kind, other.size): other for other in others}
    keys = [(tensor.name, tensor.kind, tensor.size) for tensor in tensors]
    if all(key in named for key in keys):
        return [_nearest(tensor, [named[key]]) for tensor, key in zip(tensors, keys, strict=True)]
    by_size: dict[int, list[Tensor]] = defaultdict(list)
    for other in others:
        by_size[other.size].append(other)
    return [_nearest(tensor, by_size[tensor.size]) for tensor in tensors]


def _nearest(tensor: Tensor, others: Sequence[Tensor]) -> Match:
    found = Match(None, float("inf"))
    for other in others:
        scale = _power(other.value)
        # Moments don't depend on the layout: where they differ much, the rest need not be looked at.
        if abs(_power(tensor.value) - scale) > found.error * max(scale, 1e-12):
            continue
        error = distance(tensor.value, other.value) / max(scale, 1e-12)
        # Of tensors that only pass on what they take, the last is the place.
        if error <= found.error and error < float("inf"):
            found = Match(other, error)
    return found


def alike(one: str, other: str) -> bool:
    """Whether two operations of different formats do the same kind of thing: Conv and CONV_2D do."""
    return _family(one) == _family(other)


def _family(kind: str) -> object:
    word = kind.lower().replace("_", "")
    return next((words for words in _FAMILIES if any(each in word for each in words)), word)


def distance(one: Values, other: Values) -> float:
    """The root of the mean square of their difference, in the layout in which that is smallest."""
    if one.size != other.size:
        return float("inf")
    shapes = [one]
    if one.ndim == other.ndim == 4:
        shapes = [one.transpose(axes) for axes in _LAYOUTS]
        shapes = [shape for shape in shapes if shape.shape == other.shape] or [one]
    elif one.ndim == 4:  # the other is flat: of this layout or of that
        shapes = [one.transpose(axes) for axes in _LAYOUTS]
    elif other.ndim == 4:
        return distance(other, one)
    return min(_power(shape.reshape(-1) - other.reshape(-1)) for shape in shapes)


def _power(value: Values) -> float:
    return float(np.sqrt(np.mean(np.square(value, dtype=np.float64)))) if value.size else 0.0


def first_departure(tensors: Sequence[Tensor], found: Sequence[Match], precision: str) -> int | None:
    """The first tensor at which a model departs; None where there is none.

    A tensor that only one of the models has, such as the sum before a bias, counts as near as the nearest of those
    that are made of it and tell photos apart: a saturated softmax says nothing of what it is made of. Where both have
    the same names, only their inputs may differ and not count: a ReLU would hide a changed kernel. Eight bits lose a
    little in each layer: there it is the first that is suddenly worse than what it is made of.
    """
    errors = {tensor.name: match.error for tensor, match in zip(tensors, found, strict=True)}
    limit = LIMITS[precision]
    names = [match.tensor.name for match in found if match.tensor is not None]
    same = names == [tensor.name for tensor in tensors]
    apart = {tensor.name for tensor in tensors if not same or tensor.kind == "input"}
    for tensor in reversed(tensors):
        for name in tensor.inputs if tells_apart(tensor.value, limit) else ():
            if name in apart:
                errors[name] = min(errors[name], errors[tensor.name])
    far = [i for i, tensor in enumerate(tensors) if errors[tensor.name] > limit]
    if precision != "int8":
        return far[0] if far else None
    sudden = [i for i in far if errors[tensors[i].name] > _SUDDEN * _before(tensors[i], errors, limit)]
    very = [i for i in far if errors[tensors[i].name] > _VERY_FAR]
    return sudden[0] if sudden else very[0] if very else None


def tells_apart(value: Values, limit: float) -> bool:
    """Whether a tensor's values depend on the photo, and are not saturated probabilities."""
    rows = value.reshape(len(value), -1) if value.ndim > 1 else value.reshape(1, -1)
    if not rows.size:
        return False
    if rows.shape[1] > 1 and rows.min() >= 0 and np.allclose(rows.sum(axis=1), 1, atol=1e-3):
        return bool(rows.max(axis=1).min() <= SATURATED)
    return len(rows) < 2 or _power(rows - rows.mean(axis=0)) > limit * _power(rows)


def _before(tensor: Tensor, errors: dict[str, float], limit: float) -> float:
    return max([limit / _SUDDEN, *(errors[name] for name in tensor.inputs if name in errors)])
