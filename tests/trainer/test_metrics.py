"""Against figures computed by hand."""

import numpy as np
import pytest

from trainer import metrics
from trainer.answer import columns

PROBABILITIES = np.array([[0.9, 0.1], [0.58, 0.42], [0.3, 0.7], [0.2, 0.8], [0.55, 0.45]], np.float32)
LABELS = np.array([0, 1, 1, 1, 0])


def test_accuracy_and_confusion() -> None:
    assert metrics.accuracy(PROBABILITIES, LABELS) == 0.8
    assert metrics.confusion(PROBABILITIES, LABELS).tolist() == [[2, 0], [1, 2]]


def test_precision_and_recall() -> None:
    rows = metrics.per_class(np.array([[2, 0, 0], [1, 2, 0], [0, 4, 0]]), ["a", "b", "c"])
    assert rows["a"] == {"precision": pytest.approx(2 / 3), "recall": 1.0, "support": 2}
    assert rows["b"] == {"precision": pytest.approx(1 / 3), "recall": pytest.approx(2 / 3), "support": 3}
    assert rows["c"] == {"precision": 0.0, "recall": 0.0, "support": 4}


def test_log_loss() -> None:
    by_hand = -np.mean(np.log([0.9, 0.42, 0.7, 0.8, 0.55]))
    assert metrics.log_loss(PROBABILITIES, LABELS) == pytest.approx(by_hand, rel=1e-6)
    certain = np.array([[0.0, 1.0]], np.float32)
    assert metrics.log_loss(certain, np.array([0])) == pytest.approx(-np.log(1e-7))


def test_calibration_error() -> None:
    # Bins of 1/15: 0.58 (wrong) and 0.55 (right) share one; 0.7, 0.8 and 0.9 (right) have one each.
    bins = metrics.reliability(PROBABILITIES, LABELS)
    assert [row["count"] for row in bins if row["count"]] == [2, 1, 1, 1]
    by_hand = (2 * abs(0.565 - 0.5) + 0.3 + 0.2 + 0.1) / 5
    assert metrics.expected_calibration_error(bins) == pytest.approx(by_hand, abs=1e-6)


def test_certainty_has_a_bin() -> None:
    bins = metrics.reliability(np.array([[1.0, 0.0], [0.5, 0.5]], np.float32), np.array([0, 0]))
    assert bins[-1]["count"] == 1
    assert metrics.expected_calibration_error(bins) == pytest.approx(0.25)


def test_a_tie_is_the_first_class() -> None:
    just_above = np.nextafter(np.float32(0.5), np.float32(1))
    assert metrics.decide(columns(np.array([[0.5], [just_above]], np.float32))).tolist() == [0, 1]


def test_sigmoid_to_columns_in_float32() -> None:
    p = np.array([[0.1], [0.7]], np.float32)
    both = columns(p)
    assert both.dtype == np.float32
    assert both[:, 1].tolist() == p[:, 0].tolist()
    assert both[0, 0] == np.float32(1) - np.float32(0.1)
    three = np.ones((2, 3), np.float32)
    assert columns(three) is three
