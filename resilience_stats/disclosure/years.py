"""Rows of an earlier year's release, as this year's policy would have let them leave."""

from __future__ import annotations

import pandas as pd

from resilience_stats.disclosure.apply import apply_policy
from resilience_stats.disclosure.policy import Policy
from resilience_stats.disclosure.statistics import statistics
from resilience_stats.results.rows import INNER_COLUMNS


def released_again(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Return the rows of another year's `results.csv` that may stand in a report under a policy.

    Parameters
    ----------
    rows : pandas.DataFrame
        All rows of that year, as `read_results` gives them: what one of its tables hid, another must not show.
    policy : Policy

    Notes
    -----
    Whatever edition the file is of, a reader may hold that year's report in this policy's edition too; with what that
    one withheld printed here, it could be worked out there. Statistics that are no longer known are left out.

    Examples
    --------
    >>> from resilience_stats.results.rows import make_rows
    >>> internal = make_rows("a", "b", group=["N", "S", "All"], term="Responded", value=[3, 29, 32])
    >>> released_again(internal, Policy.preset("board"))["value"].tolist()
    [nan, nan, 32.0]
    """
    known = rows[rows["statistic"].isin(set(statistics()))]
    return apply_policy(known.drop(columns=[c for c in INNER_COLUMNS if c in known]), policy).rows
