"""Wilson's interval, against tables and against its own extremes; percentages as they are written."""

import pytest

from gemelo.reports.statistics import percent, wilson


@pytest.mark.parametrize(
    ("share", "of", "low", "high"),
    [
        # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
        (81 / 263, 263, 0.2553, 0.3662),
        (15 / 148, 148, 0.0624, 0.1605),
        (0.0, 20, 0.0, 0.1611),
        (1 / 29, 29, 0.0061, 0.1718),
        (1.0, 20, 0.8389, 1.0),
    ],
)
def test_it_is_wilson_s(share, of, low, high):
    assert wilson(share, of) == pytest.approx((low, high), abs=5e-5)


def test_a_percentage_does_not_break_before_its_sign():
    assert [percent(0.986), percent(0.98765, 2), percent(1.0, 0)] == ["98.6\u00a0%", "98.77\u00a0%", "100\u00a0%"]
