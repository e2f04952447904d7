"""Two bundles of one classifier, photo by photo: what changed since the last one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from gemelo.compare import CompareOptions, compare
from gemelo.compare.report import Change, CompareReport, Departure, Pair
from gemelo.compare.sides import MOST_SIDES, Asked
from gemelo.errors import UsageError
from gemelo.preprocessing import DEFAULT_MAX_PIXELS
from gemelo.progress import SILENT, Progress
from gemelo.reports.statistics import SIGNIFICANT, mcnemar
from gemelo.store.bundle import Artifact, Bundle


@dataclass(frozen=True)
class ArtifactChange:
    """One artifact of both bundles.

    Attributes:
        name: Format and variant.
        photos: How many were compared.
        max_difference: Of a probability.
        changes: Every photo whose label changed: `expected` is the old label.
        accuracy_before, accuracy_after: On photos in folders named like labels; None where there are none.
        lost, won: Photos that only the old one, and only the new one, gets right.
        p: Of McNemar's exact test; None where nothing is labeled.
        passed: Whether the accuracy did not drop by more than chance explains.
    """

    name: str
    photos: int
    max_difference: float
    changes: list[Change]
    accuracy_before: float | None
    accuracy_after: float | None
    lost: int
    won: int
    p: float | None
    passed: bool


@dataclass(frozen=True)
class BaselineReport:
    """What changed between two bundles.

    Attributes:
        new, old: Their folders.
        artifacts: Those that both have.
        added, removed: Names of artifacts that only one has.
        notes: What was not compared.
    """

    DERIVED: ClassVar = ("passed",)

    new: str
    old: str
    artifacts: list[ArtifactChange]
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether no artifact became worse by more than chance explains."""
        return all(artifact.passed for artifact in self.artifacts)


def against(
    new: Path,
    old: Path,
    images: Path | None = None,
    *,
    formats: Sequence[str] | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    progress: Progress = SILENT,
) -> BaselineReport:
    """Compare a bundle with an older one.

    Args:
        new, old: The bundles.
        images: Photos; None takes the goldens of the new one.
        formats: Only these; None takes all.
        max_pixels: Larger photos are left out.
        progress: Where to report to.

    Raises:
        NotFoundError, IntegrityError: One of them is no bundle.
        UsageError: They have no artifact in common.
        LabelMismatchError: They tell different numbers of classes apart.
    """
    names = [_named(Bundle.open(path).artifacts, formats) for path in (new, old)]
    common = [name for name in names[0] if name in names[1]]
    if not common:
        raise UsageError(f"{new} and {old} have no artifact in common: {', '.join(names[0])}; {', '.join(names[1])}")
    rows, notes = list[ArtifactChange](), dict[str, None]()
    options = CompareOptions(causes=False, max_pixels=max_pixels)
    for name in common:
        try:
            report = compare(Asked([old / name, new / name]), images or new / "goldens", options, progress=progress)
        except UsageError as exc:
            if len(common) == 1 or (images is not None and not images.is_dir()):
                raise
            notes[f"{name}: {exc.message}"] = None
            continue
        notes |= dict.fromkeys(report.notes)
        rows += [_row(name, report, pair) for pair in report.pairs]
        notes |= dict.fromkeys(f"{name}: {reason}" for reason in report.failures.values())
    added, removed = ([name for name in one if name not in other] for one, other in (names, names[::-1]))
    return BaselineReport(str(new), str(old), rows, added, removed, list(notes))


def layers(bundle: Path, images: Path | None, progress: Progress = SILENT) -> dict[str, Departure]:
    """Where each artifact of a bundle departs from its most exact one: {artifact: its departure}.

    Raises:
        UsageError: There is a single artifact, or runtimes are missing for all but one.
    """
    opened = Bundle.open(bundle)
    exact = opened.artifact(variant="fp32") if any(a.variant == "fp32" for a in opened.artifacts) else opened.artifact()
    others = [artifact for artifact in opened.artifacts if artifact.name != exact.name][: MOST_SIDES - 1]
    if not others:
        raise UsageError(f"{bundle}: it has a single artifact: there is nothing to compare its layers with")
    names = [artifact.name for artifact in (exact, *others)]
    asked = Asked([bundle / name for name in names], names=names)
    options = CompareOptions(causes=False, layers=True)
    report = compare(asked, images or bundle / "goldens", options, progress=progress)
    return {pair.letter: pair.departure for pair in report.pairs if pair.departure is not None}


def _named(artifacts: Sequence[Artifact], formats: Sequence[str] | None) -> list[str]:
    return [artifact.name for artifact in artifacts if formats is None or artifact.format in formats]


def _row(name: str, report: CompareReport, pair: Pair) -> ArtifactChange:
    before, after = (side.accuracy for side in report.sides)
    lost = sum(change.label == change.expected for change in pair.changes)
    won = sum(change.label == change.answered for change in pair.changes)
    p = None if before is None else mcnemar(lost, won)
    return ArtifactChange(
        name=name,
        photos=pair.photos,
        max_difference=pair.max_difference,
        changes=pair.changes,
        accuracy_before=before,
        accuracy_after=after,
        lost=lost,
        won=won,
        p=p,
        passed=p is None or lost <= won or p >= SIGNIFICANT,
    )
