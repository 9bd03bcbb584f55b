"""What the practice achieved in the Quality and Outcomes Framework."""

from __future__ import annotations

import pandas as pd

from resilience_stats.cohort import Cohort
from resilience_stats.loaders import qof_points

#: Financial years ended in which payments were protected while practices fought the pandemic: points tell less.
PROTECTED_YEARS = (2020, 2021, 2022)


def qof_achievement(cohort: Cohort) -> pd.Series:
    """Return the points achieved as per cent of those that the practice could have had, last year ended by the census.

    Notes
    -----
    ``100 * points achieved / maximum points``, with the points of merged practices added up on both sides. The maximum
    is the publisher's own for the practice (indicators that it cannot earn are taken off) and of the same year; without
    it the share is missing, because a maximum is not to be guessed.
    """
    asked = cohort.practices.index
    achieved, maximum = cohort.tables.get("qof_achievement"), cohort.tables.get("qof_maximum_points")
    if achieved is None or maximum is None or set(achieved["asof"]) != set(maximum["asof"]):
        return pd.Series(float("nan"), index=asked)
    points = qof_points(achieved.reset_index(), maximum.reset_index())
    return 100 * points.set_index("practice_code")["share"].reindex(asked).astype(float)
