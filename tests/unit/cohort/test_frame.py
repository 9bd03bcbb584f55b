from __future__ import annotations

import pandas as pd
import pytest

from resilience_stats.cohort.accounts import JOINED
from resilience_stats.cohort.frame import ASKED_LATER, BECAME_ONE, NOT_ASKED, build_frame
from resilience_stats.cohort.lineage import build_lineage
from resilience_stats.errors import DataError

CENSUS = pd.Timestamp("2019-11-30")


def register(*rows: tuple[str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["practice_code", "invited_on"])
    frame["invited_on"] = pd.to_datetime(frame["invited_on"])
    return frame.assign(practice_name="P", place="North", contract_type="GMS")


def test_only_who_was_asked_by_the_census_is_in_the_frame() -> None:
    practices, linked = build_frame(
        register(("A1", "2019-10-01"), ("B1", None), ("C1", "2019-12-01")), build_lineage(None, CENSUS)
    )
    assert practices.index.tolist() == ["A1"]
    assert linked.fates.tolist() == [JOINED, NOT_ASKED, ASKED_LATER]


def test_practices_that_became_one_since_they_were_asked_are_one() -> None:
    events = pd.DataFrame(
        {
            "old_code": ["A1", "C1", "D1"],
            "new_code": ["B1", "E1", None],
            "event": ["merge", "takeover", "closure"],
            "event_date": pd.to_datetime(["2019-11-01"] * 3),
        }
    )
    asked = register(*((code, "2019-10-01") for code in ("A1", "B1", "C1", "D1")))
    practices, linked = build_frame(asked, build_lineage(events, CENSUS))
    # A1 went into B1, which was asked too; C1 stands under its heir; D1 closed and stays a practice that was asked.
    assert practices.index.tolist() == ["B1", "D1", "E1"]
    assert practices["written_code"].to_dict() == {"B1": "B1", "D1": "D1", "E1": "C1"}
    assert linked.fates.tolist() == [BECAME_ONE, JOINED, JOINED, JOINED]


def test_nobody_asked_is_an_error() -> None:
    with pytest.raises(DataError, match="no practice was asked"):
        build_frame(register(("A1", None)), build_lineage(None, CENSUS))
