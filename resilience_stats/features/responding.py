"""Who answered this wave, and in which role."""

from __future__ import annotations

import pandas as pd

from resilience_stats.cohort import Cohort


def responded(cohort: Cohort) -> pd.Series:
    """Return whether the practice sent a response to this wave, complete or not."""
    answered = cohort.practices.index.isin(cohort.current().index)
    return pd.Series(answered, index=cohort.practices.index, dtype="boolean")


def respondent_role(cohort: Cohort) -> pd.Series:
    """Return the role of who answered for the practice."""
    return cohort.current()["respondent_role"].reindex(cohort.practices.index)
