"""How many digits leave: a mean given with all its digits tells how many answered, and one with a spread who answered.

519/136 = 3.8161764705882355 can be turned back into 519 and 136, so a rounded n beside it would protect nobody; and the
mean and the standard deviation of a question with four options, with its n, leave one set of answers only.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from resilience_stats.disclosure.policy import Policy
from resilience_stats.disclosure.statistics import FRACTIONS, statistic

#: Kinds whose values stay as they are: whole numbers that have their own rule, and words.
_WHOLE = frozenset({"count", "share", "df", "record", "tally", "days", "text", "note"})
_DIGITS = 3


def released_value(name: str, value: float, policy: Policy) -> float:
    """Return a value with the digits that may leave.

    Parameters
    ----------
    name : str
        A statistic of data/schema/statistics.json.
    value : float
        Shares as fractions of one.
    policy : Policy

    Notes
    -----
    Means and spreads of the answers to one question (kind ``answers``) are given as printed under every policy that
    withholds anything. Where counts are rounded, every other value that is not a count keeps the decimals it is
    printed with, or three significant digits if those are finer, so that an end of an interval near 0 stays on its
    side of 0. The finer value never ends half way between two printed ones, so that printing it prints the same.

    Examples
    --------
    >>> public = Policy.preset("public")
    >>> released_value("mean", 65.43217, public), released_value("smd", 0.0038612, public)
    (65.4, 0.00386)
    >>> released_value("mean", 65.43217, Policy.preset("board"))
    65.43217
    """
    kind = statistic(name).kind
    if kind in _WHOLE or value != value or abs(value) == float("inf"):
        return value
    if kind == "answers":
        return _at(value, _decimals(name)) if policy.threshold > 0 or policy.rounding_base > 1 else value
    return _trimmed(value, _decimals(name)) if policy.rounding_base > 1 else value


def _decimals(name: str) -> int:
    spec = statistic(name)
    return spec.decimals + (2 if spec.kind in FRACTIONS else 0)


def _at(value: float, decimals: int) -> float:
    exact = Decimal(repr(float(value)))
    return float(exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)) + 0.0


def _trimmed(value: float, decimals: int) -> float:
    if value == 0:
        return value
    fine = _DIGITS - 1 - Decimal(repr(float(value))).adjusted()
    if fine <= decimals:
        return _at(value, decimals)
    held = _at(value, fine)
    if _at(held, decimals) != _at(value, decimals):  # it was carried up to half way, and would be carried up again
        held -= 10.0**-fine if value > 0 else -(10.0**-fine)
    return _at(held, fine)
