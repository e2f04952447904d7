"""Training: epoch after epoch, watched on the validation photos, a checkpoint after each."""

import math
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo import metrics
from gemelo.errors import TrainingError
from gemelo.progress import Progress, Step
from gemelo.store.run import Epoch

from . import history
from .balance import photo_weights
from .batches import Feed, Targets
from .checkpoint import Workspace, unpack
from .distributed import Workers
from .linear_probe import features, fitness, learn_head
from .photos import Photos
from .predict import Answer, answerer
from .train_step import Arrays, Learner

Weights = list[NDArray[np.generic]]
_CALLS = 20  # in an epoch: how often the bar moves, and the loss is looked at


@dataclass
class State:
    """How far a training is.

    Attributes:
        rows: Its epochs so far.
        best: The weights of the best of them, where those are kept.
        frozen: {"val_loss", "val_accuracy"} of the head alone, where it learned first.
    """

    rows: list[Epoch] = field(default_factory=list)
    best: Arrays = field(default_factory=dict)
    frozen: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """What a checkpoint holds beside arrays."""
        return {"history": history.to_json(self.rows), "frozen": self.frozen}


@dataclass(frozen=True)
class Outcome:
    """What a training comes to.

    Attributes:
        rows: All epochs.
        weights: Those that are kept.
        frozen: {"val_loss", "val_accuracy"} of the head alone, where it learned first.
    """

    rows: list[Epoch]
    weights: Weights
    frozen: dict[str, float]


@dataclass(frozen=True, eq=False)
class Fit:
    """One training.

    Attributes:
        learner: What learns.
        feed: From which photos.
        train: The same photos at the network's own size; those of the feed may be larger, for a teacher.
        held: What it is watched on.
        workspace: Where checkpoints and history go.
        workers: That learn together.
        scratch: A folder for what is large and needed for minutes; the system's own unless given.
    """

    learner: Learner
    feed: Feed
    train: Photos
    held: Photos
    workspace: Workspace
    workers: Workers = field(default_factory=Workers)
    scratch: Path | None = None

    def run(self, progress: Progress) -> Outcome:
        """Train to the last epoch, from the last checkpoint if there is one.

        Raises:
            TrainingError: The loss became NaN or infinite; the last good checkpoint stays.
            StorageError: The disk is full or may not be written to.
        """
        state = self._restore() or self._begin(progress)
        for _ in self.epochs(progress, state):
            pass
        kept = [state.best[f"best/{i}"] for i in range(len(state.best))]
        return Outcome(state.rows, kept or self.learner.weights(), state.frozen)

    def epochs(self, progress: Progress, state: State | None = None) -> Iterator[Epoch]:
        """The epochs that are still to come, one at each turn, each with its checkpoint."""
        state = state or State()
        answer, settings = answerer(self.learner.model), self.learner.settings
        for epoch in range(len(state.rows) + 1, settings.epochs + 1):
            if _is_over(state.rows, settings.patience):
                return
            with progress.step(f"epoch {epoch}/{settings.epochs}", self.feed.steps) as done:
                row = self._epoch(epoch, answer, done)
            state.rows.append(row)
            self._keep(state)
            yield row

    def _begin(self, progress: Progress) -> State:
        """What comes before the first epoch: on pretrained weights, the head learns first."""
        state = State()
        if self.learner.settings.pretrained:
            self._learn_head(progress, state)
            self._save(self.learner.snapshot(), state)
        return state

    def _learn_head(self, progress: Progress, state: State) -> None:
        started = time.perf_counter()
        with progress.step("the head alone", len(self.train.rows)) as done:
            found = self.workers.gather_rows(features(self.learner.model, self.train, done, self.scratch))
            labels = self.workers.gather_rows(self.feed.targets.labels[:, None])[:, 0].astype(np.int64)
            wanted = Targets(labels, self.feed.targets.units)
            rows = photo_weights(labels, wanted.classes) if self.learner.settings.balance else None
            self.learner.set_head(weights := learn_head(found, wanted, rows=rows))
            val_loss, val_accuracy = self._validate(answerer(self.learner.model))
            done(0, f"val {val_loss:.3f} {val_accuracy:.3f}")
        state.frozen = {"val_loss": val_loss, "val_accuracy": val_accuracy}
        if not self.learner.settings.epochs:
            seconds = round(time.perf_counter() - started, 3)
            state.rows.append(Epoch(0, *fitness(found, weights, wanted), val_loss, val_accuracy, 0.0, seconds))

    def _epoch(self, epoch: int, answer: Answer, done: Step) -> Epoch:
        started = time.perf_counter()
        loss, accuracy = self._learn_epoch(epoch, done)
        val_loss, val_accuracy = self._validate(answer)
        self._need_finite(val_loss, epoch)
        seconds = round(time.perf_counter() - started, 3)
        done(0, _note(loss, accuracy, val_loss, val_accuracy))
        return Epoch(epoch, loss, accuracy, val_loss, val_accuracy, self.learner.rate, seconds)

    def _learn_epoch(self, epoch: int, done: Step) -> tuple[float, float]:
        steps, size, shape = self.feed.steps, self.feed.together, self.learner.shape(epoch)
        losses, right, taken = 0.0, 0.0, 0
        with closing(self.feed.chunks(epoch, -(-steps // _CALLS))) as chunks:
            for chunk in chunks:
                loss, hits = self.learner.learn(chunk, shape)
                self._need_finite(loss, epoch)
                losses, right, taken = losses + loss, right + hits, taken + len(chunk.targets)
                done(len(chunk.targets), _note(losses / taken, right / (taken * size)))
        return losses / steps, right / (steps * size)

    def _validate(self, answer: Answer) -> tuple[float, float]:
        def figures() -> tuple[float, float]:
            with self.learner.answering():
                probabilities = answer(self.held.images_u8)
            labels = self.held.labels
            return metrics.log_loss(probabilities, labels), metrics.accuracy(probabilities, labels)

        val_loss, val_accuracy = self.workers.by_first(figures)
        return val_loss, val_accuracy

    def _keep(self, state: State) -> None:
        """Checkpoint first, history after: a resumed training writes its history anew."""
        keep_best = self.learner.settings.keep == "best"
        if keep_best and history.best(state.rows) is state.rows[-1]:
            state.best = {f"best/{i}": weight for i, weight in enumerate(self.learner.weights())}
        self._save({**self.learner.snapshot(), **state.best}, state)

    def _save(self, arrays: Arrays, state: State) -> None:
        if self.workers.first:
            self.workspace.save(arrays, state.to_json())
            history.save(self.workspace.out, state.rows)

    def _restore(self) -> State | None:
        checkpoint = self.workers.gather(self.workspace.load() if self.workers.first else b"")[0]
        if not checkpoint:
            return None
        arrays, state = unpack(checkpoint)
        self.learner.restore(arrays)
        rows = history.from_json(state["history"])
        if self.workers.first:
            history.save(self.workspace.out, rows)
        best = {name: value for name, value in arrays.items() if name.startswith("best/")}
        return State(rows, best, state["frozen"])

    def _need_finite(self, loss: float, epoch: int) -> None:
        if math.isfinite(loss):
            return
        if self.workers.first:
            self.workspace.stop(f"the loss became {loss} in epoch {epoch}")
        rate = self.learner.settings.learning_rate
        kept = f"the checkpoint of epoch {epoch - 1} is kept" if epoch > 1 else "there is no good checkpoint yet"
        raise TrainingError(
            f"{self.workspace.out}: the loss became {loss} in epoch {epoch}; {kept}",
            hint=f"go on from there with --resume and a lower --learning-rate (it was {rate:g}), e.g. {rate / 10:g}",
        )


def _is_over(rows: list[Epoch], patience: int | None) -> bool:
    """Whether so many epochs went by without a better one."""
    return bool(patience and rows and rows[-1].epoch - history.best(rows).epoch >= patience)


def _note(loss: float, accuracy: float, val_loss: float | None = None, val_accuracy: float | None = None) -> str:
    text = f"loss {loss:.3f} acc {accuracy:.3f}"
    return text if val_loss is None else f"{text} | val {val_loss:.3f} {val_accuracy:.3f}"
