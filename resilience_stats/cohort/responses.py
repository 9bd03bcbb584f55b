"""Several responses from one practice: which one speaks for it, by a rule that has a name."""

from __future__ import annotations

import pandas as pd

from resilience_stats.cohort.lineage import OWN
from resilience_stats.loaders import one_response_per_practice
from resilience_stats.schema import Instrument

RULE = (
    "of several responses of one practice in one wave: its own code before an inherited one, "
    "then the most complete, of equals the latest"
)


def no_responses(instrument: Instrument) -> pd.DataFrame:
    """Return a table of responses with all its columns and no rows."""
    about = ["response_id", "practice_code", "practice_name", "respondent_role", "started_at", "completed_at", "wave"]
    items = [column for i in instrument.item_ids for column in (i, f"{i}_missing")]
    return pd.DataFrame(columns=[*about, *items, "written_code", "link"], dtype=object)


def choose_responses(responses: pd.DataFrame, instrument: Instrument) -> pd.Series:
    """Return which responses speak for their practice: one per practice and wave, by `RULE`.

    Parameters
    ----------
    responses : pandas.DataFrame
        Needs ``practice_code, wave, link, completed_at, response_id`` and the items; a distinct index.
    instrument : Instrument

    Returns
    -------
    pandas.Series of bool
        With the index of `responses`.
    """
    own = responses["link"].eq(OWN)
    has_own = own.groupby([responses["practice_code"], responses["wave"]]).transform("any")
    # In order of their numbers, so that a tie does not depend on the order of the rows.
    candidates = responses[own | ~has_own].sort_values("response_id", key=lambda c: c.astype(str))
    used, _ = one_response_per_practice(candidates, instrument)
    return pd.Series(responses.index.isin(used.index), index=responses.index)
