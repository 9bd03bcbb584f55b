"""The packaged national model: what it gives, what it refuses, and what local data may change."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from support import CHECKOUT

import resilience_stats as rs
from resilience_stats.errors import EventBudgetError, FileMissingError, ModelError
from resilience_stats.models.national_fit import fit_national_model
from resilience_stats.models.national_terms import NAMES, date_columns
from resilience_stats.models.rating_era import ERA_NAMES


def practices(n: int = 3, **columns: object) -> pd.DataFrame:
    held = {
        "log_list_size": 9.1, "imd_score": 20.0, "gp_fte_per_1000": 0.4, "single_handed": False, "rurality": "Urban",
        "payments_per_weighted_patient": 130.0,
    }  # fmt: skip
    return pd.DataFrame(held | columns, index=[f"A{k:05d}" for k in range(n)])


@pytest.mark.parametrize(
    ("day", "era"),
    [
        ("2015-06-01", 0), ("2018-03-31", 0), ("2018-04-01", 1), ("2021-09-30", 1), ("2021-10-01", 2),
        ("2023-10-31", 2), ("2023-11-01", 3), ("2024-11-30", 3), ("2024-12-01", 4),
    ],
)  # fmt: skip
def test_eras_change_on_their_first_day(day: str, era: int) -> None:
    assert rs.rating_era(pd.Series([day])).iloc[0] == ERA_NAMES[era]


def test_the_packaged_model_is_complete() -> None:
    made = rs.national_model()
    row = made.glance().iloc[0]
    assert row["events"] < row["n"]
    assert row["c_low"] < row["c_statistic"] < row["c_high"] < 0.75
    assert row["c_statistic"] < row["c_apparent"]
    terms = made.tidy()["term"].tolist()
    assert list(made.vcov.index) == list(made.vcov.columns) == terms
    np.testing.assert_allclose(np.sqrt(np.diag(made.vcov)), made.tidy()["std_error"], rtol=1e-10)
    assert (np.linalg.eigvalsh(made.vcov.to_numpy()) > 0).all()
    assert set(NAMES) <= set(terms)
    assert len(terms) - 1 == row["parameters"] <= row["parameters_allowed"]
    assert made.sources["sha256"].str.len().eq(64).all()
    assert made.calibration_groups["n"].sum() == row["n"]
    assert {"main", "without inherited ratings"} <= set(made.sensitivity["variant"])


def test_the_packaged_coefficients_are_those_of_r() -> None:
    """R read the publishers' files and fitted the model by itself: tests/reference/extra/national_model.R."""
    path = CHECKOUT / "tests" / "reference" / "extra" / "national_model.json"
    want = json.loads(path.read_text(encoding="utf-8"))
    made = rs.national_model()
    assert (made.fit["n"], made.fit["events"]) == (want["n"], want["events"])
    np.testing.assert_allclose(made.tidy()["estimate"], want["estimate"], rtol=1e-8)
    np.testing.assert_allclose(made.tidy()["std_error"], want["std_error"], rtol=1e-7)
    apparent = [made.held["apparent_c"][k] for k in ("conf_low", "estimate", "conf_high")]
    np.testing.assert_allclose(apparent, [want[k] for k in ("c_low", "c", "c_high")], rtol=1e-9)


def test_the_offset_is_the_linear_predictor_by_hand() -> None:
    made = rs.national_model()
    beta = made.tidy().set_index("term")["estimate"]
    frame = practices(1, rurality="Rural", single_handed=True)
    eta = beta["(Intercept)"] + 9.1 * beta["log_list_size"] + 20 * beta["imd_score"] + 0.4 * beta["gp_fte_per_1000"]
    eta += beta["single_handed"] + beta["rural"] + 130 * beta["payments_per_weighted_patient"]
    eta += beta[[t for t in beta.index if t.endswith("[December 2024 on]")]].sum()
    plain = rs.national_offset(frame, shrunken=False)["linear_predictor"].iloc[0]
    np.testing.assert_allclose(plain, eta, rtol=1e-12)
    shrink = made.held["recalibration"]
    shrunken = rs.national_offset(frame)["linear_predictor"].iloc[0]
    np.testing.assert_allclose(shrunken, shrink["intercept"] + shrink["slope"] * eta, rtol=1e-12)


def test_a_missing_predictor_widens_and_an_extreme_one_stops_at_the_range() -> None:
    frame = practices(4, gp_fte_per_1000=[0.4, np.nan, 0.9, 9.0])
    made = rs.national_offset(frame)
    assert made["filled"].tolist() == [0, 1, 0, 0]
    assert made["std_error"].iloc[1] > made["std_error"].iloc[0]
    assert made["linear_predictor"].iloc[2] == made["linear_predictor"].iloc[3]
    assert ((made["risk_low"] < made["risk"]) & (made["risk"] < made["risk_high"])).all()


def test_ratings_under_other_rules_are_refused() -> None:
    with pytest.raises(ModelError, match="other rules"):
        rs.national_offset(practices(), published_on="2019-11-30")
    with pytest.raises(ModelError, match="other rules"):
        date_columns(pd.Series(pd.to_datetime(["2016-01-01"])), pd.Timestamp("2026-01-01"), ERA_NAMES[2:])
    with pytest.raises(ModelError, match="gp_fte_per_1000"):
        rs.national_offset(practices().drop(columns="gp_fte_per_1000"))
    with pytest.raises(FileMissingError, match="national-model"):
        rs.national_model("nowhere.json")


def local(n: int, shift: float, slope: float, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    eta = rng.normal(-1.5, 0.6, n)
    return pd.DataFrame({"linear_predictor": eta, "worse": (rng.random(n) < expit(shift + slope * eta)).astype(int)})


def test_recalibration_finds_a_planted_shift_and_slope() -> None:
    data = local(20000, -0.4, 1.0, 1)
    shift = rs.update_national_model(data, "worse").tidy().set_index("term")
    assert shift.loc["intercept", "conf_low"] < -0.4 < shift.loc["intercept", "conf_high"]
    assert shift.loc["slope", "estimate"] == 1.0
    made = rs.update_national_model(local(20000, 0.2, 0.6, 2), "worse", parameters="slope")
    rows = made.tidy().set_index("term")
    assert rows.loc["slope", "conf_low"] < 0.6 < rows.loc["slope", "conf_high"]
    np.testing.assert_allclose(made.predictions["risk_local"].mean(), made.glance()["events"] / 20000, rtol=1e-6)


def test_an_intercept_makes_expected_equal_observed() -> None:
    made = rs.update_national_model(local(300, 0.5, 1.0, 3), "worse")
    assert abs(made.predictions["risk_local"].sum() - made.fit["events"]) < 1e-6
    same = rs.update_national_model(local(300, 0.5, 1.0, 3), "worse", parameters="none")
    assert (same.predictions["risk_local"] == same.predictions["risk_national"]).all()


def test_more_than_the_events_carry_is_refused_unless_overridden_by_name() -> None:
    data = local(60, 0.0, 1.0, 4)
    with pytest.raises(EventBudgetError, match="do not carry a local slope"):
        rs.update_national_model(data, "worse", parameters="slope")
    with pytest.raises(EventBudgetError, match="parameters='none'"):
        rs.update_national_model(data.assign(worse=0), "worse")
    made = rs.update_national_model(data, "worse", parameters="slope", check_budget="note")
    assert "over-budget" in {n.code for n in made.notes}
    # 15 of 197, the local share of requires improvement or worse: one parameter, and no more
    many = pd.DataFrame({"linear_predictor": np.linspace(-3, -1, 197), "worse": [0] * 197})
    many.loc[np.arange(15) * 13, "worse"] = 1
    assert rs.update_national_model(many, "worse", parameters="slope").fit["parameters_allowed"] == 1


def test_no_event_gives_a_finite_intercept_if_overridden() -> None:
    data = local(60, 0.0, 1.0, 4).assign(worse=0)
    made = rs.update_national_model(data, "worse", check_budget="note")
    assert np.isfinite(made.tidy()["estimate"].iloc[0])
    assert made.fit["observed_expected"] == 0 < made.fit["observed_expected_high"]


def test_features_may_be_given_instead_of_the_predictor() -> None:
    n = 200
    rng = np.random.default_rng(6)
    data = practices(n, imd_score=rng.normal(20, 5, n), gp_fte_per_1000=np.where(rng.random(n) < 0.1, np.nan, 0.4))
    data["worse"] = (rng.random(n) < 0.2).astype(int)
    made = rs.update_national_model(data, "worse")
    assert "filled-with-national-mean" in {x.code for x in made.notes}
    assert len(made.predictions) == n


def planted(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "log_list_size": rng.normal(9, 0.6, n), "imd_score": rng.normal(22, 8, n),
        "gp_fte_per_1000": rng.normal(0.45, 0.1, n), "single_handed": rng.random(n) < 0.1, "rural": rng.random(n) < 0.2,
        "payments_per_weighted_patient": rng.normal(130, 20, n), "inherited": rng.random(n) < 0.05,
        "published_on": pd.Timestamp("2023-01-05") + pd.to_timedelta(rng.integers(0, 1050, n), "D"),
        "region": rng.choice(["North", "South", "East"], n),
    })  # fmt: skip
    eta = -1.5 + 0.04 * (frame["imd_score"] - 22) - 3.0 * (frame["gp_fte_per_1000"] - 0.45)
    frame["cqc_rating"] = np.where(rng.random(n) < expit(eta), "Requires improvement", "Good")
    return frame


def test_the_fit_finds_planted_effects_and_reports_honestly() -> None:
    made = fit_national_model(planted(2500, 1), snapshot="2026-01-01", n_boot=40, repeats=2)
    rows = pd.DataFrame(made["terms"]).set_index("term")
    for term, truth in {"imd_score": 0.04, "gp_fte_per_1000": -3.0, "rural": 0.0}.items():
        assert rows.loc[term, "conf_low"] < truth < rows.loc[term, "conf_high"]
    assert made["penalty"] == "none"
    assert made["eras_differ"]["p_value"] > 0.001
    assert len(made["areas"]) == 3


def test_too_few_events_are_fitted_with_firths_penalty() -> None:
    made = fit_national_model(planted(400, 2), snapshot="2026-01-01", n_boot=4, repeats=1)
    assert made["penalty"] == "firth"
    assert made["budget"]["parameters_allowed"] < made["budget"]["parameters"]


def test_an_empty_window_is_an_error() -> None:
    with pytest.raises(ModelError, match="window"):
        fit_national_model(planted(50, 3), snapshot="2010-01-01")
