"""Shares that were counted: as people read them, and how far they may be from the true ones."""

import math
from fractions import Fraction

_Z = 1.959964  # standard deviations: 95 %
# Below this p-value, a difference is more than chance.
SIGNIFICANT = 0.05


def percent(share: float, digits: int = 1) -> str:
    """A share as people read it: 0.986 is `98.6 %`, with a no-break space."""
    return f"{100 * share:.{digits}f}\u00a0%"


def wilson(share: float, of: int) -> tuple[float, float]:
    """95 % confidence interval of a proportion.

    Wilson 1927, "Probable inference, the law of succession, and statistical inference".

    Args:
        share: That was found, 0 to 1.
        of: In how many; more than none.
    """
    whole = 1 + _Z * _Z / of
    middle = (share + _Z * _Z / (2 * of)) / whole
    half = _Z / whole * math.sqrt(share * (1 - share) / of + _Z * _Z / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def mcnemar(lost: int, won: int) -> float:
    """The exact p-value of McNemar's test: how likely so uneven a split is, were both classifiers equally good.

    McNemar 1947, "Note on the sampling error of the difference between correlated proportions or percentages"; exact by
    the binomial distribution, two-sided.

    Args:
        lost: Photos that the first gets right and the second wrong.
        won: Photos that the second gets right and the first wrong.
    """
    changed = lost + won
    tail = sum(math.comb(changed, k) for k in range(min(lost, won) + 1))
    return min(1.0, float(Fraction(2 * tail, 1 << changed)))


def binomial(right: int, of: int, chance: float) -> float:
    """The one-sided p-value of the binomial test: how likely at least so many would be right by chance.

    Args:
        right: Photos that are right.
        of: How many there are.
        chance: The share that is right by guessing, between 0 and 1.
    """
    logs = (
        math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1)
        + k * math.log(chance) + (of - k) * math.log1p(-chance)
        for k in range(right, of + 1)
    )  # fmt: skip
    return min(1.0, math.fsum(map(math.exp, logs)))
