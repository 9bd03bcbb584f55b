"""Several responses from one practice: which one speaks for it, by a rule that has a name."""

from __future__ import annotations

import pandas as pd

from resilience_stats.cohort.lineage import OWN
from resilience_stats.schema import Instrument

RULE = (
    "of several responses of one practice in one wave: its own code before an inherited one, "
    "then one with enough answers, then the latest"
)


def answered_share(responses: pd.DataFrame, instrument: Instrument) -> pd.Series:
    """Return for each response the share of the items put to it that it answers.

    Examples
    --------
    >>> from resilience_stats.schema import load_instrument
    >>> phq = load_instrument("phq")
    >>> row = {i: [4] for i in phq.item_ids} | {f"{i}_missing": [None] for i in phq.item_ids}
    >>> answered_share(pd.DataFrame(row), phq).tolist()
    [1.0]
    """
    items = [i for i in instrument.item_ids if i in responses]
    asked = pd.DataFrame(
        {i: responses[f"{i}_missing"].ne("not_asked").fillna(True) for i in items if f"{i}_missing" in responses},
        index=responses.index,
    ).sum(axis=1)
    return responses[items].notna().sum(axis=1) / asked.where(asked > 0)


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
        Needs ``practice_code, wave, link, completed_at, response_id`` and the items.
    instrument : Instrument
        Its ``minimum_answered_share`` says what is enough.

    Returns
    -------
    pandas.Series of bool
        With the index of `responses`.
    """
    enough = answered_share(responses, instrument) >= instrument.scoring["minimum_answered_share"]
    ranked = pd.DataFrame(
        {
            "practice_code": responses["practice_code"],
            "wave": responses["wave"],
            "own": responses["link"].eq(OWN),
            "enough": enough,
            "completed_at": responses["completed_at"],
            "response_id": responses["response_id"].astype(str),
        }
    ).sort_values(["own", "enough", "completed_at", "response_id"], kind="stable", na_position="first")
    last = ~ranked.duplicated(["practice_code", "wave"], keep="last")
    return last.reindex(responses.index)
