"""Against figures computed by hand."""

import numpy as np
import pytest

from gemelo import metrics
from gemelo.decisions import top1
from gemelo.store.manifest import ClassFigures
from trainer.predict import columns

PROBABILITIES = np.array([[0.9, 0.1], [0.58, 0.42], [0.3, 0.7], [0.2, 0.8], [0.55, 0.45]], np.float32)
LABELS = np.array([0, 1, 1, 1, 0])


def test_accuracy_and_confusion() -> None:
    assert metrics.accuracy(PROBABILITIES, LABELS) == 0.8
    decided = top1(PROBABILITIES)
    assert metrics.confusion(decided, LABELS, np.arange(2)).tolist() == [[2, 0], [1, 2]]


def test_of_many_classes_those_most_often_confused() -> None:
    """40 classes: 7 and 31 are confused three times, 2 and 5 twice, 38 and 39 once; all else is right."""
    pairs = [(7, 31)] * 3 + [(5, 2)] * 2 + [(38, 39)] + [(i, i) for i in range(40)]
    labels, decided = np.array(pairs).T
    assert metrics.most_confused(decided, labels, 40, 4).tolist() == [2, 5, 7, 31]
    assert metrics.most_confused(decided, labels, 40, 8).tolist() == [0, 1, 2, 5, 7, 31, 38, 39]
    assert metrics.most_confused(decided, labels, 40, 40).tolist() == list(range(40))
    chosen = metrics.most_confused(decided, labels, 40, 4)
    assert metrics.confusion(decided, labels, chosen).tolist() == [
        [1, 0, 0, 0],
        [2, 1, 0, 0],
        [0, 0, 1, 3],
        [0, 0, 0, 1],
    ]


def test_figures_do_not_grow_with_the_square_of_the_classes() -> None:
    classes = 20_000  # whose square of 8 bytes each would be 3.2 GB
    labels = np.arange(0, classes, 100)
    probabilities = np.zeros((len(labels), classes), np.float32)
    probabilities[np.arange(len(labels)), (labels + 1) % classes] = 1
    found = metrics.summarize(probabilities, labels, [str(i) for i in range(classes)])
    assert len(found.confusion) == len(found.confusion_labels) == metrics.MOST_CLASSES
    assert len(found.per_class) == classes
    assert metrics.summarize(PROBABILITIES, LABELS, ["a", "b"]).confusion_labels is None


def test_precision_and_recall() -> None:
    labels, decided = np.array([0, 0, 1, 1, 1, 2, 2, 2, 2]), np.array([0, 0, 0, 1, 1, 1, 1, 1, 1])
    rows = metrics.per_class(decided, labels, ["a", "b", "c"])
    assert rows["a"] == ClassFigures(pytest.approx(2 / 3), 1.0, 2)
    assert rows["b"] == ClassFigures(pytest.approx(1 / 3), pytest.approx(2 / 3), 3)
    assert rows["c"] == ClassFigures(0.0, 0.0, 4)


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
    assert top1(columns(np.array([[0.5], [just_above]], np.float32))).tolist() == [0, 1]


def test_sigmoid_to_columns_in_float32() -> None:
    p = np.array([[0.1], [0.7]], np.float32)
    both = columns(p)
    assert both.dtype == np.float32
    assert both[:, 1].tolist() == p[:, 0].tolist()
    assert both[0, 0] == np.float32(1) - np.float32(0.1)
    three = np.ones((2, 3), np.float32)
    assert columns(three) is three
