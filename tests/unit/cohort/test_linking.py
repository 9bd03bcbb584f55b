from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience_stats.cohort.accounts import JOINED
from resilience_stats.cohort.lineage import CARRIED, CLOSED, OWN, build_lineage
from resilience_stats.cohort.linking import (
    AFTER,
    NO_PRACTICE,
    audit_records,
    audit_stage,
    combine_records,
    link_records,
    reasons_without_record,
)

CENSUS = pd.Timestamp("2019-11-30")
EARLY = pd.Timestamp("2018-01-01")
LINEAGE = build_lineage(
    pd.DataFrame(
        {
            "old_code": ["A1", "D1"],
            "new_code": ["B1", None],
            "event": ["merge", "closure"],
            "event_date": pd.to_datetime(["2019-04-01", "2019-04-01"]),
        }
    ),
    CENSUS,
)


def test_each_record_has_one_fate_and_the_audit_adds_up() -> None:
    frame = pd.DataFrame(
        {
            "practice_code": ["A1", "B1", "C1", "D1", "B1", "B1"],
            "on": [EARLY, EARLY, EARLY, EARLY, pd.Timestamp("2019-12-01"), pd.Timestamp("2019-11-30 18:00")],
        }
    )
    linked = link_records("t", frame, LINEAGE, pd.Index(["B1"]), date="on")
    assert linked.fates.tolist() == [JOINED, JOINED, NO_PRACTICE, CLOSED, AFTER, JOINED]
    assert linked.frame["practice_code"].tolist()[:2] == ["B1", "B1"]
    assert linked.frame["written_code"].tolist() == frame["practice_code"].tolist()
    audit = pd.DataFrame(audit_records("t", linked))
    for _, stage in audit.groupby("stage"):
        assert stage["matched"].sum() + stage["unmatched"].sum() == stage["rows"].iloc[0]
    links = audit[audit["stage"] == "code through lineage"].set_index("reason")["matched"]
    assert links[OWN] == 2
    assert links[CARRIED] == 1


def test_amounts_of_merged_practices_add_up_and_the_rest_is_the_own() -> None:
    frame = pd.DataFrame(
        {
            "practice_code": ["B1", "B1", "C1", "E1", "E1"],
            "link": [CARRIED, OWN, OWN, CARRIED, CARRIED],
            "patients": [3000, 8000, 5000, 1000, 2000],
            "gp_fte": [1.5, np.nan, 2.5, 0.5, 1.0],
            "contract": ["PMS", "GMS", "GMS", "GMS", "APMS"],
        }
    )
    got = combine_records(frame, ("patients", "gp_fte"))
    assert got["patients"].to_dict() == {"B1": 11000, "C1": 5000, "E1": 3000}
    # Half a merged practice is not the practice.
    assert np.isnan(got.at["B1", "gp_fte"])
    assert got.at["E1", "gp_fte"] == pytest.approx(1.5)
    # The own record speaks; without one, that of the larger predecessor.
    assert got["contract"].to_dict() == {"B1": "GMS", "C1": "GMS", "E1": "APMS"}
    assert got["records"].to_dict() == {"B1": 2, "C1": 1, "E1": 2}


def test_without_amounts_the_own_record_stands_alone() -> None:
    frame = pd.DataFrame({"practice_code": ["B1", "B1"], "link": [CARRIED, OWN], "imd": [10.0, 30.0]})
    assert combine_records(frame, ())["imd"].tolist() == [30.0]


def test_the_first_reason_that_names_a_practice_counts() -> None:
    asked = pd.Index(["A1", "B1", "C1", "D1"])
    hints = {"closed": pd.Index(["B1"]), "branch": pd.Index(["B1", "C1", "A1"])}
    assert reasons_without_record(asked, pd.Index(["A1"]), hints).tolist() == [
        "",
        "closed",
        "branch",
        "not in the file",
    ]


def test_a_stage_without_rows_is_a_stage() -> None:
    (row,) = audit_stage("t", "s", pd.Series([], dtype=object))
    assert (row["rows"], row["matched"], row["unmatched"]) == (0, 0, 0)
