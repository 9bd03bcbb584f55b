"""Outcomes beside special measures: refused where events are few, fitted no further than they carry, told as it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import resilience_stats as rs
from resilience_stats.disclosure import DisclosedFrame, apply_policy
from resilience_stats.report.rows import special_measures
from resilience_stats.report.rows.outcomes import local_budget_rows, local_model_rows
from resilience_stats.report.sentences_outcomes import (
    duration_sentences,
    local_model_sentences,
    missing_outcome_sentences,
    success_sentences,
)
from resilience_stats.results.rows import combine_rows, make_rows

CLOSED, IMBALANCE = "Merged or closed within two years", "Workforce out of balance with demand"
ACCESS = "Patients who find it easy to get through by telephone (%)"
CENSUS = pd.Timestamp("2019-11-30")


def study(n: int, events: int, effect: float = 0.0, seed: int = 1) -> tuple[Any, Any]:
    """Practices of which `events` closed, the more deprived of them the likelier."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "imd_score": rng.normal(20, 8, n), "log_list_size": rng.normal(9, 0.5, n),
        "gp_fte_per_1000": rng.normal(0.5, 0.1, n), "cqc_rating": "Good",
    }, index=pd.Index([f"A{k:05d}" for k in range(n)], name="practice_code"))  # fmt: skip
    z = (frame["imd_score"] - 20) / 8
    weight = np.exp(effect * z)
    chosen = rng.choice(n, size=events, replace=False, p=weight / weight.sum())
    happened = np.zeros(n, dtype=bool)
    happened[chosen] = True
    frame["later_code_gone"] = pd.array(happened, dtype="boolean")
    catalogue = pd.DataFrame({"name": list(frame), "label": [c.replace("_", " ") for c in frame], "unit": ""})
    register = pd.DataFrame({"practice_code": frame.index[:2]})
    return SimpleNamespace(special_measures=register), SimpleNamespace(frame=frame, catalogue=catalogue)


def release(*frames: pd.DataFrame) -> DisclosedFrame:
    return apply_policy(combine_rows(frames), "board")


def models(cohort: Any, features: Any, **settings: Any) -> pd.DataFrame:
    return local_model_rows(cohort, features, conf_level=0.95, **settings)


def decided(rows: pd.DataFrame) -> str:
    return str(rows.query(f"output == 'local_model_decisions' and term == '{CLOSED}'")["value"].iloc[0])


def test_base_rates_have_wilson_intervals_and_say_of_how_many() -> None:
    rows = local_budget_rows(*study(197, 20)).query(f"term == '{CLOSED}'").set_index("statistic")
    want = rs.proportion_interval(20, 197).tidy().iloc[0]
    assert rows.loc["events", "value"] == 20
    assert rows.loc["share", ["value", "conf_low", "conf_high"]].astype(float).tolist() == pytest.approx(
        want[["estimate", "conf_low", "conf_high"]].tolist()
    )
    assert rows.loc["share", "n"] == 197


def test_few_events_are_refused_and_nothing_is_fitted() -> None:
    rows = models(*study(197, 7))
    assert decided(rows).startswith("Refused")
    assert rows[rows["output"] == "local_models"].empty
    said = local_model_sentences(release(rows, make_rows("special_measures", "x", value=9)))
    assert len(said) == 1
    assert "asked for and refused" in said[0]
    assert CLOSED in said[0]


def test_more_events_carry_the_first_predictor_and_many_carry_all() -> None:
    fewer, whole = models(*study(197, 25, 1.0)), models(*study(1500, 400, 1.0))
    assert decided(fewer).startswith("Fewer")
    terms = fewer.query("output == 'local_models' and statistic == 'odds_ratio'")["term"].tolist()
    assert terms == ["imd score, one standard deviation more"]
    assert decided(whole).startswith("All")
    assert len(whole.query("output == 'local_models' and statistic == 'odds_ratio'")) == 3


def test_the_estimate_is_that_of_firth_on_standard_deviations() -> None:
    cohort, features = study(197, 25, 1.0)
    row = models(cohort, features).query("output == 'local_models' and statistic == 'odds_ratio'").iloc[0]
    frame = features.frame
    data = pd.DataFrame({"y": frame["later_code_gone"].astype(int),
                         "x": (frame["imd_score"] - frame["imd_score"].mean()) / frame["imd_score"].std()})  # fmt: skip
    want = rs.fit_logistic(data, "y", ["x"], penalty="firth").tidy().iloc[1]
    got = row[["value", "conf_low", "conf_high"]].astype(float).tolist()
    assert got == pytest.approx(np.exp(want[["estimate", "conf_low", "conf_high"]].astype(float)).tolist(), rel=1e-6)


def test_an_override_by_name_is_fitted_and_printed_so() -> None:
    rows = models(*study(197, 7), override="later_code_gone")
    assert "overridden by name" in decided(rows)
    assert len(rows.query("output == 'local_models' and statistic == 'odds_ratio'")) == 3
    said = local_model_sentences(release(rows))
    assert any("overridden by name" in s and CLOSED in s for s in said)


def test_the_verdict_follows_the_interval() -> None:
    up, down = (local_model_sentences(release(models(*study(197, 25, effect)))) for effect in (1.0, -1.0))
    assert any("the risk is higher" in s for s in up)
    assert any("the risk is lower" in s for s in down)
    rows = models(*study(197, 25, 1.0))
    ratio = (rows["output"] == "local_models") & (rows["statistic"] == "odds_ratio")
    rows.loc[ratio, "conf_low"] = 0.9
    assert any("does not tell a higher risk from a lower" in s for s in local_model_sentences(release(rows)))


def test_no_model_explains_an_outcome_by_what_it_is_made_of() -> None:
    cohort, features = study(1500, 400, 1.0)
    features.frame["workforce_imbalance"] = features.frame.pop("later_code_gone")
    rows = models(cohort, features).query(f"group == '{IMBALANCE}' and statistic == 'odds_ratio'")
    assert len(rows) == 2
    assert not rows["term"].str.contains("gp fte").any()


def test_outcomes_without_data_are_named() -> None:
    said = missing_outcome_sentences(release(local_budget_rows(*study(197, 20))))
    assert len(said) == 1
    assert IMBALANCE in said[0]
    assert CLOSED not in said[0]


def test_access_is_refused_below_the_rows_that_a_number_needs_and_fitted_above() -> None:
    for n, verdict in ((197, "Refused"), (600, "All")):
        cohort, features = study(n, 20)
        rng = np.random.default_rng(2)
        features.frame["gpps_phone_easy"] = 70 - 0.8 * features.frame["imd_score"] + rng.normal(0, 8, n)
        base = local_budget_rows(cohort, features).query("term == @ACCESS").set_index("statistic")
        assert base.loc["mean", "conf_low"] < features.frame["gpps_phone_easy"].mean() < base.loc["mean", "conf_high"]
        rows = models(cohort, features)
        told = rows.query("output == 'local_model_decisions' and term == @ACCESS")["value"].iloc[0]
        assert told.startswith(verdict)
        said = " ".join(local_model_sentences(release(rows)))
        assert ("the value is lower" in said) == (n == 600)


def register(n: int, early_effect: float = 0.0, seed: int = 3) -> Any:
    rng = np.random.default_rng(seed)
    early = rng.random(n) < 0.5
    left = rng.random(n) < expit(early_effect * (early - 0.5) * 2)
    entered = pd.Timestamp("2017-01-01") + pd.to_timedelta(rng.integers(0, 300, n), "D")
    frame = pd.DataFrame({
        "practice_code": [f"A{k:05d}" for k in range(n)], "entered_on": entered,
        "support_offered_on": entered + pd.to_timedelta(np.where(early, 30, 150), "D"),
        "support_accepted_on": pd.NaT, "reinspected_on": entered + pd.to_timedelta(rng.integers(150, 400, n), "D"),
        "outcome": np.where(left, "reinspected_good", "reinspected_inadequate_stays"),
    })  # fmt: skip
    return SimpleNamespace(special_measures=frame, rat=pd.DataFrame())


def test_what_went_with_success_is_told_where_enough_were_seen_again() -> None:
    strong, none = register(120, 1.2), register(120)
    assert any("Support offered within three months" in s and "More often" in s for s in said_of(strong))
    assert "Nothing that was looked at" in said_of(none)[0]
    assert "not compared" in said_of(register(12, 3.0))[0]
    assert "withheld" in said_of(register(80, 3.0))[0]  # all but one of those with early support left


def said_of(cohort: Any) -> list[str]:
    return success_sentences(release(special_measures.success_rows(cohort, conf_level=0.95),
                                     make_rows("special_measures", "x", value=9)))  # fmt: skip


def test_causes_are_taken_from_the_assessment_nearest_before_the_entry() -> None:
    cohort = register(2)
    day = cohort.special_measures["entered_on"].iloc[0]
    rat = pd.DataFrame({"practice_code": ["A00000"] * 2, "assessed_on": [day - pd.Timedelta("9D"),
                        day + pd.Timedelta("9D")], "concern_failure_to_engage": [1, 0]})  # fmt: skip
    made = rs.register_factors(cohort.special_measures, rat)
    assert made["concern_failure_to_engage"].tolist()[0] == 1
    assert made["concern_failure_to_engage"].isna().tolist() == [False, True]


def test_time_in_special_measures_has_both_ends_competing() -> None:
    cohort = register(60, 1.0)
    rows = special_measures.duration_rows(cohort, CENSUS, conf_level=0.95)
    last = rows[rows["term"] == "12 months"]
    assert last["value"].astype(float).between(0, 1).all()
    assert (
        "12 months" in duration_sentences(release(rows))[0]
        or "months after entry" in duration_sentences(release(rows))[0]
    )
    assert "not estimated" in duration_sentences(
        release(special_measures.duration_rows(register(5), CENSUS, conf_level=0.95),
                make_rows("special_measures", "x", value=9))
    )[0]  # fmt: skip


def test_the_register_stands_in_the_rows_of_the_published_table() -> None:
    cohort = register(60, 1.0)
    rows = special_measures.register_rows(cohort, conf_level=0.95)
    counts = rows[rows["statistic"] == "practices"].set_index("term")["value"]
    left = int(cohort.special_measures["outcome"].eq("reinspected_good").sum())
    assert counts["Left special measures"] == left == counts["Re-inspected: Good"]
    assert counts["Stays in special measures"] == 60 - left
    none = SimpleNamespace(special_measures=cohort.special_measures.assign(outcome="awaiting_reinspection"))
    assert special_measures.register_rows(none, conf_level=0.95).empty
