"""`--variant auto`: the fastest ONNX artifact of a bundle on this very machine, of those that pass their self-test."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gemelo.classifier import Classifier
from gemelo.errors import CheckError, ParityError
from gemelo.parity import Gates, Trial, goldens, measure
from gemelo.parity.expected import expected_outputs
from gemelo.preprocessing import prepare
from gemelo.progress import SILENT, Progress
from gemelo.store.bundle import Artifact, Bundle

FORMAT = "onnx"
AUTO = "auto"
# An artifact this much slower than the fastest is as good, if it is nearer to Keras: noise is of that size.
_AS_FAST = 1.05
_WARM_UP = 10
_ROUNDS = 200


@dataclass(frozen=True)
class Candidate:
    """One variant that could be packed.

    Attributes:
        variant: `fp32`, `fp16`, `int8`, ...
        bytes: Of its file.
        max_difference: From Keras, on the goldens; None where it could not be run.
        median_ms, p95_ms: One prepared image; None where it did not pass.
        reason: Why it does not pass; empty where it does.
        chosen: Whether it is the one.
    """

    variant: str
    bytes: int
    max_difference: float | None
    median_ms: float | None
    p95_ms: float | None
    reason: str
    chosen: bool = False


def choose(bundle: Bundle, threads: int | None = None, progress: Progress = SILENT) -> list[Candidate]:
    """Try every ONNX variant: those that pass are timed in turn, image by image, so that noise meets all alike.

    Args:
        bundle: Already opened.
        threads: For onnxruntime; None lets it choose.
        progress: Where to report to.

    Returns:
        All variants, one of them chosen.

    Raises:
        ParityError: None passes.
    """
    artifacts = [artifact for artifact in bundle.artifacts if artifact.format == FORMAT]
    judged = {artifact.variant: _judge(bundle, artifact) for artifact in artifacts}
    passing = [artifact for artifact in artifacts if not judged[artifact.variant][1]]
    if not passing:
        said = "; ".join(f"{variant}: {reason}" for variant, (_, reason) in judged.items())
        raise ParityError(f"{bundle.path}: no ONNX artifact passes its self-test here: {said}")
    times = _time(bundle, passing, threads, progress)
    fastest = min(np.median(row) for row in times.values())
    # The bundle lists them from the most exact to the least.
    best = next(a.variant for a in passing if np.median(times[a.variant]) <= fastest * _AS_FAST)
    return [
        Candidate(
            variant=artifact.variant,
            bytes=artifact.bytes,
            max_difference=judged[artifact.variant][0],
            median_ms=float(np.median(row)) if (row := times.get(artifact.variant)) else None,
            p95_ms=float(np.percentile(row, 95)) if row else None,
            reason=judged[artifact.variant][1],
            chosen=artifact.variant == best,
        )
        for artifact in artifacts
    ]


def _judge(bundle: Bundle, artifact: Artifact) -> tuple[float | None, str]:
    """How far it is from Keras on the goldens, and why it does not pass; empty where it does."""
    trial = Trial(
        root=bundle.path,
        name=bundle.name,
        artifacts=[artifact],
        preprocessing=bundle.preprocessing,
        labels=bundle.labels,
        convolutions=bundle.manifest.convolutions,
        subjects=goldens(bundle.path, bundle.reference),
        expected_outputs=expected_outputs(bundle),
        by_hand=Gates.from_manifest(bundle.manifest).by_hand,
    )
    try:
        report = measure(trial)
    except CheckError as exc:  # labels that are not the bundle's
        return None, exc.message
    if report.failures:
        return None, "; ".join(report.failures[0].reasons)
    [found] = report.artifacts
    return found.max_abs_difference, "; ".join(found.reasons)


def _time(
    bundle: Bundle, artifacts: Sequence[Artifact], threads: int | None, progress: Progress
) -> dict[str, list[float]]:
    """Milliseconds of each answer to one prepared image, variant by variant in turn."""
    photo = bundle.file(bundle.reference.goldens[0].path).read_bytes()
    image = prepare(photo, bundle.preprocessing)[None]
    classifiers = {artifact.variant: Classifier(bundle, artifact, threads=threads) for artifact in artifacts}
    times: dict[str, list[float]] = {variant: [] for variant in classifiers}
    try:
        with progress.step("measuring", _ROUNDS) as done:
            for turn in range(_WARM_UP + _ROUNDS):
                for variant, classifier in classifiers.items():
                    started = time.perf_counter()
                    classifier.probabilities(image)
                    if turn >= _WARM_UP:
                        times[variant].append(1000 * (time.perf_counter() - started))
                done(1 if turn >= _WARM_UP else 0, "")
    finally:
        for classifier in classifiers.values():
            classifier.close()
    return times
