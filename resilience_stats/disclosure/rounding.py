"""Rounding of counts in whole-number arithmetic, and what follows from rounded counts."""

from __future__ import annotations

import math

#: Normal quantile of a 95% interval.
_Z = 1.959963984540054


def round_half_up(number: int, base: int, *, least: int = 0) -> int:
    """Return the multiple of `base` nearest to a number of people, halves up; a base of 0 or 1 changes nothing.

    Parameters
    ----------
    least : int
        The threshold: a number that reaches it is not rounded to one that does not.

    Notes
    -----
    ``(x + base // 2) // base * base`` in whole numbers; for an odd base no number lies half way. Python's own `round`
    would take 25 to 20 with base 10.

    Examples
    --------
    >>> [round_half_up(x, 10) for x in (14, 15, 25)], round_half_up(12, 5), round_half_up(7, 5, least=7)
    ([10, 20, 30], 10, 10)
    """
    if base <= 1:
        return int(number)
    rounded = (int(number) + base // 2) // base * base
    return -(-least // base) * base if rounded < least <= number else rounded


def wilson(count: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95% interval of a share.

    Notes
    -----
    ``(p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)``; Wilson (1927), JASA 22, 209-212. Used for a share whose
    count was rounded, so that its interval says no more than the rounded count does.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(39, 53)]
    [0.604, 0.836]
    """
    p, z2 = count / n, _Z * _Z
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)
