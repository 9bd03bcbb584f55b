"""Lineage from several tables: the LMC's own first, then what researchers have published."""

from __future__ import annotations

import pandas as pd

from resilience_stats.cohort.accounts import JOINED
from resilience_stats.cohort.codes_gone import (
    BEFORE,
    CLOSED_UNDATED,
    HEIR_UNKNOWN,
    LATER,
    TOLD_ELSEWHERE,
    UNDATED,
    read_codes_gone,
)
from resilience_stats.cohort.lineage import CARRIED, CLOSED, OWN, SPLIT
from resilience_stats.cohort.linking import NO_PRACTICE, RATINGS, audit_ratings, link_records
from resilience_stats.cohort.reading import Table

CENSUS = pd.Timestamp("2019-11-30")
EVENTS = ["old_code", "new_code", "event", "event_date"]


def table(name: str, frame: pd.DataFrame) -> Table:
    return Table(name=name, frame=frame, accounts=(), sources=(), set_aside=pd.DataFrame())


def events(name: str, *rows: tuple[str, str | None, str, str | None]) -> Table:
    frame = pd.DataFrame(rows, columns=EVENTS)
    return table(name, frame.assign(event_date=pd.to_datetime(frame["event_date"])))


TABLES = {
    "lineage": events("lineage", ("A1", "B1", "takeover", "2018-04-01")),
    "merger_lookup": events(
        "merger_lookup",
        ("A1", "Z9", "merge", "2017-01-01"),
        ("C1", "B1", "merge", "2016-10-01"),
        ("D1", "B1", "merge", "2020-02-01"),
        ("E1", "B1", "merge", None),
    ),
    "closures": table(
        "closures",
        pd.DataFrame(
            {"practice_code": ["C1", "F1", "G1", "H1"], "fate": ["merged", "closed", "closed", "merged"]},
        ),
    ),
    "ods_practices": table(
        "ods_practices",
        pd.DataFrame({"practice_code": ["F1", "B1"], "close_date": pd.to_datetime(["2019-03-31", None])}),
    ),
}


def test_the_own_table_goes_first_and_each_row_has_a_fate() -> None:
    gone = read_codes_gone(TABLES, CENSUS)
    assert gone.fates["lineage"].tolist() == [BEFORE]
    assert gone.fates["merger_lookup"].tolist() == [TOLD_ELSEWHERE, BEFORE, LATER, UNDATED]
    assert gone.fates["closures"].tolist() == [TOLD_ELSEWHERE, BEFORE, UNDATED, UNDATED]
    assert gone.lineage.vanished == {"G1": CLOSED_UNDATED, "H1": HEIR_UNKNOWN}
    assert gone.lineage.later == 1
    assert len(gone.notes) == 2


def test_records_are_linked_or_named_as_unlinkable() -> None:
    gone = read_codes_gone(TABLES, CENSUS)
    written = ["A1", "B1", "C1", "F1", "G1", "H1", "X1"]
    frame = pd.DataFrame({"practice_code": written, "day": pd.Timestamp("2015-11-01")})
    linked = link_records("phq", frame, gone.lineage, pd.Index(["B1"]), date="day")
    want = [JOINED, JOINED, JOINED, CLOSED, CLOSED_UNDATED, HEIR_UNKNOWN, NO_PRACTICE]
    assert linked.fates.tolist() == want
    assert linked.frame["practice_code"].tolist()[:3] == ["B1", "B1", "B1"]
    log = linked.log.set_index("old_code")
    assert log.loc["H1", ["event", "outcome"]].tolist() == ["not known", HEIR_UNKNOWN]
    # A practice that was asked under its code is there, whatever a list says.
    asked = link_records("phq", frame, gone.lineage, pd.Index(["B1", "G1"]), date="day")
    assert asked.fates[4] == JOINED


def test_answers_before_a_merger_and_a_rating_after_it_are_counted() -> None:
    responses = pd.DataFrame(
        {"practice_code": ["B1", "K1", "L1", "M1"], "link": [CARRIED, OWN, OWN, OWN]}, index=[3, 5, 7, 9]
    )
    rated = pd.DataFrame({"link": [OWN, OWN, CARRIED]}, index=["B1", "K1", "L1"])
    reasons = pd.Series({"B1": "", "K1": "", "L1": "", "M1": "not in the file"})
    rows = audit_ratings("cqc_directory", responses, pd.Series([CLOSED, SPLIT, SPLIT]), rated, reasons)
    got = {r["reason"]: (r["matched"], r["unmatched"]) for r in rows}
    assert got == {"": (1, 0), CARRIED: (2, 0), CLOSED: (0, 1), SPLIT: (0, 2), "not in the file": (0, 1)}
    assert {r["stage"] for r in rows} == {RATINGS}
    assert {r["rows"] for r in rows} == {7}
    assert sum(r["matched"] + r["unmatched"] for r in rows) == 7


def test_without_any_table_codes_are_their_own() -> None:
    gone = read_codes_gone({}, CENSUS)
    assert gone.lineage.events == {}
    assert gone.fates == {}
