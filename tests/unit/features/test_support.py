from __future__ import annotations

import pandas as pd

from resilience_stats.features import support

DAY = pd.Timestamp


def rows(*spells: tuple[str, str, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(spells, columns=["practice_code", "programme", "status", "started_on"])
    return frame.assign(started_on=pd.to_datetime(frame["started_on"]))


def test_support_counts_once_begun_by_the_census_date(make_cohort) -> None:
    cohort = make_cohort(
        programmes=rows(
            ("A81001", "GPRP", "completed", "2018-05-01"),
            ("A81002", "GPRP", "declined", None),
            ("A81003", "GPRP", "active", "2020-01-15"),
            ("A81003", "GPDP", "withdrawn", "2019-01-15"),
            ("A81001", "mentoring", "active", "2019-01-15"),
        )
    )
    assert support.in_gprp(cohort).tolist() == [True, False, False]
    assert support.in_gpdp(cohort).tolist() == [False, False, True]
    assert support.programme(cohort).tolist() == ["GPRP", "none", "GPDP"]


def test_without_programmes_nobody_is_supported(make_cohort) -> None:
    cohort = make_cohort()
    assert support.in_gprp(cohort).tolist() == [False] * 3
    assert support.programme(cohort).tolist() == ["none"] * 3
    assert support.in_special_measures(cohort).tolist() == [False] * 3


def test_special_measures_end_with_an_outcome_by_the_census_date(make_cohort) -> None:
    special = pd.DataFrame(
        {
            "practice_code": ["A81001", "A81002", "A81003"],
            "entered_on": pd.to_datetime(["2019-01-01", "2019-01-01", "2019-06-01"]),
            "reinspected_on": pd.to_datetime(["2019-07-01", "2019-07-01", None]),
            "outcome": ["reinspected_good", "reinspected_inadequate_stays", "awaiting_reinspection"],
        }
    )
    assert support.in_special_measures(make_cohort(special_measures=special)).tolist() == [False, True, True]
