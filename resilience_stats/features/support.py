"""Who was supported by which programme by the census date."""

from __future__ import annotations

import pandas as pd

from resilience_stats.cohort import Cohort

#: Of several programmes the first of these names the practice: struggling and resilient practices are never pooled.
PRECEDENCE = ("GPRP", "GPDP", "Business Fundamentals", "mentoring")
NOT_BEGUN = ("offered", "declined", "accepted")
#: Outcomes with which a practice has left special measures.
OUT_OF_SPECIAL_MEASURES = (
    "reinspected_good",
    "reinspected_requires_improvement",
    "emergency_closure",
    "closed_with_notice",
)


def in_programme(cohort: Cohort, programme: str) -> pd.Series:
    """Return whether support under a programme had begun by the census date."""
    rows = cohort.programmes
    if rows.empty:
        return pd.Series(False, index=cohort.practices.index, dtype="boolean")
    census = pd.Timestamp(cohort.study.census_date)
    begun = ~rows["status"].isin(NOT_BEGUN) & ~(rows["started_on"] > census)
    codes = rows.loc[begun & rows["programme"].eq(programme), "practice_code"]
    return pd.Series(cohort.practices.index.isin(codes), index=cohort.practices.index, dtype="boolean")


def in_gprp(cohort: Cohort) -> pd.Series:
    """Return whether GPRP had begun to support the practice."""
    return in_programme(cohort, "GPRP")


def in_gpdp(cohort: Cohort) -> pd.Series:
    """Return whether GPDP had begun to support the practice."""
    return in_programme(cohort, "GPDP")


def programme(cohort: Cohort) -> pd.Series:
    """Return the programme that supports the practice, GPRP before GPDP before the others; ``none`` where none does."""
    out = pd.Series("none", index=cohort.practices.index, dtype=object)
    for name in reversed(PRECEDENCE):
        out[in_programme(cohort, name).to_numpy(dtype=bool)] = name
    return out


def in_special_measures(cohort: Cohort) -> pd.Series:
    """Return whether the practice was in special measures on the census date."""
    rows = cohort.special_measures
    if rows.empty:
        return pd.Series(False, index=cohort.practices.index, dtype="boolean")
    census = pd.Timestamp(cohort.study.census_date)
    left = rows["outcome"].isin(OUT_OF_SPECIAL_MEASURES) & ~(rows["reinspected_on"] > census)
    codes = rows.loc[rows["entered_on"].le(census) & ~left, "practice_code"]
    return pd.Series(cohort.practices.index.isin(codes), index=cohort.practices.index, dtype="boolean")
