"""A model of anybody's, opened by a reader: what its input is, what it answers, and what its tensors hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import ModelError

Images = NDArray[np.float32]
Answers = NDArray[np.float32]

# How exact a file is, by its own tensors.
PRECISIONS = ("fp32", "fp16", "int8")
_WANTED = "gemelo compares classifiers that give one number for each label"


@dataclass(frozen=True)
class Input:
    """The one input of a model.

    Attributes:
        name: The model's own.
        height, width: In pixels; None where it takes any size.
        channels: 3 or 1.
        layout: `NHWC` or `NCHW`.
        dtype: `float32`, `float16`, `uint8`, `int8`, ...
        batch: How many images it takes at a time; None where it takes any number.
        step, zero: Of a quantized input: a real number is step * (integer - zero). A step of 0 is none.
    """

    name: str
    height: int | None
    width: int | None
    channels: int
    layout: str
    dtype: str
    batch: int | None = None
    step: float = 0.0
    zero: int = 0

    @classmethod
    def of(cls, where: object, name: str, shape: Sequence[int | None], dtype: str) -> "Input":
        """The input of a shape (batch, ...) in which None is a side that is not fixed.

        Raises:
            ModelError: It is no image.
        """
        told = "x".join("?" if side is None else str(side) for side in shape)
        if len(shape) != 4:
            raise ModelError(
                f"{where}: the input {name} is no image: its shape is {told or 'one number'}", hint=_WANTED
            )
        batch, first, last = shape[0], shape[1], shape[3]
        if last in (1, 3):
            return cls(name, shape[1], shape[2], last, "NHWC", dtype, batch)
        if first in (1, 3):
            return cls(name, shape[2], last, first, "NCHW", dtype, batch)
        raise ModelError(f"{where}: the input {name} is no photo: its shape is {told}", hint=_WANTED)

    def with_step(self, step: float, zero: int) -> "Input":
        """The same input where it is quantized."""
        return replace(self, step=float(step), zero=int(zero))

    def fed(self, images: Images) -> NDArray[Any]:
        """Images (n, h, w, c) in real numbers as this input takes them."""
        if self.layout == "NCHW":
            images = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        kind = np.dtype(self.dtype)
        if kind.kind == "f":
            return images.astype(kind)
        if self.step:
            images = images / np.float32(self.step) + np.float32(self.zero)
        limits = np.iinfo(kind)
        found: NDArray[Any] = np.clip(np.rint(images), limits.min, limits.max).astype(kind)
        return found


@dataclass(frozen=True)
class Tensor:
    """What one place inside a model holds.

    Attributes:
        name: The model's own.
        kind: The operation or layer that makes it: `Conv`, `MaxPooling2D`, ...
        inputs: Names of the tensors that it is made of, weights left out.
        value: float32 (n, ...), dequantized.
        saturated: Share of the values at the end of an 8-bit range, where that is no zero; None where it has no such
            range.
        limits: The ends of that range.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    value: NDArray[np.float32]
    saturated: float | None = None
    limits: tuple[float, float] | None = None

    @property
    def size(self) -> int:
        """Numbers for each image."""
        return self.value.size // max(1, len(self.value))


@dataclass(frozen=True)
class Facts:
    """What a reader finds out about a file besides its input.

    Attributes:
        format: `ONNX`, `TFLite`, `TF.js`, ...
        runtime: What runs it, with its version.
        precision: One of `PRECISIONS`.
        eight_bit: How many tensors are held in 8 bits.
        labels: Read from inside or from a file beside it; None where there are none.
        declared: What the file says of the preprocessing: an `importers.declare.Declared`.
        output_step: How far apart its answers are at least, where they are in 8 bits; else 0.
        recorded: {photo: its answer} where there is nothing to run but answers on disk; else None.
        notes: What should be known of it, as sentences.
    """

    format: str
    runtime: str
    precision: str
    declared: Any
    labels: tuple[str, ...] | None = None
    eight_bit: int = 0
    output_step: float = 0.0
    recorded: dict[str, NDArray[np.float32]] | None = None
    notes: list[str] = field(default_factory=list)

    def of_bundle(self, declared: Any, variant: str) -> "Facts":
        """The same for an artifact of a bundle, whose manifest knows better."""
        precision = variant if variant in ("fp32", "fp16") else "int8"
        return replace(self, declared=declared, labels=declared.labels, precision=precision)


class Model(Protocol):
    """An opened model.

    Attributes:
        input: Its input.
        facts: What else is known.
    """

    input: Input
    facts: Facts

    def answer(self, images: Images) -> Answers:
        """Answer images.

        Args:
            images: float32 (n, h, w, c) in real numbers, scaled as the model was trained.

        Returns:
            float32 (n, columns).

        Raises:
            RuntimeFailure: The runtime stopped.
        """
        ...

    def plain(self) -> "Model | None":
        """The same model without its runtime's optimizations; None where the runtime has none to switch off."""
        ...

    def tensors(self, images: Images) -> list[Tensor]:
        """What is inside while it answers, in the order of the data.

        Raises:
            UsageError: The runtime cannot tell.
            RuntimeFailure: It stopped.
        """
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


def rows(where: object, value: NDArray[Any], images: int) -> Answers:
    """An output as (n, columns).

    Raises:
        ModelError: It is none.
    """
    found = np.asarray(value, np.float32)
    if len(found) == images and found.size and found.size == images * max(found.shape[1:], default=1):
        return found.reshape(images, -1)
    told = "x".join(str(side) for side in found.shape[1:]) or "one number for all"
    raise ModelError(f"{where}: the output is no row of numbers: {told} for each photo", hint=_WANTED)


def in_batches(model_input: Input, images: Images, most: int = 16) -> list[tuple[Images, int]]:
    """Images in the batches that an input takes: each batch, and how many of its images count."""
    size = model_input.batch or most
    found = []
    for start in range(0, len(images), size):
        part = images[start : start + size]
        lacking = size - len(part) if model_input.batch else 0
        found.append((np.concatenate([part, np.repeat(part[-1:], lacking, 0)]) if lacking else part, len(part)))
    return found


def one_output(where: object, outputs: Sequence[tuple[str, int | None]]) -> str:
    """The output that is the classifier's.

    Args:
        where: What to call the model.
        outputs: Each by its name, with its rank where that is known.

    Raises:
        ModelError: None is, or several may be.
    """
    if len(outputs) == 1:
        return outputs[0][0]
    flat = [name for name, rank in outputs if rank == 2]
    likely = [name for name in flat if any(part in name.lower() for part in _ANSWERS)]
    for found in (flat, likely):
        if len(found) == 1 and not any(part in name.lower() for name, _ in outputs for part in _DETECTOR):
            return found[0]
    names = ", ".join(name for name, _ in outputs[:6])
    raise ModelError(f"{where}: the model has {len(outputs)} outputs: {names}", hint=_WANTED)


_ANSWERS = ("prob", "logit", "softmax", "pred")
_DETECTOR = ("box", "num_detections", "detection", "mask")
