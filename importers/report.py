"""report.html of an imported run: what was imported, how its photos are prepared, and how good it is on them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from gemelo import reports
from gemelo.decisions import top1
from gemelo.preprocessing import prepare
from gemelo.reports.photos import MOST, Mistake, data_url
from gemelo.reports.statistics import percent, wilson
from gemelo.store.reference import ReferenceImage, ReferenceOutputs
from gemelo.store.run import RunManifest

_TEMPLATE = Path(__file__).with_name("report.html")
_WHO = {
    "option": "you said so",
    "preset": "by the preset",
    "file": "the file says so",
    "photos": "the folders of photos",
    "detected": "found out by its answers",
    "default": "nobody said anything: the usual",
}


@dataclass(frozen=True)
class Contents:
    """What the report tells."""

    run: RunManifest
    reference: ReferenceOutputs

    @property
    def tested(self) -> int:
        """How many test photos there are."""
        return len(self.reference.test)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of the accuracy."""
        return wilson(self.run.metrics.accuracy or 0, self.tested)

    @property
    def declared(self) -> list[tuple[str, str, str]]:
        """A row for each declaration: its name, its value, and who made it."""
        rows = self.run.imported.declared if self.run.imported else []
        return [(row.name.replace("_", " "), row.value, _WHO[row.by]) for row in rows]

    @property
    def classes(self) -> list[list[str]]:
        """A row for each class."""
        rows = self.run.metrics.per_class.items()
        return [[name, percent(row.precision), percent(row.recall), f"{row.support:,}"] for name, row in rows]

    @cached_property
    def wrong(self) -> list[ReferenceImage]:
        """The test photos that are classified wrongly, the most confident mistakes first."""
        found = [image for image in self.reference.test if top1(image.probabilities) != image.label]
        return sorted(found, key=lambda image: -float(image.probabilities.max()))

    @property
    def mistakes(self) -> list[Mistake]:
        """The first of them, with their photos."""
        return [self._mistake(image) for image in self.wrong[:MOST]]

    def _mistake(self, image: ReferenceImage) -> Mistake:
        labels, decided = self.reference.labels, int(top1(image.probabilities))
        photo = Path(self.run.dataset.root) / image.path
        picture = data_url(np.asarray(prepare(photo, self.run.preprocessing)))
        probability = float(image.probabilities[decided])
        return Mistake(image.path, labels[image.label or 0], labels[decided], probability, picture)


def write(folder: Path, manifest: RunManifest, reference: ReferenceOutputs) -> None:
    """Write report.html.

    Raises:
        StorageError: The disk is full or may not be written to.
    """
    reports.save(folder / "report.html", _TEMPLATE, found=Contents(manifest, reference), run=manifest)
