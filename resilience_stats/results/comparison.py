"""Result of comparing groups."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonResult(Result):
    """Groups compared, variable by variable.

    Attributes
    ----------
    details : pandas.DataFrame
        One row per variable with every test and effect size computed.
    """

    details: pd.DataFrame = field(repr=False)
