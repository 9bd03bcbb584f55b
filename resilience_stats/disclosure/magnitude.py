"""Sums and means of amounts: whether one or two contributors can be told from them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from resilience_stats.disclosure.policy import Policy, read_policy
from resilience_stats.errors import DisclosureError


def check_magnitude(amounts: Iterable[float], policy: Policy | str = "acro") -> tuple[str, ...]:
    """Return the rules that a sum (or mean) of amounts breaks; none means that it may be shown.

    Parameters
    ----------
    amounts : iterable of float
        What each practice contributes, 0 or more: payments, patients, hours.
    policy : Policy or str
        Its `practice_threshold`, `dominance_share` and `p_ratio` are used.

    Returns
    -------
    tuple of str
        Of ``"few-practices"``, ``"dominance"`` and ``"p-ratio"``.

    Raises
    ------
    DisclosureError
        If an amount is missing or below 0.

    Notes
    -----
    With amounts ``x1 >= x2 >= ...`` and their sum X. Dominance (n, k) with n = 2: ``(x1 + x2) / X > k``. The p ratio:
    the second contributor knows x1 to within ``X - x1 - x2``, so it breaks where ``(X - x1 - x2) / x1 < p``.
    Hundepool et al. (2012), Statistical Disclosure Control, section 4.2; ACRO checks both.

    Examples
    --------
    >>> check_magnitude([900, 60, 5, 5, 5, 5, 5, 5, 5, 5])
    ('dominance', 'p-ratio')
    >>> check_magnitude([10.0] * 12)
    ()
    """
    held, settings = np.sort(np.asarray(list(amounts), dtype=float))[::-1], read_policy(policy)
    if not (np.isfinite(held) & (held >= 0)).all():
        raise DisclosureError("amounts must be numbers of 0 or more", where="check_magnitude")
    broken, whole = [], float(held.sum())
    if len(held) < settings.practice_threshold:
        broken.append("few-practices")
    if whole > 0 and settings.dominance_share and float(held[:2].sum()) / whole > settings.dominance_share:
        broken.append("dominance")
    if whole > 0 and settings.p_ratio and (whole - float(held[:2].sum())) / float(held[0]) < settings.p_ratio:
        broken.append("p-ratio")
    return tuple(broken)
