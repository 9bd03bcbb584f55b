"""What the Care Quality Commission had published by the census date, and what it published later."""

from __future__ import annotations

import pandas as pd

from resilience_stats.cohort import Cohort
from resilience_stats.features.columns import column

RATINGS = ("Inadequate", "Requires improvement", "Good", "Outstanding")


def cqc_rating(cohort: Cohort) -> pd.Series:
    """Return the overall rating that stood on the census date, an ordered category."""
    return _rating(cohort, "")


def cqc_rating_later(cohort: Cohort) -> pd.Series:
    """Return the overall rating that was first published after the census date: an outcome, never a predictor."""
    return _rating(cohort, "_later")


def cqc_requires_improvement_or_worse(cohort: Cohort) -> pd.Series:
    """Return whether the rating that stood on the census date was requires improvement or inadequate."""
    rating = cqc_rating(cohort)
    return rating.isin(RATINGS[:2]).astype("boolean").mask(rating.isna())


def _rating(cohort: Cohort, when: str) -> pd.Series:
    # The monthly ratings file is the better source; the directory stands in where a study has no other.
    first = column(cohort, f"cqc_ratings{when}", "overall_rating")
    rating = first.where(first.notna(), column(cohort, f"cqc_directory{when}", "overall_rating"))
    return rating.astype(pd.CategoricalDtype(list(RATINGS), ordered=True))
