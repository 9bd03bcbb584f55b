"""Logistic regression: identities, separation, budget, clusters, notes and errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.errors import EventBudgetError, ModelError


def sample(n: int = 150, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    risk = 1 / (1 + np.exp(0.6 - x @ [0.9, -0.5]))
    return pd.DataFrame(
        {"a": x[:, 0], "b": x[:, 1], "y": (rng.random(n) < risk).astype(int), "area": np.arange(n) % 12}
    )


def codes(fit: object) -> set[str]:
    return {n.code for n in fit.notes}  # type: ignore[attr-defined]


@pytest.mark.parametrize("penalty", ["none", "firth", "flic", "flac"])
def test_frequencies_are_repetitions(penalty: str) -> None:
    d = sample(60).assign(times=np.arange(60) % 3 + 1)
    weighted = rs.fit_logistic(d, "y", ["a", "b"], weights="times", penalty=penalty)
    repeated = rs.fit_logistic(d.loc[d.index.repeat(d["times"])], "y", ["a", "b"], penalty=penalty)
    pd.testing.assert_frame_equal(weighted.tidy(), repeated.tidy(), rtol=1e-7)


@pytest.mark.parametrize("penalty", ["none", "firth", "median_bias"])
def test_scaling_a_predictor_scales_its_row_only(penalty: str) -> None:
    d = sample()
    one = rs.fit_logistic(d, "y", ["a", "b"], penalty=penalty).tidy().set_index("term")
    ten = rs.fit_logistic(d.assign(a=d["a"] / 10), "y", ["a", "b"], penalty=penalty).tidy().set_index("term")
    columns = ["estimate", "std_error", "conf_low", "conf_high"]
    np.testing.assert_allclose(ten.loc["a", columns].astype(float), 10 * one.loc["a", columns].astype(float), rtol=1e-6)
    np.testing.assert_allclose(ten.loc["b", columns].astype(float), one.loc["b", columns].astype(float), rtol=1e-6)


def test_an_offset_of_the_fit_itself_leaves_nothing_to_fit() -> None:
    d = sample()
    d["known"] = rs.fit_logistic(d, "y", ["a", "b"]).rows["linear_predictor"]
    again = rs.fit_logistic(d, "y", ["a", "b"], offset="known")
    np.testing.assert_allclose(again.tidy()["estimate"], 0.0, atol=1e-8)
    recalibrated = rs.fit_logistic(d, "y", [], offset="known").tidy()
    np.testing.assert_allclose(recalibrated["estimate"], 0.0, atol=1e-8)


def test_corrected_intercepts_predict_the_observed_share_and_firth_does_not() -> None:
    d = sample(200).assign(y=lambda f: (f["a"] > 2.0).astype(int))
    assert 0 < d["y"].sum() < 15
    shares = {p: rs.fit_logistic(d, "y", ["a", "b"], penalty=p).glance().iloc[0] for p in ("firth", "flic", "flac")}
    assert shares["firth"]["mean_predicted"] > shares["firth"]["observed"]
    for penalty in ("flic", "flac"):
        np.testing.assert_allclose(shares[penalty]["mean_predicted"], shares[penalty]["observed"], rtol=1e-8)


def test_maximum_likelihood_under_separation_says_so_and_gives_infinite_limits() -> None:
    d = sample(40).assign(y=lambda f: (f["a"] > 0).astype(int))
    fit = rs.fit_logistic(d, "y", ["a"])
    assert "separated" in codes(fit)
    assert not fit.glance()["converged"].iloc[0]
    assert fit.tidy()["conf_high"].iloc[1] == np.inf
    firth = rs.fit_logistic(d, "y", ["a"], penalty="firth").tidy()
    assert np.isfinite(firth[["estimate", "conf_low", "conf_high"]]).all(axis=None)
    assert firth["conf_low"].iloc[1] > 0


def test_separation_names_variable_level_outcome_and_direction() -> None:
    d = sample(60).assign(kind=np.repeat(["solo", "small", "large"], 20), tiny=lambda f: (f.index < 6).astype(int))
    d["y"] = np.where(d["kind"] == "solo", 1, np.arange(60) % 2)
    made = rs.check_separation(d, "y", ["kind", "a"])
    row = made.tidy().set_index("term").loc["kind[solo]"]
    assert made.glance()["separation"].iloc[0] == "quasi-complete"
    assert (row["variable"], row["level"], row["outcome"], row["direction"], row["n"]) == ("kind", "solo", 1, "up", 20)
    assert row["estimate"] == np.inf
    assert "kind = solo: all 20 rows have y = 1." in " ".join(map(str, made.notes))
    clean = rs.check_separation(sample(), "y", ["a", "b"])
    assert clean.glance()["separation"].iloc[0] == "none"
    assert clean.tidy()["estimate"].isna().all()


def test_separation_by_a_number_and_by_two_together() -> None:
    d = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6], "z": [1.0, -1, 1, -1, 1, -1], "y": [0, 0, 0, 1, 1, 1]})
    made = rs.check_separation(d, "y", ["x", "z"])
    assert made.glance()["separation"].iloc[0] == "complete"
    assert made.tidy().set_index("term").loc["x", "level"] == ">= 4"
    grid = pd.DataFrame({"u": [0, 0, 1, 1, 2, 2.0], "v": [0, 2, 1, 3, 2, 4.0]}).assign(
        y=lambda f: (f["v"] > f["u"]).astype(int)
    )
    both = rs.check_separation(grid, "y", ["u", "v"])
    assert both.glance()["separation"].iloc[0] == "complete"
    assert both.tidy().set_index("term")["direction"][["u", "v"]].tolist() == ["down", "up"]


def test_budget_is_printed_and_refused_by_name() -> None:
    d = sample(100)
    d["y"] = (np.arange(100) < 8).astype(int)
    fit = rs.fit_logistic(d, "y", ["a", "b"], penalty="firth")
    assert fit.glance()["parameters_allowed"].iloc[0] == 0
    assert "over-budget" in codes(fit)
    with pytest.raises(EventBudgetError, match="8 events in 100 rows carry 0 parameters"):
        rs.fit_logistic(d, "y", ["a", "b"], check_budget="refuse")
    assert "over-budget" not in codes(rs.fit_logistic(d, "y", ["a", "b"], check_budget="off"))


def test_clusters_give_few_degrees_of_freedom_and_say_so() -> None:
    fit = rs.fit_logistic(sample(), "y", ["a", "b"], cluster="area")
    assert fit.tidy()["df"].between(2, 12).all()
    assert any("12 clusters" in str(n) for n in fit.notes)


def test_factors_are_tested_as_a_whole() -> None:
    d = sample(200).assign(kind=lambda f: np.array(["p", "q", "r", "s"])[np.arange(200) % 4])
    fit = rs.fit_logistic(d, "y", ["a", "kind"])
    row = fit.tests.set_index("term").loc["kind"]
    assert row["df"] == 3
    smaller = rs.fit_logistic(d, "y", ["a"])
    gain = 2 * (fit.glance()["log_likelihood"] - smaller.glance()["log_likelihood"]).iloc[0]
    np.testing.assert_allclose(row["chi_square"], gain, rtol=1e-8)


def test_strength_is_chosen_by_cross_validation_and_repeats() -> None:
    d = sample(120)
    one = rs.fit_logistic(d, "y", ["a", "b"], penalty="lasso", random_state=3)
    two = rs.fit_logistic(d, "y", ["a", "b"], penalty="lasso", random_state=3)
    assert "strength-chosen" in codes(one)
    assert one.strength == two.strength > 0
    pd.testing.assert_frame_equal(one.tidy(), two.tidy())


def test_text_outcomes_and_impossible_arguments() -> None:
    d = sample().assign(word=lambda f: np.where(f["y"] == 1, "yes", "no"))
    assert "outcome-recoded" in codes(rs.fit_logistic(d, "word", ["a"]))
    with pytest.raises(ModelError, match="values"):
        rs.fit_logistic(d, "a", ["b"])
    with pytest.raises(ModelError, match="robust covariances"):
        rs.fit_logistic(d, "y", ["a"], penalty="firth", cluster="area")
    with pytest.raises(ModelError, match="Did you mean 'firth'"):
        rs.fit_logistic(d, "y", ["a"], penalty="firht")
    with pytest.raises(ModelError, match="Did you mean"):
        rs.fit_logistic(d, "y", ["aa"])


def test_too_good_to_be_true_is_said() -> None:
    rng = np.random.default_rng(2)
    d = pd.DataFrame({"x": rng.normal(size=200)}).assign(
        y=lambda f: (f["x"] + 0.4 * rng.normal(size=200) > 0).astype(int)
    )
    assert "implausibly-good" in codes(rs.fit_logistic(d, "y", ["x"]))


def test_one_outcome_only_is_answered_not_crashed() -> None:
    d = sample().assign(y=0)
    fit = rs.fit_logistic(d, "y", ["a"], penalty="firth")
    assert "one-outcome-only" in codes(fit)
    assert np.isfinite(fit.tidy()["estimate"]).all()


@pytest.mark.slow
def test_profile_limits_cover_and_firth_is_less_biased_at_few_events() -> None:
    rng = np.random.default_rng(11)
    truth, hits, estimates = 0.8, 0, []
    for _ in range(200):
        x = rng.normal(size=197)
        y = (rng.random(197) < 1 / (1 + np.exp(2.9 - truth * x))).astype(int)
        d = pd.DataFrame({"x": x, "y": y})
        if y.sum() < 2:
            continue
        row = rs.fit_logistic(d, "y", ["x"], penalty="firth", check_budget="off").tidy().iloc[1]
        hits += row["conf_low"] <= truth <= row["conf_high"]
        estimates.append([row["estimate"], rs.fit_logistic(d, "y", ["x"], interval="wald").tidy()["estimate"].iloc[1]])
    firth, likelihood = np.mean(estimates, axis=0) - truth
    assert abs(hits / len(estimates) - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 200)
    assert abs(firth) < abs(likelihood)


def test_a_frequency_of_zero_is_no_row_and_robust_errors_need_an_estimate() -> None:
    d = sample(60).assign(times=np.arange(60) % 3)
    zero = rs.fit_logistic(d, "y", ["a"], weights="times", vcov="HC0")
    without = rs.fit_logistic(d[d["times"] > 0], "y", ["a"], weights="times", vcov="HC0")
    pd.testing.assert_frame_equal(zero.tidy(), without.tidy())
    separated = rs.fit_logistic(d.assign(y=(d["a"] > 0).astype(int)), "y", ["a"], vcov="HC0")
    assert "separated" in codes(separated)


def test_a_steep_effect_is_not_separation() -> None:
    rng = np.random.default_rng(3)
    x = np.linspace(-12, 12, 400)
    d = pd.DataFrame({"x": x, "y": (rng.random(400) < 1 / (1 + np.exp(-4 * x))).astype(int)})
    fit = rs.fit_logistic(d, "y", ["x"])
    assert fit.rows["linear_predictor"].max() > 30
    assert rs.check_separation(d, "y", ["x"]).glance()["separation"].iloc[0] == "none"
    assert "separated" not in codes(fit)


@pytest.mark.parametrize("penalty", ["none", "firth", "flac"])
def test_a_column_that_follows_from_others_is_named(penalty: str) -> None:
    rng = np.random.default_rng(3)
    d = pd.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60)}).assign(both=lambda f: f["a"] + f["b"])
    d["y"] = (d["a"] + rng.normal(size=60) > 0) * 1
    with pytest.raises(ModelError, match="'both' follows from a, b"):
        rs.fit_logistic(d, "y", ["a", "b", "both"], penalty=penalty)
