"""Split the blame for a difference by swapping one stage at a time.

Keras --conversion--> fp32 twin, no optimisations --quantisation--> this twin, no optimisations --runtime--> this twin
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gemelo.classifier import open_session, run_session
from gemelo.contract import prepare
from gemelo.errors import RuntimeFailure
from gemelo.parity.report import ArtefactParity, Blame

if TYPE_CHECKING:
    from gemelo.bundle import Artefact
    from gemelo.parity.measure import Trial, _Answers
    from gemelo.progress import Progress

# The plain kernels are slow: eight images, those with the largest differences, tell enough.
SAMPLE = 8


def add(trial: Trial, results: list[ArtefactParity], answers: _Answers, progress: Progress) -> list[ArtefactParity]:
    """The same results: each that failed with its blame, or each where that was asked for."""
    wanted = {result.name for result in results if trial.attribution or not result.passed}
    if not wanted:
        return results
    # Each is held to the fp32 twin of its format.
    needed = wanted | {f"{name.partition('/')[0]}/fp32" for name in wanted}
    artefacts = [artefact for artefact in trial.artefacts if artefact.name in needed & set(answers.answered)]
    plain: dict[str, NDArray[np.float32]] = {}
    with progress.step("splitting the blame", len(artefacts)) as done:
        worst = _worst(answers)
        images = np.stack([prepare(answers.subjects[i].source, trial.contract, trial.max_pixels) for i in worst])
        for artefact in artefacts:
            with suppress(RuntimeFailure):  # it answered with optimisations: that counts
                plain[artefact.name] = _run_plain(trial, artefact, images)
            done(1, artefact.name)
    return [
        result.with_blame(_split(result, answers, worst, plain)) if result.name in wanted & set(plain) else result
        for result in results
    ]


def _worst(answers: _Answers) -> list[int]:
    """The images on which any artefact is furthest from Keras."""
    differences = np.max([np.abs(a - answers.expected).max(axis=1) for a in answers.answered.values()], axis=0)
    return [int(i) for i in np.argsort(-differences, kind="stable")[:SAMPLE]]


def _run_plain(trial: Trial, artefact: Artefact, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    session = open_session(trial.root, artefact, trial.labels, reference=True)
    try:
        return run_session(session, images, artefact)
    finally:
        session.close()


def _split(result: ArtefactParity, answers: _Answers, worst: list[int], plain: dict[str, NDArray[np.float32]]) -> Blame:
    twin = plain.get(f"{result.format}/fp32")
    ours = plain[result.name]
    return Blame(
        contract=len(answers.strangers),
        conversion=None if twin is None else _distance(twin, answers.expected[worst]),
        quantisation=None if twin is None else _distance(ours, twin),
        runtime=_distance(answers.answered[result.name][worst], ours),
    )


def _distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.abs(one - other).max())
