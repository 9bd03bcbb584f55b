"""Take one column of one source for every practice asked."""

from __future__ import annotations

import pandas as pd

from resilience_stats.cohort import Cohort


def column(cohort: Cohort, table: str, name: str) -> pd.Series:
    """Return a column of a source for every practice asked, missing where the study has no such source."""
    source = cohort.tables.get(table)
    if source is None or name not in source:
        return pd.Series([None] * len(cohort.practices), index=cohort.practices.index, dtype=object)
    return source[name].reindex(cohort.practices.index)
