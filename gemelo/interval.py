"""How far a share that was counted may be from the true one."""

import math

_Z = 1.959964  # standard deviations: 95 %


def wilson(share: float, of: int) -> tuple[float, float]:
    """Between which shares the true one lies, 19 times in 20.

    Wilson 1927, "Probable inference, the law of succession, and statistical inference".

    Args:
        share: That was found, 0 to 1.
        of: In how many; more than none.
    """
    whole = 1 + _Z * _Z / of
    middle = (share + _Z * _Z / (2 * of)) / whole
    half = _Z / whole * math.sqrt(share * (1 - share) / of + _Z * _Z / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)
