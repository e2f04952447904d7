"""Hold artefacts against Keras, from the bytes of the files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gemelo import runtimes
from gemelo.bundle import Artefact
from gemelo.classifier import open_session, run_session
from gemelo.contract import DEFAULT_MAX_PIXELS, Contract
from gemelo.errors import ParityError
from gemelo.parity import blame as blaming
from gemelo.parity.gates import Gate, gate_for
from gemelo.parity.report import ArtefactParity, Flip, ParityReport
from gemelo.parity.subjects import Subject, batches
from gemelo.progress import SILENT, Progress
from gemelo.recorded import tensor_sha256

# What an artefact may differ from its own sealed answers on another machine: one step of an 8-bit output.
SEALED_TOLERANCE = 1e-2


@dataclass(frozen=True)
class Trial:
    """What is held against what.

    Attributes:
        root: The folder of the artefacts.
        name: What to call the whole.
        artefacts: Which.
        contract, labels, convolutions: Of the run or bundle.
        subjects: The images.
        notes: What is already known to be missing.
        sealed: {artefact name: its answers on the goldens when it was sealed}; empty at export.
    """

    root: Path
    name: str
    artefacts: Sequence[Artefact]
    contract: Contract
    labels: list[str]
    convolutions: int
    subjects: Sequence[Subject]
    notes: list[str] = field(default_factory=list)
    sealed: dict[str, list[list[float]]] = field(default_factory=dict)
    max_pixels: int = DEFAULT_MAX_PIXELS


@dataclass
class _Answers:
    """All images that could be read, and what everybody answered."""

    subjects: list[Subject]
    expected: NDArray[np.float32]
    answered: dict[str, NDArray[np.float32]]
    strangers: list[Subject]
    unreadable: list[str]


def measure(trial: Trial, progress: Progress = SILENT) -> ParityReport:
    """Run every artefact on every image and compare.

    Args:
        trial: What is held against what.
        progress: Where to report to.

    Raises:
        LabelMismatchError: The labels inside an artefact differ from the bundle's.
        RuntimeFailure: A runtime stopped.
        ParityError: There is no image to compare on.
    """
    answers = _run_all(trial, progress)
    if not answers.subjects:
        raise ParityError(f"{trial.name}: no image to verify on")
    results = [_judge(trial, artefact, answers) for artefact in trial.artefacts]
    results = blaming.add(trial, results, answers, progress)
    photos = [s for s in answers.subjects if not s.golden]
    return ParityReport(
        name=trial.name,
        labels=trial.labels,
        keras_accuracy=_accuracy(answers.expected, answers.subjects),
        goldens=len(answers.subjects) - len(photos),
        photos=len(photos),
        unrecorded=sum(s.expected is None for s in photos),
        artefacts=results,
        notes=[*trial.notes, *answers.unreadable],
    )


def _run_all(trial: Trial, progress: Progress) -> _Answers:
    sessions = {a.name: open_session(trial.root, a, trial.labels) for a in trial.artefacts}
    subjects: list[Subject] = []
    strangers: list[Subject] = []
    unreadable: list[str] = []
    parts: dict[str, list[NDArray[np.float32]]] = {name: [] for name in sessions}
    try:
        with progress.step("verifying", len(trial.subjects) * len(sessions)) as done:
            for chunk, images, wrong in batches(trial.subjects, trial.contract, max_pixels=trial.max_pixels):
                unreadable += [reason for _, reason in wrong]
                # Keras was given it, and here it cannot even be read: that is no pass.
                strangers += [subject for subject, _ in wrong if subject.expected is not None]
                subjects += chunk
                hashes = [tensor_sha256(image) for image in images]
                pairs = zip(chunk, hashes, strict=True)
                strangers += [s for s, digest in pairs if s.tensor_sha256 not in (None, digest)]
                for artefact in trial.artefacts if chunk else ():
                    parts[artefact.name].append(run_session(sessions[artefact.name], images, artefact))
                    done(len(chunk) + len(wrong), artefact.name)
    finally:
        for session in sessions.values():
            session.close()
    answered = {name: np.concatenate(rows) for name, rows in parts.items()} if subjects else {}
    return _Answers(subjects, _expected(subjects, answered), answered, strangers, unreadable)


def _expected(subjects: list[Subject], answered: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Keras's answers; where it never saw a photo, those of the first fp32 twin, else of the first artefact."""
    stand_in = next((rows for name, rows in answered.items() if name.endswith("/fp32")), None)
    if stand_in is None:
        stand_in = next(iter(answered.values()), np.empty((0, 0), np.float32))
    rows = [stand_in[i] if s.expected is None else s.expected for i, s in enumerate(subjects)]
    return np.asarray(rows, dtype=np.float32)


def _judge(trial: Trial, artefact: Artefact, answers: _Answers) -> ArtefactParity:
    answered, expected = answers.answered[artefact.name], answers.expected
    differences = np.abs(answered - expected).max(axis=1)
    flips = _flips(trial.labels, answers.subjects, expected, answered, differences)
    accuracy, ours = _accuracy(expected, answers.subjects), _accuracy(answered, answers.subjects)
    drop = None if accuracy is None or ours is None else 100 * (accuracy - ours)
    golden = [row for row, subject in zip(answered, answers.subjects, strict=True) if subject.golden]
    gate = gate_for(artefact.variant, trial.convolutions)
    photos = sum(not subject.golden for subject in answers.subjects)
    sealed = trial.sealed.get(artefact.name) if photos == 0 else None
    reasons = _seal_reasons(golden, sealed) if sealed and gate.max_abs_difference is None else []
    if not (sealed and gate.max_abs_difference is None):
        reasons = gate_reasons(gate, float(differences.max()), len(flips), len(differences), drop)
    foreign = len(answers.strangers)
    if foreign:
        reasons.insert(
            0,
            f"{foreign} images cannot be read, or have other input bytes than Keras was given: the contract is broken",
        )
    runtime = runtimes.get(artefact.format)
    return ArtefactParity(
        format=artefact.format,
        variant=artefact.variant,
        runtime=runtime.NAME,
        version=runtime.version(),
        images=len(differences),
        photos=photos,
        max_abs_difference=float(differences.max()),
        top1_agreement=1 - len(flips) / len(differences),
        accuracy=ours,
        accuracy_drop=drop,
        gate=gate,
        passed=not reasons,
        reasons=reasons,
        flips=flips,
        goldens=[[float(str(p)) for p in row] for row in golden],
    )


def gate_reasons(gate: Gate, difference: float, flips: int, images: int, drop: float | None) -> list[str]:
    """Why a gate does not hold, in words; empty when it does."""
    reasons = []
    if gate.max_abs_difference is not None and difference > gate.max_abs_difference:
        reasons.append(f"max difference {difference:.2g} > {gate.max_abs_difference:g}")
    if flips > gate.allowed_flips(images):
        reasons.append(f"{flips} flips in {images} images, at most {gate.allowed_flips(images)} allowed")
    if gate.max_accuracy_drop is not None and drop is not None and drop > gate.max_accuracy_drop + 1e-9:
        reasons.append(f"accuracy drops by {drop:.2f} points, at most {gate.max_accuracy_drop:g} allowed")
    return reasons


def _seal_reasons(golden: list[NDArray[np.float32]], sealed: list[list[float]]) -> list[str]:
    """A quantised twin on goldens alone is held to what it answered when its accuracy was measured."""
    difference = float(np.abs(np.asarray(golden) - np.asarray(sealed, np.float32)).max())
    if difference <= SEALED_TOLERANCE:
        return []
    return [f"answers {difference:.2g} off what it answered when it was sealed, at most {SEALED_TOLERANCE:g} allowed"]


def _flips(
    labels: list[str],
    subjects: list[Subject],
    expected: NDArray[np.float32],
    answered: NDArray[np.float32],
    differences: NDArray[np.float32],
) -> list[Flip]:
    """Every image whose top-1 label changed, those Keras was surest of first."""
    ours, theirs = answered.argmax(axis=1), expected.argmax(axis=1)
    ordered = np.sort(expected, axis=1)
    margins = ordered[:, -1] - ordered[:, -2]
    flips = [
        Flip(subjects[i].name, labels[theirs[i]], labels[ours[i]], float(margins[i]), float(differences[i]))
        for i in np.flatnonzero(ours != theirs)
    ]
    return sorted(flips, key=lambda flip: -flip.margin)


def _accuracy(probabilities: NDArray[np.float32], subjects: list[Subject]) -> float | None:
    labelled = [
        (row.argmax() == s.label) for row, s in zip(probabilities, subjects, strict=True) if s.label is not None
    ]
    return float(np.mean(labelled)) if labelled else None
