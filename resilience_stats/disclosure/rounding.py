"""Rounding of counts in whole-number arithmetic, and what follows from rounded counts."""

from __future__ import annotations

import math

from resilience_stats.disclosure.policy import Policy

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


def round_midpoint(number: int, base: int) -> int:
    """Return the middle of the band of `base` that a number above 0 falls in; 0 stays 0.

    Notes
    -----
    ``ceil(x / base) * base - base // 2``: with base 6, 1 to 6 become 3 and 7 to 12 become 9. OpenSAFELY, Midpoint
    rounding.

    Examples
    --------
    >>> [round_midpoint(x, 6) for x in (0, 1, 6, 7, 12, 13)]
    [0, 3, 3, 9, 9, 15]
    """
    if base <= 1 or number == 0:
        return int(number)
    return -(-int(number) // base) * base - base // 2


def rounded(number: int, policy: Policy) -> int:
    """Return a number of people as a policy rounds it.

    Examples
    --------
    >>> [rounded(x, Policy.preset("ehrql")) for x in (0, 7, 8, 12, 13)]
    [0, 0, 10, 10, 15]
    """
    if policy.small == "zero" and number < policy.threshold:
        return 0
    if policy.rounding == "midpoint":
        return round_midpoint(number, policy.rounding_base)
    return round_half_up(number, policy.rounding_base, least=policy.threshold)


def is_rounded(number: float, policy: Policy) -> bool:
    """Return whether a number can stand in a release that rounds as the policy says.

    Examples
    --------
    >>> is_rounded(12, Policy.preset("public")), is_rounded(9, Policy.preset("opensafely_midpoint6"))
    (False, True)
    """
    base = policy.rounding_base
    if base <= 1 or number == 0:
        return True
    return number % base == (base - base // 2) % base if policy.rounding == "midpoint" else number % base == 0


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
