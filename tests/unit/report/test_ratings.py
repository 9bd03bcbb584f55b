"""Ratings by era, what local events carry, the national model: rows, and sentences that follow them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.disclosure import DisclosedFrame, apply_policy
from resilience_stats.report.rows import ratings as rows
from resilience_stats.report.rows.outcomes import local_budget_rows
from resilience_stats.report.sentences_ratings import (
    era_sentences,
    local_budget_sentences,
    local_calibration_sentences,
    national_model_sentences,
    nobody_should_conclude,
    published_outcome_sentences,
)
from resilience_stats.results.rows import combine_rows, make_rows

CHAPTER = "special_measures"
_LATER = {True: "Requires improvement", False: "Good"}


def study(n: int, worse: int, day: str | None, entered: int = 2) -> tuple[Any, Any]:
    codes = pd.Index([f"A{k:05d}" for k in range(n)], name="practice_code")
    frame = pd.DataFrame({
        "cqc_rating": ["Inadequate" if k < min(worse, 1) else _LATER[k < worse] for k in range(n)],
        "cqc_requires_improvement_or_worse": pd.array([k < worse for k in range(n)], dtype="boolean"),
        "log_list_size": 9.0, "imd_score": 20.0, "gp_fte_per_1000": 0.4, "single_handed": False, "rurality": "Urban",
        "payments_per_weighted_patient": 130.0,
    }, index=codes)  # fmt: skip
    tables = (
        {} if day is None else {"cqc_directory": pd.DataFrame({"publication_date": pd.Timestamp(day)}, index=codes)}
    )
    register = pd.DataFrame({"practice_code": codes[:entered]})
    return SimpleNamespace(tables=tables, special_measures=register), SimpleNamespace(frame=frame)


def release(*frames: pd.DataFrame) -> DisclosedFrame:
    return apply_policy(combine_rows(frames), "board")


def test_old_ratings_that_stand_are_hardly_ever_poor() -> None:
    released = release(rows.era_rows())
    shares = released.select(output="eras_share").rows.query("term == 'Requires improvement or worse'")["value"]
    assert shares.iloc[0] < 0.01 < 0.1 < shares.iloc[-1]
    held = rows.era_rows().query("output == 'eras_share'").groupby("group", sort=False)["value"].sum()
    assert held.astype(float).to_numpy() == pytest.approx(1.0)
    assert "October 2014 to March 2018" in era_sentences(released)[0]
    assert era_sentences(release(make_rows(CHAPTER, "eras_share", statistic="published_share", value=0.5, n=100))) == []


def test_the_budget_says_what_the_events_carry() -> None:
    none = local_budget_sentences(release(local_budget_rows(*study(197, 4, None))))
    assert len(none) == 1
    assert "no parameter at all for “Entered special measures” and “Rated requires improvement or worse”" in none[0]
    one = local_budget_sentences(release(local_budget_rows(*study(197, 15, None, entered=30))))
    assert one == ["It carries 1 parameter at most for “Entered special measures” and “Rated requires improvement or "
                   "worse”."]  # fmt: skip
    two = local_budget_sentences(release(local_budget_rows(*study(197, 60, None))))
    assert "2 parameters at most" in two[1]


def test_few_events_are_withheld_and_the_verdict_is_not_spoilt_by_it() -> None:
    released = release(local_budget_rows(*study(197, 15, None)))
    events = released.select(output="local_budget", statistic="events").rows
    assert events["disclosure"].tolist()[0] == "[c]"
    assert "no parameter" in local_budget_sentences(released)[0]


def test_the_national_model_is_told_with_its_interval() -> None:
    released = release(rows.national_model_rows(), rows.national_calibration_rows())
    said = national_model_sentences(released)
    assert "0.61" in said[0]
    assert "0.57 to 0.66" in said[0]
    assert (released.select(output="national_model").rows["disclosure"] == "").all()
    few = rows.national_model_rows()
    few.loc[few["statistic"] == "p_value", "value"] = 0.4
    assert len(national_model_sentences(release(few))) == 1 < len(said)


def test_it_is_not_applied_to_ratings_of_other_years() -> None:
    for day in (None, "2018-05-01"):
        made = rows.local_calibration_rows(*study(197, 15, day))
        assert made.empty
        assert "not applied" in local_calibration_sentences(release(made, make_rows(CHAPTER, "x", value=9)))[0]


def test_expected_and_observed_stand_side_by_side() -> None:
    made = rows.local_calibration_rows(*study(197, 60, "2025-03-01"))
    at = made.set_index("statistic")
    assert at.loc["events", "value"] == 60
    assert at.loc["calibration_intercept", "conf_low"] > 0  # 60 of 197 is far above what the model expects
    said = local_calibration_sentences(release(made))
    assert "30.5%" in said[0]
    assert "more than chance allows" in said[1]


def test_the_verdict_on_local_calibration_follows_its_interval() -> None:
    made = rows.local_calibration_rows(*study(197, 60, "2025-03-01"))
    for low, high, word in ((0.9, 1.3, "which chance allows"), (0.4, 0.8, "fewer than chance")):
        ratio = made["statistic"] == "observed_expected"
        made.loc[ratio, ["conf_low", "conf_high"]] = [low, high]
        assert word in local_calibration_sentences(release(made))[1]


def test_what_the_events_do_not_carry_is_refused_in_words() -> None:
    few = local_calibration_sentences(release(rows.local_calibration_rows(*study(30, 12, "2025-03-01"))))
    assert "asked for and refused" in few[-1]
    cohort, features = study(400, 120, "2025-03-01")
    features.frame["imd_score"] = np.linspace(5, 45, 400)
    many = rows.local_calibration_rows(cohort, features)
    assert "calibration_slope" in set(many["statistic"])


def test_few_local_events_do_not_move_the_model_and_are_withheld() -> None:
    made = rows.local_calibration_rows(*study(40, 2, "2025-03-01"))
    assert not {"calibration_intercept", "observed_expected"} & set(made["statistic"])
    assert "withheld" in local_calibration_sentences(release(made))[0]


def test_the_published_table_is_shown_whole_and_its_slip_named() -> None:
    released = release(rows.published_outcome_rows())
    assert (released.rows["disclosure"] == "").all()
    assert len(released.rows.query("statistic == 'printed_percent'")) == 9
    said = published_outcome_sentences(released)
    assert len(said) == 1
    assert "12 of 53, is 22.6%, printed as 22%" in said[0]
    right = rows.published_outcome_rows()
    right.loc[(right["statistic"] == "printed_percent") & (right["value"] == 22), "value"] = 23
    assert published_outcome_sentences(release(right)) == []


def test_what_nobody_should_conclude_holds_no_number() -> None:
    assert len(nobody_should_conclude()) >= 5
    assert not any(c.isdigit() for s in nobody_should_conclude() for c in s)


def test_numbers_are_told_for_one_standard_deviation() -> None:
    made = rs.national_model()
    held = rows.national_model_rows().query("statistic == 'odds_ratio'").set_index("term")["value"].astype(float)
    sd = made.predictors.set_index("name").loc["gp_fte_per_1000", "sd"]
    beta = made.tidy().set_index("term")["estimate"]
    assert held["GPs per 1,000 patients, one standard deviation more"] == pytest.approx(
        np.exp(sd * beta["gp_fte_per_1000"])
    )
    assert held["Rural, rural against urban"] == pytest.approx(np.exp(beta["rural"]))


def test_published_figures_are_shown_in_every_edition() -> None:
    for edition in ("board", "public"):
        released = apply_policy(combine_rows([rows.era_rows(), rows.published_outcome_rows()]), edition)
        assert (released.rows["disclosure"] != "[c]").all()
    title = rs.figure_inspections(released.select(output="eras_share")).title
    assert title.startswith("“Requires improvement or worse”: 0% of ratings that stand, published in October 2014")
    assert title.endswith("18% in December 2024 on")


def test_one_inadequate_practice_is_not_told_by_a_difference() -> None:
    cohort, features = study(197, 15, "2025-03-01")
    shown = make_rows(
        CHAPTER, "ratings", term=["Requires improvement", "Inadequate"], statistic="practices", value=[14, 1]
    )
    released = release(shown, local_budget_rows(cohort, features), rows.local_calibration_rows(cohort, features))
    held = released.rows[released.rows["disclosure"] != "[c]"]
    told = held[held["statistic"].isin(["practices", "events"])]
    fourteen, fifteen = (told["value"].isin([v]).any() for v in (14, 15))
    assert not (fourteen and fifteen)
