"""Hold artifacts against Keras, from the bytes of the files."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gemelo import runtimes
from gemelo.decisions import top1
from gemelo.errors import ImageError, NotFoundError, ParityError
from gemelo.parity import attribution as blaming
from gemelo.parity.answering import Answering
from gemelo.parity.compare import Comparison
from gemelo.parity.gates import EXPECTED_TOLERANCE, excesses
from gemelo.parity.report import ArtifactParity, LabelChange, ParityReport
from gemelo.parity.subjects import Subject
from gemelo.parity.trial import Answers, Trial
from gemelo.preprocessing import prepare
from gemelo.progress import SILENT, Progress
from gemelo.reports.photos import MOST, data_url
from gemelo.store.bundle import Artifact


def measure(trial: Trial, progress: Progress = SILENT, answering: Answering | None = None) -> ParityReport:
    """Run every artifact on every image and compare.

    Args:
        trial: What is held against what.
        progress: Where to report to.
        answering: Where all artifacts have begun to answer already.

    Raises:
        LabelMismatchError: The labels inside an artifact differ from the bundle's.
        MissingDependencyError: A runtime is not installed.
        ParityError: There is no image to compare on.
        StorageError: There is no room for the prepared images.
    """
    if answering is None:
        with Answering(trial) as answering:
            for artifact in trial.artifacts:
                answering.begin(artifact)
            return measure(trial, progress, answering)
    answers = answering.answers(trial.artifacts, progress)
    if not answers.subjects:
        raise ParityError(f"{trial.name}: no image to verify on")
    ran = [artifact for artifact in trial.artifacts if artifact.name in answers.answered]
    results = [_judge(trial, artifact, answers) for artifact in ran]
    results = blaming.add(trial, results, answers, progress)
    photos = [s for s in answers.subjects if not s.golden]
    report = ParityReport(
        name=trial.name,
        labels=trial.labels,
        keras_accuracy=_accuracy(answers.expected, answers.subjects),
        goldens=len(answers.subjects) - len(photos),
        photos=len(photos),
        without_reference=sum(s.expected is None for s in photos),
        artifacts=results,
        notes=[*trial.notes, *answers.unreadable],
        failures=answers.failures,
    )
    return replace(report, pictures=_pictures(trial, report, answers.subjects)) if trial.pictures else report


def _pictures(trial: Trial, report: ParityReport, subjects: Sequence[Subject]) -> dict[str, str]:
    """{image: data URL} of the first images whose label changed, as the model saw them."""
    sources = {subject.name: subject.source for subject in subjects}
    urls: dict[str, str] = {}
    for image in report.changed_images[:MOST]:
        with suppress(ImageError, NotFoundError):  # it was there when it was measured
            urls[image.name] = data_url(prepare(sources[image.name], trial.preprocessing, trial.max_pixels))
    return urls


def _judge(trial: Trial, artifact: Artifact, answers: Answers) -> ArtifactParity:
    answered, expected = answers.answered[artifact.name], answers.expected
    gate, runtime = trial.gate(artifact), runtimes.get(artifact.format)
    whole = Comparison.of(answered, expected)
    golden = np.array([subject.golden for subject in answers.subjects])
    photos = int((~golden).sum())
    counts = ~golden if gate.quantized and photos else np.ones_like(golden)
    expected_outputs = trial.expected_outputs.get(artifact.name) if gate.quantized and not photos else None
    accuracy, ours = _accuracy(expected, answers.subjects), _accuracy(answered, answers.subjects)
    drop = None if accuracy is None or ours is None else 100 * (accuracy - ours)
    labeled = sum(subject.label is not None for subject in answers.subjects)
    names = [subject.name for subject, counted in zip(answers.subjects, counts, strict=True) if counted]
    found = whole.only(counts)
    lost = np.flatnonzero(_right(expected, answers.subjects)[counts] & ~_right(answered, answers.subjects)[counts])
    wrong = [] if expected_outputs else excesses(gate, found, names, drop, labeled, lost.tolist())
    reasons = (
        _expected_reasons(answered[golden], expected_outputs)
        if expected_outputs
        else [excess.reason for excess in wrong]
    )
    return ArtifactParity(
        format=artifact.format,
        variant=artifact.variant,
        runtime=runtime.NAME,
        version=runtime.version(),
        images=len(whole),
        photos=photos,
        counted=len(found),
        max_abs_difference=whole.max_difference,
        top1_agreement=found.agreement,
        accuracy=ours,
        accuracy_drop=drop,
        gate=gate,
        decisive=len(found.label_changes(gate.margin)),
        allowed=None if expected_outputs else gate.allowed_changes(len(found)),
        passed=not (reasons or answers.strangers),
        reasons=[*_foreign(answers.strangers), *reasons],
        needed={excess.key: excess.needed for excess in wrong},
        label_changes=_label_changes(trial.labels, answers.subjects, expected, answered, whole),
        goldens=[[float(str(p)) for p in row] for row in answered[golden]],
    )


def _foreign(strangers: Sequence[Subject]) -> list[str]:
    if not strangers:
        return []
    what = "cannot be read, or have other input bytes than Keras was given: the preprocessing is broken"
    return [f"{len(strangers)} images {what}"]


def _expected_reasons(golden: NDArray[np.float32], expected_outputs: list[list[float]]) -> list[str]:
    """A quantized artifact on goldens alone is compared with what it answered when its accuracy was measured."""
    difference = float(np.abs(golden - np.asarray(expected_outputs, np.float32)).max())
    if difference <= EXPECTED_TOLERANCE:
        return []
    return [
        f"answers {difference:.2g} off what it answered when it was written, at most {EXPECTED_TOLERANCE:g} allowed"
    ]


def _label_changes(
    labels: list[str],
    subjects: list[Subject],
    expected: NDArray[np.float32],
    answered: NDArray[np.float32],
    found: Comparison,
) -> list[LabelChange]:
    """Every image whose top-1 label changed, those Keras was surest of first."""
    ours, theirs = top1(answered), top1(expected)
    return [
        LabelChange(
            image=subjects[i].name,
            expected=labels[theirs[i]],
            answered=labels[ours[i]],
            margin=float(found.margins[i]),
            difference=float(found.differences[i]),
            golden=subjects[i].golden,
        )
        for i in found.label_changes()
    ]


def _accuracy(probabilities: NDArray[np.float32], subjects: list[Subject]) -> float | None:
    labeled = np.array([subject.label is not None for subject in subjects], bool)
    return float(_right(probabilities, subjects)[labeled].mean()) if labeled.any() else None


def _right(probabilities: NDArray[np.float32], subjects: list[Subject]) -> NDArray[np.bool_]:
    """Whether each image got its true label; images without one did not."""
    truth = np.array([-1 if subject.label is None else subject.label for subject in subjects], np.int64)
    return np.asarray(top1(probabilities) == truth)
