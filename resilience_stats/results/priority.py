"""Result of choosing whom to offer support."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityResult(Result):
    """A list of practices to be offered support; for the resilience team only.

    Attributes
    ----------
    contributions : pandas.DataFrame
        One row per practice and criterion that is known: term, criterion, axis, degree (0 to 1), weight, share (of the
        practice's scope or impact).
    support : pandas.DataFrame
        Suggested kinds of support: term, support, label, reason, criterion.
    matrix : pandas.DataFrame
        Practices by scope (rows) and likely impact (columns), each cut at its median.
    criteria : pandas.DataFrame
        The criteria with their weights, and of how many practices each is known.
    """

    contributions: pd.DataFrame = field(repr=False)
    support: pd.DataFrame = field(repr=False)
    matrix: pd.DataFrame = field(repr=False)
    criteria: pd.DataFrame = field(repr=False)
