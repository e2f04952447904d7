"""The balanced accuracy stands beside the accuracy where classes are skewed, and only there."""

import re
from pathlib import Path

import pytest

from gemelo.skew import is_skewed
from gemelo.store.manifest import ClassFigures, Metrics
from tests.support.bundles import make_bundle, rewrite_manifest
from tests.support.cli import run_gemelo


@pytest.mark.parametrize(
    ("counts", "skewed"), [([], False), ([9], False), ([9, 9], False), ([9, 4], False), ([9, 3], True), ([3, 0], True)]
)
def test_skewed_classes(counts: list[int], skewed: bool) -> None:
    assert is_skewed(counts) is skewed


def metrics(*support: int) -> Metrics:
    rows = {str(i): ClassFigures(0.5, 0.5, count) for i, count in enumerate(support)}
    return Metrics(accuracy=0.9, balanced_accuracy=0.55, per_class=rows)


def test_it_is_told_where_classes_are_skewed() -> None:
    assert metrics(90, 10).balanced_where_skewed == 0.55
    assert metrics(50, 40).balanced_where_skewed is None
    assert Metrics(accuracy=0.9).balanced_where_skewed is None


def test_info_shows_it_of_a_bundle(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "tiny").path
    figures = {name: {"precision": 0.9, "recall": 0.5, "support": n} for name, n in (("cats", 9), ("dogs", 1))}
    rewrite_manifest(bundle, {"metrics": {"accuracy": 0.9, "balanced_accuracy": 0.5, "per_class": figures}})
    shown = re.sub(r"\s+", " ", run_gemelo("info", bundle).stdout)
    assert "balanced 50.00 % (each class counts alike)" in shown


def test_info_says_how_many_test_photos_were_learned_from(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "tiny").path
    counts = {"train": 90, "test": 12, "copied": 4}
    rewrite_manifest(bundle, {"metrics": {"accuracy": 0.75}, "dataset": counts})
    shown = re.sub(r"\s+", " ", run_gemelo("info", bundle).stdout)
    assert "of 12 test photos (95 % interval: 46.8 % to 91.1 %; 4 of them are copies of training photos)" in shown
