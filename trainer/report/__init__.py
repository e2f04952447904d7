"""report.html: what was trained, how good it is, what it gets wrong, and on which photos."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from gemelo import reports
from gemelo.decisions import top1
from gemelo.metrics import Bins
from gemelo.reports.charts import Axis, Chart, Line, axis
from gemelo.reports.photos import MOST, Mistake, data_url
from gemelo.reports.statistics import percent, wilson
from gemelo.store.reference import ReferenceOutputs
from gemelo.store.run import Epoch, RunManifest
from gemelo.store.schema import as_json

from ..datareport import DataReport
from ..dataset import TEST
from ..photos import Photos

_TEMPLATE = Path(__file__).with_name("report.html")
_SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True)
class Contents:
    """What the report tells.

    Attributes:
        manifest: What was trained and how good it is.
        data: What is to be known of the photos.
        test: The test photos.
        rows: Of all epochs.
        reference: Keras's answers on the test photos.
        bins: Its calibration.
        before: The same, before the model was calibrated.
    """

    manifest: RunManifest
    data: DataReport
    test: Photos
    rows: list[Epoch]
    reference: ReferenceOutputs
    bins: Bins
    before: Bins | None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of the accuracy."""
        return wilson(self.manifest.metrics.accuracy or 0, len(self.reference.test))

    @property
    def flattered(self) -> bool:
        """Whether the kept epoch was chosen on the test photos: the best of many is a little too good."""
        best = self.manifest.training.keep == "best"
        return best and self.data.validation == TEST and len(self.rows) > 1

    @property
    def charts(self) -> list[Chart]:
        """Accuracy and loss over the epochs, where there is more than one, and the calibration."""
        curves = [self._curve("accuracy", shares=True), self._curve("loss")] if len(self.rows) > 1 else []
        return [*curves, self._calibration()]

    def _curve(self, what: str, *, shares: bool = False) -> Chart:
        epochs = [row.epoch for row in self.rows]
        learned, held = ([getattr(row, name) for row in self.rows] for name in (what, f"val_{what}"))
        kept = self.manifest.metrics.kept_epoch or 0
        value = held[epochs.index(kept)]
        told = percent(value) if shares else f"{value:.3f}"
        return Chart(
            what.capitalize(),
            axis("epoch", epochs, whole=True),
            axis(what, [*learned, *held], shares=shares),
            [
                Line("training", list(zip(epochs, learned, strict=True)), "first"),
                Line("validation", list(zip(epochs, held, strict=True)), "second"),
            ],
            mark=((kept, value), f"kept: epoch {kept} ({told})" if kept else f"kept: the head alone ({told})"),
        )

    def _calibration(self) -> Chart:
        total = sum(row["count"] for row in self.bins)
        before = [Line("before", _points(self.before), "second", dots=True)] if self.before else []
        return Chart(
            "How often it is right, by how sure it is",
            Axis("probability of the answer", 0, 1, _SHARES, shares=True),
            Axis("right", 0, 1, _SHARES, shares=True),
            [
                Line("calibrated" if before else "this model", _points(self.bins), "first", dots=True),
                *before,
                Line("perfect", [(0, 0), (1, 1)], "guide"),
            ],
            bars=([(row["low"], row["high"], row["count"] / total) for row in self.bins], "photos"),
        )

    @property
    def classes(self) -> list[list[str]]:
        """A row for each class: precision, recall, and photos in each split."""
        counts = self.data.counts.values()
        rows = [
            [name, percent(row.precision), percent(row.recall), *(str(split[name]) for split in counts)]
            for name, row in self.manifest.metrics.per_class.items()
        ]
        return [*rows, ["all", "", "", *(str(sum(split.values())) for split in counts)]]

    @cached_property
    def wrong(self) -> list[int]:
        """Test photos that are classified wrongly, the most confident mistakes first."""
        probabilities = np.stack([image.probabilities for image in self.reference.test])
        mistaken = np.flatnonzero(top1(probabilities) != [image.label for image in self.reference.test])
        return sorted(mistaken.tolist(), key=lambda i: -float(probabilities[i].max()))

    @property
    def mistakes(self) -> list[Mistake]:
        """The first of them, with their photos."""
        return [self._mistake(i) for i in self.wrong[:MOST]]

    def _mistake(self, row: int) -> Mistake:
        image, labels = self.reference.test[row], self.reference.labels
        decided = int(top1(image.probabilities))
        picture = data_url(np.asarray(self.test.images_u8[row : row + 1][0]))
        true = labels[image.label or 0]
        return Mistake(image.path, true, labels[decided], float(image.probabilities[decided]), picture)

    @property
    def options(self) -> list[tuple[str, str]]:
        """Every option that training was given, and the versions."""
        versions = {f"version of {name}": version for name, version in self.manifest.versions.items()}
        given = as_json(self.manifest.training) | versions
        return [(name.replace("_", " "), _text(value)) for name, value in given.items() if value is not None]


def write(run: Path, contents: Contents) -> None:
    """Write report.html.

    Raises:
        StorageError: The disk is full or may not be written to.
    """
    reports.save(run / "report.html", _TEMPLATE, found=contents, run=contents.manifest, data=contents.data)


def _points(bins: Bins) -> list[tuple[float, float]]:
    """How sure, and how often right, of the bins that hold photos."""
    return [(row["confidence"], row["accuracy"]) for row in bins if row["count"]]


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(inner)}" for name, inner in value.items())
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)
