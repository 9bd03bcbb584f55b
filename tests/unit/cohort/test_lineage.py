"""What a code is called on the census date."""

from __future__ import annotations

import pandas as pd
import pytest

from resilience_stats.cohort.lineage import (
    CARRIED,
    CLOSED,
    OWN,
    SPLIT,
    build_lineage,
    carry_code,
    carry_codes,
    log_links,
)
from resilience_stats.errors import DataError

CENSUS = pd.Timestamp("2019-11-30")
EARLY, LATE = pd.Timestamp("2018-11-30"), pd.Timestamp("2019-11-15")


def lineage(*events: tuple[str, str | None, str, str]):
    table = pd.DataFrame(events, columns=["old_code", "new_code", "event", "event_date"])
    return build_lineage(table.assign(event_date=pd.to_datetime(table["event_date"])), CENSUS)


def test_a_code_without_events_is_its_own() -> None:
    assert carry_code(lineage(("A1", "B1", "merge", "2019-04-01")), "C1", EARLY) == ("C1", OWN)
    assert carry_code(build_lineage(None, CENSUS), "C1", EARLY) == ("C1", OWN)


def test_a_merger_carries_a_record_from_before_it_and_one_written_late_out_of_habit() -> None:
    book = lineage(("A1", "B1", "merge", "2019-04-01"))
    assert carry_code(book, "A1", EARLY) == ("B1", CARRIED)
    assert carry_code(book, "A1", LATE) == ("B1", CARRIED)
    assert carry_code(book, "A1", pd.NaT) == ("B1", CARRIED)
    assert carry_code(book, "B1", EARLY) == ("B1", OWN)


def test_chains_are_followed_in_any_order_of_dates() -> None:
    book = lineage(("A1", "B1", "merge", "2019-04-01"), ("B1", "C1", "takeover", "2019-08-01"))
    assert carry_code(book, "A1", EARLY) == ("C1", CARRIED)
    # B1 was gone when A1 was written down as merging into it: the heir is the heir's heir.
    book = lineage(("A1", "B1", "merge", "2019-08-01"), ("B1", "C1", "takeover", "2019-04-01"))
    assert carry_code(book, "A1", EARLY) == ("C1", CARRIED)


def test_a_closure_ends_a_code_and_what_was_merged_into_it() -> None:
    book = lineage(("A1", "B1", "merge", "2019-04-01"), ("B1", None, "closure", "2019-09-01"))
    assert carry_code(book, "B1", EARLY) == ("B1", CLOSED)
    assert carry_code(book, "A1", EARLY) == ("B1", CLOSED)


def test_a_split_cannot_be_linked_even_by_the_part_that_kept_the_code() -> None:
    book = lineage(("A1", "A1", "split", "2019-04-01"), ("A1", "B1", "split", "2019-04-01"))
    assert carry_code(book, "A1", EARLY) == ("A1", SPLIT)
    assert carry_code(book, "A1", LATE) == ("A1", OWN)
    assert carry_code(book, "B1", EARLY) == ("B1", OWN)
    gone = lineage(("A1", "B1", "split", "2019-04-01"), ("A1", "C1", "split", "2019-04-01"))
    assert carry_code(gone, "A1", LATE) == ("A1", SPLIT)


def test_events_after_the_census_have_not_happened() -> None:
    book = lineage(("A1", "B1", "merge", "2019-12-01"))
    assert carry_code(book, "A1", EARLY) == ("A1", OWN)
    assert book.later == 1
    on_the_day = lineage(("A1", "B1", "merge", "2019-11-30"))
    assert carry_code(on_the_day, "A1", EARLY) == ("B1", CARRIED)


def test_a_code_that_vanished_and_was_given_out_again_is_itself() -> None:
    book = lineage(("A1", "B1", "merge", "2017-04-01"), ("B1", "A1", "takeover", "2019-04-01"))
    assert carry_code(book, "B1", EARLY) == ("A1", CARRIED)
    assert carry_code(book, "A1", pd.Timestamp("2016-01-01")) == ("A1", CARRIED)


def test_two_codes_cannot_succeed_each_other_on_one_day() -> None:
    with pytest.raises(DataError, match="succeed each other on one day"):
        lineage(("A1", "B1", "merge", "2019-04-01"), ("B1", "A1", "merge", "2019-04-01"))


def test_many_records_are_carried_and_logged() -> None:
    book = lineage(("A1", "B1", "merge", "2019-04-01"), ("C1", None, "closure", "2019-04-01"))
    codes = pd.Series(["A1", "A1", "B1", "C1"], index=[10, 11, 12, 13])
    carried = carry_codes(book, codes, pd.Series([EARLY] * 4, index=codes.index))
    assert carried["practice_code"].tolist() == ["B1", "B1", "B1", "C1"]
    assert carried["link"].tolist() == [CARRIED, CARRIED, OWN, CLOSED]
    log = log_links(book, "phq", codes, carried).set_index("old_code")
    assert log.loc["A1", ["new_code", "event", "rows"]].tolist() == ["B1", "merge", 2]
    assert pd.isna(log.loc["C1", "new_code"])
    assert log.loc["C1", "outcome"] == CLOSED
