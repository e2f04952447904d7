"""A folder of photos in, a run out: the one entry of this package."""

import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import PIL
import tensorflow as tf

import gemelo
from gemelo.errors import UsageError
from gemelo.files import storage_errors, write_json
from gemelo.progress import Progress, Silent
from gemelo.recorded import Recorded
from gemelo.run import Run, RunManifest, seal_run
from trainer import architectures, augment, cache, datareport, history, metrics, plots, pretrained, report
from trainer.datareport import DataReport
from trainer.dataset import TEST, TRAIN, VAL, Dataset, scan, without
from trainer.feed import Feed
from trainer.fit import Fit, Outcome
from trainer.history import Epoch
from trainer.holdout import hold_out
from trainer.learner import Learner, targets
from trainer.options import Plan, TrainOptions, resolve
from trainer.photos import Photos, of_split
from trainer.record import calibration, record
from trainer.workspace import Workspace

__all__ = ["TrainOptions", "train"]


def train(options: TrainOptions, progress: Progress | None = None) -> Run:
    """Train a classifier on a folder of photos.

    Args:
        options: What is asked.
        progress: Told of decoding and of every epoch.

    Returns:
        The finished run, sealed and read back.

    Raises:
        UsageError: The options, the folder of photos or the place of the run do not do; see its subclasses.
        TrainingError: The loss became NaN or infinite; the last good checkpoint stays for `resume`.
        StorageError: The disk is full or may not be written to.
    """
    progress = progress or Silent()
    plan, workspace = resolve(options), Workspace(options.out)
    workspace.check(resume=options.resume, overwrite=options.overwrite)
    if options.out.resolve().is_relative_to(options.data.resolve()):
        raise UsageError(
            f"{options.out}: a run there would be taken for a class of photos the next time",
            hint=f"choose a place outside {options.data}",
        )
    dataset = scan(options.data, test_fraction=options.test_fraction, seed=options.seed)
    model = _build(plan, len(dataset.labels))
    data = _decode(options, plan, dataset, progress)
    asked = {"training": plan.to_json(), "data": {"photos": data.report.fingerprint}}
    (workspace.go_on if options.resume else workspace.begin)(asked)
    started = time.perf_counter()
    outcome = _fit(model, plan, data, workspace).run(progress)
    model.set_weights(outcome.weights)
    seconds = round(time.perf_counter() - started, 1)
    run = _Finish(options, plan, data, model, outcome, seconds).write()
    workspace.clear()
    return run


@dataclass(frozen=True)
class _Data:
    report: DataReport
    splits: dict[str, Photos]

    @property
    def held(self) -> Photos:
        return self.splits[self.report.validation]


def _build(plan: Plan, classes: int) -> keras.Model:
    keras.backend.clear_session()
    keras.utils.set_random_seed(plan.seed)
    model = architectures.get(plan.architecture).build(plan.contract, classes)
    if plan.settings.pretrained:
        pretrained.get(plan.settings.pretrained).load(model)
    return model


def _decode(options: TrainOptions, plan: Plan, dataset: Dataset, progress: Progress) -> _Data:
    paths = [photo.path for photo in dataset.photos]
    decoded = cache.decode_all(
        paths, plan.contract, max_pixels=plan.max_pixels, folder=options.cache, progress=progress
    )
    row = {photo.relative: i for i, photo in enumerate(dataset.photos)}
    skipped = datareport.unreadable(dataset, decoded, strict=options.strict)
    dataset = without(dataset, skipped)
    sha256 = {photo.relative: decoded.sha256[row[photo.relative]] for photo in dataset.photos}
    dataset = hold_out(dataset, sha256, plan.settings.validation_fraction, plan.seed)
    splits = {split: of_split(dataset, split, decoded, row) for split in (TRAIN, VAL, TEST)}
    if not splits[TEST].paths:
        splits[TEST] = splits[VAL]
    return _Data(datareport.report(dataset, sha256, skipped), splits)


def _fit(model: keras.Model, plan: Plan, data: _Data, workspace: Workspace) -> Fit:
    photos, settings = data.splits[TRAIN], plan.settings
    wanted = targets(photos.labels, model.output_shape[-1])
    feed = Feed(photos, wanted, settings.batch, augment.get(settings.recipe), plan.seed)
    return Fit(Learner(model, settings, feed), feed, data.held, workspace)


@dataclass(frozen=True)
class _Finish:
    """What comes after the last epoch: every file of the run, the manifest last."""

    options: TrainOptions
    plan: Plan
    data: _Data
    model: keras.Model
    outcome: Outcome
    seconds: float

    def write(self) -> Run:
        run, labels = self.options.out, self.data.report.labels
        with storage_errors(run):
            self.model.save(run / "model.keras")
            np.save(run / "calibration.npy", calibration(self.data.splits[TRAIN], self.plan.seed))
            write_json(run / "dataset.json", self.data.report.to_json())
            recorded = record(run, self.plan.contract, labels, self.data.splits[TEST])
            manifest = self._manifest(recorded)
            self._draw(run, recorded, manifest)
            report.write(run, manifest, self.data.report)
        return seal_run(run, manifest)

    @property
    def rows(self) -> list[Epoch]:
        """All epochs."""
        return self.outcome.rows

    @property
    def kept(self) -> int:
        """The epoch whose weights were kept."""
        best = self.plan.settings.keep == "best"
        return history.best(self.rows).epoch if best else self.rows[-1].epoch

    def _manifest(self, recorded: Recorded) -> RunManifest:
        return RunManifest(
            name=self.options.out.resolve().name,
            architecture=self.plan.architecture,
            parameters=self.model.count_params(),
            convolutions=convolutions(self.model),
            contract=self.plan.contract,
            labels=self.data.report.labels,
            dataset=self._dataset(),
            training={**self.plan.to_json(), "seconds": self.seconds},
            metrics=self._metrics(recorded),
            versions=versions(),
        )

    def _dataset(self) -> dict[str, Any]:
        found = self.data.report
        sizes = {split: sum(counts.values()) for split, counts in found.counts.items()}
        flaws = {"unreadable": len(found.unreadable), "duplicates": len(found.duplicates)}
        flaws["conflicts"] = len(found.conflicts)
        test = {"test": len(self.data.splits[TEST].paths)}
        root = str(self.options.data.resolve())
        seen = {"validation": found.validation, **flaws, "notes": found.notes, "warnings": found.warnings()[:50]}
        return {"root": root, **sizes, **test, **seen}

    def _metrics(self, recorded: Recorded) -> dict[str, Any]:
        best = history.best(self.rows)
        return {
            **metrics.summarise(*_answers(recorded), recorded.labels),
            "best_epoch": best.epoch,
            "best_val_accuracy": best.val_accuracy,
            "kept_epoch": self.kept,
            "epochs": len(self.rows),
            **({"frozen": self.outcome.frozen} if self.outcome.frozen else {}),
        }

    def _draw(self, run: Path, recorded: Recorded, manifest: RunManifest) -> None:
        plots.curves(run / "curves.png", self.rows, self.kept)
        plots.confusion(run / "confusion.png", manifest.metrics["confusion"], manifest.labels)
        bins = metrics.reliability(*_answers(recorded))
        plots.calibration(run / "calibration.png", bins, manifest.metrics["ece"])


def _answers(recorded: Recorded) -> tuple[metrics.Probabilities, metrics.Labels]:
    probabilities = np.stack([image.probabilities for image in recorded.test])
    return probabilities, np.array([image.label for image in recorded.test], np.int64)


def convolutions(model: keras.Model) -> int:
    """How many convolution layers a model has, those of models inside it too."""
    inner = (convolutions(layer) for layer in model.layers if isinstance(layer, keras.Model))
    return sum("Conv" in type(layer).__name__ for layer in model.layers) + sum(inner)


def versions() -> dict[str, str]:
    """Of everything that a run's numbers depend on."""
    return {
        "gemelo": gemelo.__version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
        "pillow": PIL.__version__,
    }
