"""Ordinal models: derivatives, identities, notes and errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.errors import ModelError
from resilience_stats.stats.ordinal import derivatives, log_likelihood, ordinal_problem, start_values
from resilience_stats.stats.ordinal_links import get_link

LINKS = ["logit", "probit", "cloglog", "loglog", "cauchit"]


def sample(n: int = 120, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    latent = x @ [0.8, -0.5] + rng.logistic(size=n)
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": np.digitize(latent, [-1.0, 0.5, 2.0]) + 1})


@pytest.mark.parametrize("name", LINKS)
def test_density_slope_and_interval_are_derivatives_of_one_another(name: str) -> None:
    link, x, h = get_link(name), np.linspace(-3, 3, 13), 1e-5
    low = np.full(13, -np.inf)
    np.testing.assert_allclose(
        (link.interval(x + h, low) - link.interval(x - h, low)) / (2 * h), link.density(x), rtol=1e-6, atol=1e-10
    )
    np.testing.assert_allclose(
        (link.density(x + h) - link.density(x - h)) / (2 * h), link.slope(x), rtol=1e-5, atol=1e-9
    )
    np.testing.assert_allclose(link.interval(link.quantile(np.array([0.1, 0.7])), low[:2]), [0.1, 0.7], rtol=1e-12)


@pytest.mark.parametrize("name", ["logit", "probit"])
def test_tail_intervals_keep_their_digits(name: str) -> None:
    link = get_link(name)
    right = link.interval(np.array([12.1]), np.array([12.0]))
    left = link.interval(np.array([-12.0]), np.array([-12.1]))
    np.testing.assert_allclose(right, left, rtol=1e-10)


@pytest.mark.parametrize("name", LINKS)
def test_gradient_and_hessian_match_finite_differences(name: str) -> None:
    d = sample()
    x, level = d[["a", "b"]].to_numpy(), d["y"].to_numpy() - 1
    problem = ordinal_problem(level, x[:, 1:], nominal=x[:, :1], scale=x[:, 1:], link=name)
    at = start_values(problem) + np.random.default_rng(1).normal(0, 0.03, len(start_values(problem)))
    _, gradient, hessian = derivatives(problem, at)
    shifts = 1e-6 * np.eye(len(at))
    numeric = [(log_likelihood(problem, at + e) - log_likelihood(problem, at - e)) / 2e-6 for e in shifts]
    bend = [(derivatives(problem, at + e)[1] - derivatives(problem, at - e)[1]) / 2e-6 for e in shifts]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(hessian, bend, rtol=1e-4, atol=1e-4)


def test_frequencies_are_repetitions() -> None:
    d = sample(60)
    d["times"] = np.arange(60) % 3 + 1
    weighted = rs.fit_ordinal(d, "y", ["a", "b"], weights="times").tidy()
    repeated = rs.fit_ordinal(d.loc[d.index.repeat(d["times"])], "y", ["a", "b"]).tidy()
    pd.testing.assert_frame_equal(weighted, repeated, rtol=1e-9)


def test_turning_the_outcome_round_turns_the_signs() -> None:
    d = sample()
    up = rs.fit_ordinal(d, "y", ["a", "b"]).tidy()
    down = rs.fit_ordinal(d.assign(y=-d["y"]), "y", ["a", "b"]).tidy()
    np.testing.assert_allclose(up["estimate"].tail(2), -down["estimate"].tail(2), rtol=1e-8)
    np.testing.assert_allclose(up["conf_low"].tail(2), -down["conf_high"].tail(2), rtol=1e-7)


def test_two_levels_are_a_logistic_regression() -> None:
    d = sample()
    d["high"] = (d["y"] > 2).astype(int)
    ordinal = rs.fit_ordinal(d, "high", ["a", "b"]).tidy()
    logistic = rs.fit_logistic(d, "high", ["a", "b"]).tidy()
    for column in ("estimate", "std_error", "conf_low", "conf_high"):
        np.testing.assert_allclose(ordinal[column].tail(2), logistic[column].tail(2), rtol=1e-7)


def test_penalised_two_levels_are_firth_and_separated_levels_stay_finite() -> None:
    d = sample(40)
    d["high"] = (d["y"] > 2).astype(int)
    ordinal = rs.fit_ordinal(d, "high", ["a", "b"], penalty="firth").tidy()
    firth = rs.fit_logistic(d, "high", ["a", "b"], penalty="firth").tidy()
    np.testing.assert_allclose(ordinal["estimate"].tail(2), firth["estimate"].tail(2), rtol=1e-5)
    np.testing.assert_allclose(ordinal["statistic"].tail(2), firth["statistic"].tail(2), rtol=1e-4)
    d["three"] = np.digitize(d["a"], [-0.5, 0.5])
    separated = rs.fit_ordinal(d, "three", ["a"], penalty="firth", interval="wald")
    assert np.isfinite(separated.tidy()["estimate"]).all()
    assert "not-converged" in {n.code for n in rs.fit_ordinal(d, "three", ["a"], tests=()).notes}


def test_planted_failure_of_proportional_odds_is_found() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=2000)
    low, high = rng.random(2000) < 1 / (1 + np.exp(-1.5 - 1.5 * x)), rng.random(2000) < 0.4
    fit = rs.fit_ordinal(pd.DataFrame({"x": x, "y": 1 + low + (low & high)}), "y", ["x"])
    assert "proportional-odds-rejected" in {n.code for n in fit.notes}
    assert fit.glance()["brant_p_value"].iloc[0] < 0.001


def test_probabilities_sum_to_one_and_rows_are_labelled() -> None:
    d = sample(50)
    d.loc[3, "a"] = np.nan
    fit = rs.fit_ordinal(d, "y", ["a", "b"])
    np.testing.assert_allclose(fit.probabilities.sum(axis=1), 1.0)
    assert 3 not in fit.probabilities.index
    assert "rows-dropped" in {n.code for n in fit.notes}


def test_unordered_outcomes_and_unknown_options_are_refused() -> None:
    d = sample().assign(word=lambda f: pd.Categorical(np.where(f["y"] > 2, "up", "down")))
    with pytest.raises(ModelError, match="no order"):
        rs.fit_ordinal(d, "word", ["a"])
    with pytest.raises(ModelError, match="Did you mean 'probit'"):
        rs.fit_ordinal(d, "y", ["a"], link="probbit")
    with pytest.raises(ModelError, match="single level"):
        rs.fit_ordinal(d.assign(y=1), "y", ["a"])
    with pytest.raises(ModelError, match="group="):
        rs.fit_ordinal(d, "y", ["a"], group="word", scale=["b"])
