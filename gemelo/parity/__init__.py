"""Parity: how far a twin is from what Keras answered, and whether that is near enough."""

from pathlib import Path

from gemelo.bundle import Bundle
from gemelo.contract import DEFAULT_MAX_PIXELS
from gemelo.parity.gates import Gate, gate_for
from gemelo.parity.measure import Trial, measure
from gemelo.parity.report import ArtefactParity, Blame, Flip, ParityReport
from gemelo.parity.sealed import sealed_answers
from gemelo.parity.subjects import Subject, folder, goldens, test_split
from gemelo.progress import SILENT, Progress

__all__ = [
    "ArtefactParity",
    "Blame",
    "Flip",
    "Gate",
    "ParityReport",
    "Subject",
    "Trial",
    "folder",
    "gate_for",
    "goldens",
    "measure",
    "test_split",
    "verify",
]


def verify(
    path: str | Path,
    images: str | Path | None = None,
    *,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    progress: Progress = SILENT,
) -> ParityReport:
    """Verify a bundle on this machine, without TensorFlow: every artefact in its own runtime, from file bytes.

    Args:
        path: The bundle's folder.
        images: A folder of photos to verify on besides the goldens. Those of the test split are known by their
            sha256 and held to Keras's answers; on others the fp32 twin stands in for Keras.
        max_pixels: Larger photos are left out and named in the report's notes.
        progress: Where to report to.

    Raises:
        NotFoundError: No such bundle or folder.
        IntegrityError: The bundle is not what was sealed.
        MissingDependencyError: A runtime is not installed.
    """
    bundle = Bundle.open(path)
    subjects, notes = goldens(bundle.path, bundle.recorded), list[str]()
    if images is not None:
        photos, notes = folder(bundle.recorded, Path(images))
        subjects = [*subjects, *photos]
    trial = Trial(
        root=bundle.path,
        name=bundle.name,
        artefacts=bundle.artefacts,
        contract=bundle.contract,
        labels=bundle.labels,
        convolutions=bundle.facts.convolutions,
        subjects=subjects,
        notes=notes,
        sealed=sealed_answers(bundle),
        max_pixels=max_pixels,
    )
    return measure(trial, progress)
