"""What comes after the last epoch: every file of the run, the manifest last."""

import platform
from dataclasses import dataclass, replace

import keras
import numpy as np
import PIL
import tensorflow as tf

import gemelo
from gemelo import metrics
from gemelo.decisions import Labels, Probabilities
from gemelo.parity.gates import convolutions
from gemelo.progress import SILENT, Progress
from gemelo.store.files import storage_errors, write_json
from gemelo.store.manifest import DatasetFacts, HeadFigures, Metrics, TrainingFacts
from gemelo.store.reference import ReferenceOutputs
from gemelo.store.run import Epoch, Run, RunManifest, write_run

from . import balance, history, report
from .calibrate import FEWEST, Calibration, abstain, calibrate, uncalibrated
from .command import command
from .fit import Outcome
from .options import Plan, TrainOptions
from .predict import answerer
from .reference import calibration, record
from .rounding import round_kernels
from .splits import Splits


@dataclass(frozen=True)
class Finish:
    """The end of a training.

    Attributes:
        options, plan: What was asked, and what it came to.
        data: The photos.
        model: With the weights that are kept.
        outcome: Of the epochs.
        seconds: That they took.
    """

    options: TrainOptions
    plan: Plan
    data: Splits
    model: keras.Model
    outcome: Outcome
    seconds: float

    def write(self, progress: Progress) -> Run:
        """Calibrate, record, report, write.

        Raises:
            StorageError: The disk is full or may not be written to.
        """
        run, labels = self.options.out, self.data.report.labels
        if self.plan.settings.weight_bits < 32:
            round_kernels(self.model)
        chosen = self._calibrate(progress)
        with storage_errors(run):
            self.model.save(run / "model.keras")
            np.save(run / "calibration.npy", calibration(self.data.train, self.plan.seed))
            write_json(run / "dataset.json", self.data.report)
            reference = record(run, self.plan.preprocessing, labels, self.data.test, progress)
            before = _before(reference, chosen)
            manifest = self._manifest(reference, self._mirrored(progress), before, chosen)
            bins = metrics.reliability(*_answers(reference))
            report.write(
                run, report.Contents(manifest, self.data.report, self.data.test, self.rows, reference, bins, before)
            )
        return write_run(run, manifest)

    def _calibrate(self, progress: Progress) -> Calibration:
        held, own = self.data.held, self.data.has_validation
        enough = own and len(held.rows) >= FEWEST
        with (progress if enough else SILENT).step("calibrating", len(held.rows)) as done:
            return calibrate(self.model, held, done, own=own)

    def _mirrored(self, progress: Progress) -> Probabilities:
        """What the model answers to the mirror images of the test photos."""
        test = self.data.test
        with progress.step("their mirror images", len(test.paths)) as done:
            return answerer(self.model)(replace(test.images_u8, mirrored=True), done)

    @property
    def rows(self) -> list[Epoch]:
        """All epochs."""
        return self.outcome.rows

    @property
    def kept(self) -> int:
        """The epoch whose weights were kept."""
        best = self.plan.settings.keep == "best"
        return history.best(self.rows).epoch if best else self.rows[-1].epoch

    def _manifest(
        self,
        reference: ReferenceOutputs,
        mirrored: Probabilities,
        before: metrics.Bins | None,
        chosen: Calibration,
    ) -> RunManifest:
        return RunManifest(
            name=self.options.out.resolve().name,
            architecture=self.plan.architecture,
            parameters=self.model.count_params(),
            convolutions=convolutions(self.model),
            preprocessing=self.plan.preprocessing,
            labels=self.data.report.labels,
            dataset=self._dataset(),
            training=self._training(),
            metrics=self._metrics(reference, mirrored, before, chosen),
            abstain=abstain(self.options.abstain, chosen.threshold, *_answers(reference)),
            versions=versions(),
        )

    def _training(self) -> TrainingFacts:
        again = command(self.options, self.plan)
        return replace(self.plan.facts(), abstain=self.options.abstain, command=again, seconds=self.seconds)

    def _dataset(self) -> DatasetFacts:
        found = self.data.report
        sizes = {split: sum(counts.values()) for split, counts in found.counts.items()}
        notes = [*found.notes, *self._taught()]
        if not self.plan.settings.balance and (skew := balance.note(found.counts["train"])):
            notes.append(skew)
        return DatasetFacts(
            root=str(self.options.data.resolve()),
            **{**sizes, "test": len(self.data.test.paths)},
            validation=found.validation,
            unreadable=len(found.unreadable),
            duplicates=len(found.duplicates),
            conflicts=len(found.conflicts),
            copied=found.copied,
            notes=notes,
            warnings=found.warnings()[:50],
        )

    def _taught(self) -> list[str]:
        return self.plan.teachers.notes(self.data.test.sha256) if self.plan.teachers else []

    def _metrics(
        self,
        reference: ReferenceOutputs,
        mirrored: Probabilities,
        before: metrics.Bins | None,
        chosen: Calibration,
    ) -> Metrics:
        probabilities, labels = _answers(reference)
        best, found = history.best(self.rows), metrics.summarize(probabilities, labels, reference.labels)
        return replace(
            found,
            accuracy_mirrored=metrics.accuracy(probabilities + mirrored, labels),
            temperature=chosen.temperature,
            ece_before=metrics.expected_calibration_error(before) if before else found.ece,
            calibration=chosen.note,
            best_epoch=best.epoch,
            best_val_accuracy=best.val_accuracy,
            kept_epoch=self.kept,
            val_accuracy=next(row.val_accuracy for row in self.rows if row.epoch == self.kept),
            epochs=len(self.rows),
            frozen=HeadFigures(**self.outcome.frozen) if self.outcome.frozen else None,
        )


def _before(reference: ReferenceOutputs, chosen: Calibration) -> metrics.Bins | None:
    """How sure the model was of the test photos before it was calibrated, where it was."""
    if chosen.temperature == 1:
        return None
    probabilities, labels = _answers(reference)
    return metrics.reliability(uncalibrated(probabilities, chosen.temperature), labels)


def _answers(reference: ReferenceOutputs) -> tuple[Probabilities, Labels]:
    probabilities = np.stack([image.probabilities for image in reference.test])
    return probabilities, np.array([image.label for image in reference.test], np.int64)


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
