"""One training on several devices or machines, by `tf.distribute`; on one alone, the same words mean nothing.

Every replica learns from its share of each batch; gradients are summed over all of them before a step is taken, so that
weights stay the same everywhere. What is said once (files, validation, the final figures) the first worker says; the
others are told by the same channel that gradients take, so no disk has to be shared.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from gemelo.errors import TrainingError, UnknownNameError, UsageError

from .augment.batch import Tensor

KINDS = ("mirrored", "workers")
_LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.DeadlineExceededError, tf.errors.InternalError)
_STREAM = 1 << 40  # between the random numbers of two replicas: more than a training has steps
_EXAMPLE = '{"cluster": {"worker": ["10.0.0.1:4000", "10.0.0.2:4000"]}, "task": {"type": "worker", "index": 0}}'


@dataclass(frozen=True)
class Workers:
    """This process among those that train together.

    Attributes:
        strategy: TensorFlow's.
        index: Which of the processes this is.
        count: How many there are.
    """

    strategy: Any = field(default_factory=tf.distribute.get_strategy)
    index: int = 0
    count: int = 1

    @classmethod
    def start(cls, kind: str | None) -> "Workers":
        """Meet the others; before anything else is asked of TensorFlow.

        Args:
            kind: None for one device, `mirrored` for all devices of this machine, `workers` for those that the
                environment's TF_CONFIG names.

        Raises:
            UnknownNameError: There is no such kind.
            UsageError: TF_CONFIG does not say who the workers are.
        """
        if kind is None:
            return cls()
        if kind not in KINDS:
            raise UnknownNameError("way to distribute", kind, KINDS)
        # It warns of every exchange whose size it has not seen.
        tf.get_logger().setLevel("ERROR")
        if kind == "mirrored":
            return cls(tf.distribute.MirroredStrategy(_devices()))
        config = os.environ.get("TF_CONFIG", "")
        index, count = _place(config)
        with _refused(addresses(config)[index]):
            return cls(tf.distribute.MultiWorkerMirroredStrategy(), index, count)

    @property
    def replicas(self) -> int:
        """Devices, over all processes."""
        return int(self.strategy.num_replicas_in_sync)

    @property
    def alone(self) -> bool:
        """Whether there is one device only."""
        return self.replicas == 1

    @property
    def first(self) -> bool:
        """Whether this process writes the files."""
        return self.index == 0

    def run(self, step: Callable[..., Any], *arguments: Any) -> tuple[Tensor, Tensor, Any]:
        """Take a step on every replica; in the graph.

        Args:
            step: Returns (mean loss, how many were right, anything).
            arguments: Of the step.

        Returns:
            The mean of the losses, the sum of the right ones, and the third as it is where there is one replica.
        """
        if self.alone:
            loss, right, other = step(*arguments)
            return loss, right, other
        loss, right, _ = self.strategy.run(step, arguments)
        reduced = self.strategy.reduce("MEAN", loss, axis=None), self.strategy.reduce("SUM", right, axis=None)
        return (*reduced, tf.constant(0.0))

    def share(self, seed: Tensor, *batches: Tensor) -> tuple[Tensor, ...]:
        """What of this process's batch is this replica's, and random numbers of its own; inside a step.

        Args:
            seed: int64 scalar.
            batches: Tensors whose first axis is the photos.

        Returns:
            The seed and the batches.
        """
        if self.alone:
            return (seed, *batches)
        mine = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.int64)
        local = self.replicas // self.count
        here = tf.cast(mine - self.index * local, tf.int32)
        sizes = [batch.shape[0] // local for batch in batches]
        parts = [
            tf.slice(batch, [here * size, *[0] * (len(batch.shape) - 1)], [size, *batch.shape[1:]])
            for batch, size in zip(batches, sizes, strict=True)
        ]
        return (seed + mine * _STREAM, *parts)

    def gather(self, data: bytes) -> list[bytes]:
        """What every worker gives, to every worker, in the order of their indices."""
        if self.count == 1:
            return [data]
        # Filled up to whole words, and never empty: of nothing at all TensorFlow makes a segmentation fault.
        words = np.frombuffer(data + bytes(4 - len(data) % 4), np.int32)
        lengths = self.strategy.gather(tf.constant([len(data)], tf.int64), axis=0).numpy()
        everything = self.strategy.gather(tf.constant(words), axis=0).numpy().tobytes()
        ends = np.cumsum([length + 4 - length % 4 for length in lengths])
        starts = [0, *ends[:-1]]
        return [everything[start : start + length] for start, length in zip(starts, lengths, strict=True)]

    def gather_json(self, value: Any) -> list[Any]:
        """The same, of values that JSON knows."""
        return [json.loads(data) for data in self.gather(json.dumps(value).encode())]

    def gather_rows(self, rows: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Rows (n, columns) of every worker, one below the other; a file's own where there is one worker."""
        if self.count == 1:
            return np.asanyarray(rows, np.float32)
        parts = self.gather(np.ascontiguousarray(rows, np.float32).tobytes())
        return np.concatenate([np.frombuffer(part, np.float32).reshape(-1, rows.shape[1]) for part in parts])

    def by_first(self, value: Callable[[], Any]) -> Any:
        """What the first worker works out, to all of them; a value that JSON knows."""
        if self.count == 1:
            return value()
        return self.gather_json(value() if self.first else None)[0]

    @contextmanager
    def watching(self, out: Path) -> Iterator[None]:
        """Turn the loss of another worker into a sentence.

        Raises:
            TrainingError: One of the others is gone.
        """
        try:
            yield
        except _LOST as exc:
            if self.count == 1:
                raise
            raise TrainingError(
                f"{out}: worker {self.index} of {self.count} lost another one: {_first_line(exc)}",
                hint="start all workers again with --resume: they go on from the last finished epoch",
            ) from exc


def _devices() -> list[str]:
    """All GPUs; without one, the CPU's logical devices, which tests make two of."""
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    return [device.name for device in tf.config.list_logical_devices(kind)]


def addresses(config: str) -> list[str]:
    """The machines that a TF_CONFIG names, in the order of their indices; none where it cannot be read."""
    try:
        cluster = json.loads(config)["cluster"]
        return [str(address) for kind in ("chief", "worker") for address in cluster.get(kind, [])]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _place(text: str) -> tuple[int, int]:
    """(index, count) of this process, by TF_CONFIG; a chief comes before the workers."""
    try:
        value = json.loads(text)
        sizes = {kind: len(value["cluster"].get(kind, [])) for kind in ("chief", "worker")}
        kind, index = value["task"]["type"], value["task"]["index"]
        known = kind in sizes and isinstance(index, int) and 0 <= index < sizes[kind]
    except (ValueError, KeyError, TypeError, AttributeError):
        known = False
    if not known:
        raise UsageError(
            f"--distribute workers: TF_CONFIG does not say who the workers are: {text[:200] or 'it is not set'}",
            hint=f"on each machine, with an index of its own: TF_CONFIG='{_EXAMPLE}'",
        )
    return (index + (sizes["chief"] if kind == "worker" else 0)), sum(sizes.values())


@contextmanager
def _refused(address: str) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, tf.errors.OpError) as exc:
        raise UsageError(
            f"--distribute workers: the workers do not come together; this one is {address}: {_first_line(exc)}",
            hint="each needs an address of TF_CONFIG that is free on its machine and reached from the others",
        ) from exc


def _first_line(exc: Exception) -> str:
    lines = [line.strip() for line in str(exc).splitlines()]
    told = next((line for line in lines if "Collective ops is aborted" in line), lines[0] if lines else "")
    return told[:300] or type(exc).__name__
