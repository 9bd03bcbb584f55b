"""What came after the census: the first version, the window, and files that do not reach far enough."""

from __future__ import annotations

import pandas as pd
import pytest

from resilience_stats.cohort.later import codes_after, codes_before, version_after, window_end
from resilience_stats.cohort.lineage import build_lineage
from resilience_stats.cohort.public import FOLLOWING, RATED_AFTER, join_period_table, join_ratings
from resilience_stats.cohort.reading import Table

DAY = pd.Timestamp
CENSUS = DAY("2019-11-30")
PLAIN = build_lineage(None, CENSUS)
ASKED = pd.Index(["A1", "B1", "C1"], name="practice_code")


def table(name: str, files: str | list[str], **columns: list[object]) -> Table:
    frame = pd.DataFrame(columns).assign(source_file=files)
    return Table(name=name, frame=frame, accounts=(), sources=(), set_aside=pd.DataFrame())


def survey() -> Table:
    files = ["GPPS_2019.csv"] * 3 + ["GPPS_2020.csv"] * 3 + ["GPPS_2021.csv"]
    codes = ["A1", "B1", "Z1", "A1", "Z1", "C1", "A1"]
    return table("gpps", files, practice_code=codes, overall_good=[0.9, 0.8, 0.1, 0.7, 0.2, 0.6, 0.5])


def test_the_first_survey_after_the_census_stands_apart() -> None:
    got = join_period_table(survey(), PLAIN, ASKED, {})
    assert got.tables["gpps"]["overall_good"].to_dict() == {"A1": 0.9, "B1": 0.8}
    later = got.tables["gpps_later"]
    assert later["overall_good"].to_dict() == {"A1": 0.7, "C1": 0.6}
    assert set(later["asof"]) == {DAY("2020-03-31")}
    # The lag table is of what a model may know.
    assert [lag["table"] for lag in got.lags] == ["gpps"]


def test_everyone_is_every_practice_of_the_file() -> None:
    got = join_period_table(survey(), PLAIN, ASKED, {})
    assert got.everyone["gpps"]["overall_good"].to_dict() == {"A1": 0.9, "B1": 0.8, "Z1": 0.1}
    assert got.everyone["gpps_later"].index.tolist() == ["A1", "Z1", "C1"]


def test_a_version_beyond_the_window_is_no_version() -> None:
    dates = pd.Series([DAY("2019-11-30"), DAY("2021-11-30"), DAY("2021-12-01")])
    assert version_after(dates, CENSUS) == window_end(CENSUS) == DAY("2021-11-30")
    assert pd.isna(version_after(dates[[0, 2]], CENSUS))


def test_of_later_ratings_the_first_counts_and_on_one_day_the_lower() -> None:
    columns = {
        "practice_code": ["A1", "A1", "A1", "B1", "B1"],
        "overall_rating": ["Good", "Requires improvement", "Inadequate", "Good", "Outstanding"],
        "publication_date": pd.to_datetime(["2018-01-01", "2020-02-01", "2021-02-01", "2020-05-01", "2020-05-01"]),
    }
    got = join_ratings(table("cqc_directory", "HSCA_2021-12.xlsx", **columns), PLAIN, ASKED, {})
    assert got.tables["cqc_directory"]["overall_rating"].to_dict() == {"A1": "Good"}
    assert got.tables["cqc_directory_later"]["overall_rating"].to_dict() == {"A1": "Requires improvement", "B1": "Good"}
    assert got.fates.tolist()[1:] == [RATED_AFTER, FOLLOWING, RATED_AFTER, FOLLOWING]


def lineage(file: str, *events: tuple[str, str, str, str]) -> dict[str, Table]:
    old, new, event, day = (list(c) for c in zip(*events, strict=True))
    columns = {"old_code": old, "new_code": new, "event": event, "event_date": pd.to_datetime(day)}
    return {"lineage": table("lineage", file, **columns)}


def test_codes_that_end_within_the_window_are_gone() -> None:
    tables = lineage(
        "lineage_2022-01.csv",
        ("A1", "Z1", "merge", "2020-06-01"),
        ("B1", "B1", "takeover", "2020-07-01"),
        ("C1", "", "closure", "2021-12-24"),
    )
    got = codes_after(tables, ASKED, CENSUS)
    assert got is not None
    assert got["gone"].tolist() == [True, False, False]
    assert got.at["A1", "event"] == "merge"
    assert set(got["asof"]) == {DAY("2021-11-30")}


def test_files_that_end_too_early_say_nothing() -> None:
    tables = lineage("lineage.csv", ("A1", "Z1", "merge", "2020-06-01"))
    assert codes_after(tables, ASKED, CENSUS) is None
    assert codes_after({}, ASKED, CENSUS) is None


def test_the_register_of_codes_tells_what_the_lmc_does_not() -> None:
    register = table(
        "ods_practices",
        "epraccur.csv",
        practice_code=["A1", "B1", "Y1"],
        open_date=pd.to_datetime(["1974-04-01", "1974-04-01", "2021-12-01"]),
        close_date=pd.to_datetime([None, "2021-03-31", None]),
    )
    got = codes_after({"ods_practices": register}, ASKED, CENSUS)
    assert got is not None
    assert got["gone"].tolist() == [False, True, False]
    assert got.at["B1", "event"] == "ended"
    both = codes_after(
        {"ods_practices": register, **lineage("l.csv", ("B1", "A1", "merge", "2021-03-01"))}, ASKED, CENSUS
    )
    assert both is not None
    assert both.at["B1", "event"] == "merge"


@pytest.mark.parametrize(("day", "changed"), [("2018-06-01", ["A1"]), ("2017-06-01", []), ("2020-06-01", [])])
def test_the_heir_of_a_recent_merger_has_changed(day: str, changed: list[str]) -> None:
    got = codes_before(lineage("l.csv", ("Z1", "A1", "merge", day), ("Y1", "", "closure", day)), ASKED, CENSUS)
    assert got is not None
    assert got.index.tolist() == changed
    assert codes_before({}, ASKED, CENSUS) is None
