"""The one place that decides: the most probable label, the first on a tie, and "not sure" below the threshold."""

from pathlib import Path

import numpy as np
import pytest

from gemelo.decisions import is_sure, ranked, top1

JUST_BELOW = np.nextafter(np.float32(0.8), np.float32(0))
# Where `argmax` is about something else, or cannot use numpy: largest differences, colors, histograms, TensorFlow, and
# code to copy.
OTHERS = {
    "exporters/quantization/exact_input.py",
    "gemelo/parity/gates.py",
    "streamlit_app/snippets.py",
    "trainer/architectures/_keras.py",
    "trainer/train_step.py",
}


def test_the_first_of_equals_wins() -> None:
    rows = np.array([[0.5, 0.5], [0.2, 0.8], [0.6, 0.4]], np.float32)
    assert top1(rows).tolist() == [0, 1, 0]
    assert int(top1(rows[1])) == 1
    assert ranked(np.array([0.3, 0.4, 0.3], np.float32)).tolist() == [1, 0, 2]
    assert ranked(rows[1], 1).tolist() == [1]


@pytest.mark.parametrize(
    ("probability", "threshold", "sure"),
    [(0.0, None, True), (np.float32(0.8), 0.8, True), (0.8, 0.8, True), (float(JUST_BELOW), 0.8, False)],
)
def test_an_answer_at_the_threshold_counts(probability: float, threshold: float | None, sure: bool) -> None:
    """In float32: 0.8 itself is a little more in float64 than in the answer of a model."""
    assert bool(is_sure(probability, threshold)) is sure
    assert is_sure(np.array([probability], np.float32), threshold).tolist() == [sure]


def test_nothing_else_decides(project: Path) -> None:
    paths = [
        path for part in ("gemelo", "trainer", "exporters", "streamlit_app") for path in (project / part).rglob("*.py")
    ]
    found = {path.relative_to(project).as_posix() for path in paths if "argmax" in path.read_text(encoding="utf-8")}
    assert found == OTHERS | {"gemelo/decisions.py"}
