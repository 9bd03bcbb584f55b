"""How many patients, and how fast their number grows."""

from __future__ import annotations

import pandas as pd

from resilience_stats.cohort import Cohort
from resilience_stats.features.columns import column
from resilience_stats.features.scores import log_of


def list_size(cohort: Cohort) -> pd.Series:
    """Return registered patients at the last count before the census date."""
    return column(cohort, "list_size", "patients").astype(float)


def log_list_size(cohort: Cohort) -> pd.Series:
    """Return the natural logarithm of the list size."""
    return log_of(list_size(cohort))


def list_growth_12m(cohort: Cohort) -> pd.Series:
    """Return the growth of the list over twelve months in per cent, with the lists of merged practices added up."""
    before = column(cohort, "list_size_previous", "patients").astype(float)
    return 100 * (list_size(cohort) / before.where(before > 0) - 1)
