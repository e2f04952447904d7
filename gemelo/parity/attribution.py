"""Find the stage that a difference comes from, by swapping one stage at a time.

Keras --conversion--> fp32, unoptimized --quantization--> this artifact, unoptimized --runtime--> this artifact
"""

import threading
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from gemelo.classifier import run_session
from gemelo.errors import RuntimeFailure
from gemelo.parity.answering import at_once, of_each, opened
from gemelo.parity.report import ArtifactParity, Attribution
from gemelo.parity.trial import Answers, Trial
from gemelo.preprocessing import prepare
from gemelo.progress import Progress
from gemelo.store.bundle import Artifact

# The plain kernels are slow: eight images, those with the largest differences, tell enough.
SAMPLE = 8


def add(trial: Trial, results: list[ArtifactParity], answers: Answers, progress: Progress) -> list[ArtifactParity]:
    """The same results: each that failed with its attribution, or each where that was asked for."""
    wanted = {result.name for result in results if trial.attribution or not result.passed}
    if not wanted:
        return results
    # Each is compared with the fp32 artifact of its format.
    needed = wanted | {f"{name.partition('/')[0]}/fp32" for name in wanted}
    artifacts = [artifact for artifact in trial.artifacts if artifact.name in needed & set(answers.answered)]
    with progress.step("finding where the differences come from", len(artifacts)) as done:
        worst = _worst(answers)
        images = np.stack([prepare(answers.subjects[i].source, trial.preprocessing, trial.max_pixels) for i in worst])

        def run(artifact: Artifact, _stopped: threading.Event) -> NDArray[np.float32] | None:
            plain = _run_plain(trial, artifact, images)
            done(1, artifact.name)
            return plain

        with of_each(run) as beside:
            for artifact in artifacts:
                beside.add(artifact)
            found = beside.results(at_once())
    plain = {artifact.name: row for artifact, row in zip(artifacts, found, strict=True) if row is not None}
    return [
        result.with_attribution(_split(result, answers, worst, plain)) if result.name in wanted & set(plain) else result
        for result in results
    ]


def _worst(answers: Answers) -> list[int]:
    """The images on which any artifact is furthest from Keras."""
    differences = np.max([np.abs(a - answers.expected).max(axis=1) for a in answers.answered.values()], axis=0)
    return [int(i) for i in np.argsort(-differences, kind="stable")[:SAMPLE]]


def _run_plain(trial: Trial, artifact: Artifact, images: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    # It answered with optimizations: that counts.
    with suppress(RuntimeFailure), opened(trial, artifact, reference=True) as session:
        return run_session(session, images, artifact)
    return None


def _split(
    result: ArtifactParity, answers: Answers, worst: list[int], plain: dict[str, NDArray[np.float32]]
) -> Attribution:
    artifact = plain.get(f"{result.format}/fp32")
    ours = plain[result.name]
    return Attribution(
        preprocessing=len(answers.strangers),
        conversion=None if artifact is None else _distance(artifact, answers.expected[worst]),
        quantization=None if artifact is None else _distance(ours, artifact),
        runtime=_distance(answers.answered[result.name][worst], ours),
    )


def _distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.abs(one - other).max())
