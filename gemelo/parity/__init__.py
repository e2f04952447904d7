"""Parity: how far an artifact is from what Keras answered, and whether that is near enough."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gemelo import runtimes
from gemelo.errors import MissingDependencyError, UnknownNameError
from gemelo.parity.answering import Answering
from gemelo.parity.expected import expected_outputs
from gemelo.parity.gates import Gate, Gates, gate_for
from gemelo.parity.measure import measure
from gemelo.parity.report import ArtifactParity, Attribution, Failure, LabelChange, ParityReport
from gemelo.parity.subjects import Subject, folder, goldens, test_split
from gemelo.parity.trial import Trial
from gemelo.preprocessing import DEFAULT_MAX_PIXELS
from gemelo.progress import SILENT, Progress
from gemelo.store.bundle import Artifact, Bundle

__all__ = [
    "Answering",
    "ArtifactParity",
    "Attribution",
    "Failure",
    "Gate",
    "Gates",
    "LabelChange",
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
    formats: Sequence[str] | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    attribution: bool = False,
    pictures: bool = False,
    progress: Progress = SILENT,
) -> ParityReport:
    """Verify a bundle on this machine: run every artifact in its own runtime, without TensorFlow.

    Args:
        path: The bundle's folder.
        images: A folder of photos to verify on, besides the goldens. Test photos are recognized by their sha256 and
            compared with Keras's probabilities. Other photos are compared with the fp32 artifact.
        formats: `onnx`, `tflite`, `tfjs`; None takes those whose runtime is installed, and the report's notes name
            the others.
        max_pixels: Larger photos are left out and named in the report's notes.
        attribution: Also find the stage that a difference comes from for artifacts that passed.
        pictures: Show the images whose label changed in the HTML report.
        progress: Where to report to.

    Raises:
        NotFoundError: No such bundle or folder.
        IntegrityError: A file of the bundle is missing or was changed.
        UnknownNameError: The bundle has no artifact in one of `formats`.
        MissingDependencyError: The runtime of one of `formats` is not installed, or no runtime is.
    """
    bundle = Bundle.open(path)
    artifacts, missing = _runnable(bundle, formats)
    subjects, notes = goldens(bundle.path, bundle.reference), list[str]()
    if images is not None:
        photos, notes = folder(bundle.reference, Path(images))
        subjects = [*subjects, *photos]
    trial = Trial(
        root=bundle.path,
        name=bundle.name,
        artifacts=artifacts,
        preprocessing=bundle.preprocessing,
        labels=bundle.labels,
        convolutions=bundle.manifest.convolutions,
        subjects=subjects,
        notes=[*missing, *notes],
        expected_outputs=expected_outputs(bundle),
        max_pixels=max_pixels,
        by_hand=Gates.from_manifest(bundle.manifest).by_hand,
        attribution=attribution,
        pictures=pictures,
    )
    return replace(measure(trial, progress), warning=bundle.manifest.warning)


def _runnable(bundle: Bundle, formats: Sequence[str] | None) -> tuple[list[Artifact], list[str]]:
    """The artifacts to verify, and notes on those whose runtime is not installed."""
    known = list(dict.fromkeys(artifact.format for artifact in bundle.artifacts))
    if unknown := [name for name in formats or () if name not in known]:
        raise UnknownNameError("format", unknown[0], known)
    missing: dict[str, MissingDependencyError] = {}
    for name in known if formats is None else formats:
        try:
            runtimes.get(name).version()
        except MissingDependencyError as error:
            missing[name] = error
    chosen = [a for a in bundle.artifacts if a.format in (formats or known) and a.format not in missing]
    if missing and (formats is not None or not chosen):
        raise next(iter(missing.values()))
    absent = [a for a in bundle.artifacts if a.format in missing]
    return chosen, [f"{a.name} was not verified: {missing[a.format].message}; {missing[a.format].hint}" for a in absent]
