from __future__ import annotations

import pandas as pd
import pytest

from resilience_stats.cohort.asof import add_dates, lag_row, version_a_year_before, version_before
from resilience_stats.cohort.filenames import date_in_name
from resilience_stats.cohort.reading import Table

DAY = pd.Timestamp


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("gp-reg-pat-prac-all_2018-11.csv", "2018-11-01"),
        ("gp-reg-pat-prac-all-nov-18.csv", None),
        ("gp-reg-pat-prac-all-jan2026.csv", "2026-01-01"),
        ("nhspaymentsgp-18-19.csv", "2019-03-31"),
        ("nhspaymentsgp-2018-19.csv", "2019-03-31"),
        ("practice_level_2022-23.csv", "2023-03-31"),
        ("practice_level_2019-09.csv", "2019-09-01"),
        ("GPWPracticeCSV.092019.csv", "2019-09-01"),
        ("3 General Practice – September 2019 Practice Level.csv", "2019-09-01"),
        ("02_December_2019_Latest_ratings.ods", "2019-12-02"),
        ("01_10_2019_latest.csv", "2019-10-01"),
        ("payments_20-22.csv", None),
        ("epraccur.csv", None),
        ("fingertips_93553_imd2019_gp.csv", None),
    ],
)
def test_the_day_in_a_files_name(name: str, day: str | None) -> None:
    got = date_in_name(name)
    assert pd.isna(got) if day is None else got == DAY(day)


def test_the_version_nearest_before_the_census() -> None:
    dates = pd.Series(pd.to_datetime(["2018-11-01", "2019-11-01", "2019-12-01", None]))
    assert version_before(dates, DAY("2019-11-30")) == DAY("2019-11-01")
    assert version_before(dates, DAY("2019-12-01")) == DAY("2019-12-01")
    assert pd.isna(version_before(dates, DAY("2018-01-01")))


def test_a_year_before_is_a_year_before_give_or_take_a_month_and_a_half() -> None:
    dates = pd.Series(pd.to_datetime(["2018-09-01", "2018-10-01", "2018-12-01", "2019-11-01"]))
    assert version_a_year_before(dates, DAY("2019-11-01")) == DAY("2018-12-01")
    assert pd.isna(version_a_year_before(dates.iloc[[0, 3]], DAY("2019-11-01")))
    assert pd.isna(version_a_year_before(dates, pd.NaT))


def test_rows_are_dated_by_their_column_else_by_their_file() -> None:
    frame = pd.DataFrame({"time_period": ["2019", "2015", "2017", None], "source_file": "x_2021-02.csv"})
    table = Table(name="deprivation", frame=frame, accounts=(), sources=(), set_aside=pd.DataFrame())
    # A deprivation index holds from the day of its release, another year until its end.
    days = add_dates(table, "time_period")["asof"].tolist()
    assert days[:3] == [DAY("2019-09-26"), DAY("2015-09-30"), DAY("2017-12-31")]
    assert pd.isna(days[3])
    assert add_dates(table, None)["asof"].unique().tolist() == [DAY("2021-02-01")]


def test_a_source_younger_than_the_outcome_has_a_negative_lag() -> None:
    assert lag_row("t", DAY("2019-12-02"), DAY("2019-11-30"))["lag_days"] == -2
    assert lag_row("t", pd.NaT, DAY("2019-11-30"))["lag_days"] is None
