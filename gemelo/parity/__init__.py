"""Parity: how far a twin is from what Keras answered, and whether that is near enough."""

from pathlib import Path

from gemelo.bundle import Bundle
from gemelo.contract import DEFAULT_MAX_PIXELS
from gemelo.files import read_json
from gemelo.parity.gates import Gate, Gates, gate_for
from gemelo.parity.measure import Trial, measure
from gemelo.parity.report import ArtefactParity, Blame, Failure, Flip, ParityReport
from gemelo.parity.subjects import Subject, folder, goldens, test_split
from gemelo.progress import SILENT, Progress

__all__ = [
    "ArtefactParity",
    "Blame",
    "Failure",
    "Flip",
    "Gate",
    "Gates",
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
    attribution: bool = False,
    progress: Progress = SILENT,
) -> ParityReport:
    """Verify a bundle on this machine, without TensorFlow: every artefact in its own runtime, from file bytes.

    Args:
        path: The bundle's folder.
        images: A folder of photos to verify on besides the goldens. Those of the test split are known by their
            sha256 and held to Keras's answers; on others the fp32 twin stands in for Keras.
        max_pixels: Larger photos are left out and named in the report's notes.
        attribution: Whether the stage that a difference comes from is found of what passed too.
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
        convolutions=int(bundle.manifest.get("convolutions", 0)),
        subjects=subjects,
        notes=notes,
        sealed=_sealed(bundle),
        max_pixels=max_pixels,
        by_hand=Gates.from_manifest(bundle.manifest).by_hand,
        attribution=attribution,
    )
    return measure(trial, progress)


def _sealed(bundle: Bundle) -> dict[str, list[list[float]]]:
    rows = read_json(bundle.file("parity.json"))["artefacts"]
    return {f"{row['format']}/{row['variant']}": row["goldens"] for row in rows}
