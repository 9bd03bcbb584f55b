"""What patients say of the practice: the GP Patient Survey."""

from __future__ import annotations

import pandas as pd

from resilience_stats.cohort import Cohort
from resilience_stats.features.columns import column


def survey_share(cohort: Cohort, question: str, when: str = "") -> pd.Series:
    """Return the weighted per cent of patients who gave a good answer; a suppressed result is missing.

    Parameters
    ----------
    cohort : Cohort
    question : str
        Column of the survey, such as ``overall_good``.
    when : str
        Blank for the last survey whose fieldwork ended by the census date, ``_later`` for the first after it.
    """
    return 100 * column(cohort, f"gpps{when}", question).astype(float)


def gpps_overall_good(cohort: Cohort) -> pd.Series:
    """Return the per cent of patients who call their overall experience good, in the last survey by the census date."""
    return survey_share(cohort, "overall_good")


def gpps_phone_easy(cohort: Cohort) -> pd.Series:
    """Return the per cent of patients who get through by telephone easily, in the last survey by the census date."""
    return survey_share(cohort, "phone_easy")
