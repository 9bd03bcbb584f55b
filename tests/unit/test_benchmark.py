"""`benchmark`: shrinkage, rank intervals that cover, funnel limits beside."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import assert_close, data, results

import resilience_stats as rs
from resilience_stats.errors import ModelError
from resilience_stats.models.benchmark import benchmark
from resilience_stats.stats.nested_shrinkage import draw_nested, shrink_nested
from resilience_stats.stats.ranks import summarise_ranks

EXTRA = Path(__file__).parents[1] / "reference" / "extra" / "nested_shrinkage.json"


@pytest.mark.parametrize("name", ["r15_eb_gen138", "r15_eb_toxop"])
def test_agrees_with_r_through_the_public_function(name: str) -> None:
    r = results(name)
    fit = benchmark(r["x"], n=r["n"], n_draws=200)
    want = r["betabinomial"]
    for column, key in (("estimate", "posterior_mean"), ("conf_low", "ci_lower"), ("conf_high", "ci_upper")):
        assert_close(name, fit.tidy()[column], want[key], key)
    for figure, key in (("alpha", "alpha"), ("beta", "beta"), ("rho", "rho"), ("log_likelihood", "loglik")):
        assert_close(name, fit.glance()[figure].iloc[0], want[key], key)
    for method in ("dl", "reml", "pm"):
        m = r["metafor"][method.upper()]
        fit = benchmark(r["logit"], std_error=np.sqrt(r["variance"]), method=method, n_draws=200)
        assert_close(name, fit.tidy()["estimate"][:10], m["blup_first10"], "blup")
        assert_close(name, fit.tidy()["std_error"][:10], m["blup_se_first10"], "blup_se")
        assert_close(name, fit.glance()[["tau2", "mean", "mean_std_error", "i2", "h2", "q"]].iloc[0],
                     [m[k] for k in ("tau2", "mu", "se", "I2", "H2", "Q")], "metafor")  # fmt: skip


def nested() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    d = data("gen_funnel138")
    g = np.arange(len(d)) % 9
    y = np.log((d["x"] + 0.5) / (d["n"] - d["x"] + 0.5)).to_numpy()
    shift = np.array([-0.4, 0.1, 0.5, 0, -0.2, 0.3, 0.2, -0.5, 0.05])
    return y + shift[g], (1 / (d["x"] + 0.5) + 1 / (d["n"] - d["x"] + 0.5)).to_numpy(), g


def test_groups_agree_with_metafor() -> None:
    want = json.loads(EXTRA.read_text(encoding="utf-8"))
    y, v, g = nested()
    fit = shrink_nested(y, v, g)
    got = [fit.tau2, fit.omega2, fit.mean, fit.mean_std_error]
    np.testing.assert_allclose(got, [want[k] for k in ("tau2", "omega2", "mean", "mean_std_error")], rtol=2e-6)
    np.testing.assert_allclose(fit.group_mean - fit.mean, want["group"], atol=1e-6)
    np.testing.assert_allclose(fit.shrunken, want["shrunken"], atol=1e-6)


def test_posterior_of_groups_is_that_of_the_whole_covariance() -> None:
    y, v, g = nested()
    fit = shrink_nested(y, v, g)
    z = np.eye(9)[g]
    prior = fit.tau2 * np.eye(len(y)) + fit.omega2 * z @ z.T
    inverse = np.linalg.inv(prior + np.diag(v))
    one = np.ones(len(y))
    mean_variance = 1 / (one @ inverse @ one)
    m = mean_variance * (one @ inverse @ y)
    expected = m + prior @ inverse @ (y - m)
    slope = one - prior @ inverse @ one
    covariance = prior - prior @ inverse @ prior + mean_variance * np.outer(slope, slope)
    np.testing.assert_allclose(fit.shrunken, expected, atol=1e-10)
    np.testing.assert_allclose(fit.std_error, np.sqrt(np.diag(covariance)), atol=1e-10)
    rest = fit.shrunken - (1 - fit.weight) * fit.group_mean[g]
    drawn = draw_nested(fit, v, g, np.random.default_rng(1), 40_000, rest)
    np.testing.assert_allclose(drawn.mean(axis=0), expected, atol=0.01)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.01)


def test_group_pulls_towards_its_own_mean() -> None:
    rng = np.random.default_rng(5)
    group = np.repeat(["north", "south", "west"], 30)
    y = np.repeat([40.0, 60.0, 80.0], 30) + rng.normal(0, 4, 90)
    alone, grouped = benchmark(y, std_error=4.0), benchmark(y, std_error=4.0, group=group)
    north = group == "north"
    assert grouped.tidy().loc[north, "estimate"].std() < alone.tidy().loc[north, "estimate"].std()
    assert grouped.groups["group"].tolist() == ["north", "south", "west"]
    assert "few-groups" in [n.code for n in grouped.notes]


def test_rank_intervals_and_lowest_tenth_hold_what_they_say() -> None:
    rng = np.random.default_rng(8)
    covered, claimed, true = [], [], []
    for _ in range(25):
        truth = rng.normal(60, 8, 138)
        fit = benchmark(truth + rng.normal(0, 6, 138), std_error=6.0, n_draws=1000, random_state=rng)
        rank = truth.argsort().argsort() + 1
        rows = fit.tidy()
        covered.append(((rows["rank_low"] <= rank) & (rank <= rows["rank_high"])).mean())
        claimed.append(rows["probability_lowest"].to_numpy())
        true.append(rank <= 14)
    assert 0.935 < np.mean(covered) < 0.975
    p, hit = np.concatenate(claimed), np.concatenate(true)
    sure = p > 0.5
    assert abs(hit[sure].mean() - p[sure].mean()) < 0.06
    assert abs(p.mean() - hit.mean()) < 1e-9


@pytest.mark.parametrize(("overdispersion", "errors"), [("additive", (4.0, 8.0)), ("multiplicative", (6.0, 6.0))])
def test_funnel_flags_at_their_nominal_rate_under_over_dispersion(
    overdispersion: str, errors: tuple[float, float]
) -> None:
    rng = np.random.default_rng(3)
    flags: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(150):
        error = rng.uniform(*errors, 138)
        y = rng.normal(60, np.sqrt(8**2 + error**2))
        for consistent in flags:
            fit = benchmark(y, std_error=error, n_draws=2, overdispersion=overdispersion, consistent=consistent)
            flags[consistent].append((fit.tidy()["funnel_flag_95"] != "in").mean())
    spread = np.std(flags[True], ddof=1) / np.sqrt(150)
    assert abs(np.mean(flags[True]) - 0.05) < 0.004 + 4 * spread
    # As published, winsorising makes the spread too small, so that twice as many are flagged.
    assert 0.085 < np.mean(flags[False]) < 0.125


def test_no_difference_is_said_and_ranks_are_anybodys() -> None:
    y = 50 + 0.1 * np.random.default_rng(0).normal(size=40)
    fit = benchmark(y, std_error=5.0)
    assert "no-difference-between" in [n.code for n in fit.notes]
    rows = fit.tidy()
    assert (rows["rank_high"] - rows["rank_low"]).min() > 33
    assert rows["estimate"].std() == pytest.approx(0, abs=1e-12)


def test_draws_are_seeded_and_their_error_is_told() -> None:
    y = np.random.default_rng(1).normal(60, 10, 50)
    one, two = (benchmark(y, reliability=0.8, random_state=4, n_draws=500).tidy() for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    p = one["probability_lowest"]
    np.testing.assert_allclose(one["monte_carlo_error"], np.sqrt(p * (1 - p) / 500))
    assert "no-league-table" in [n.code for n in benchmark(y, reliability=0.8).notes]


def test_index_names_the_practices_and_the_order_is_theirs() -> None:
    y = pd.Series([50.0, 20.0, 80.0, 60.0], index=["d", "a", "c", "b"])
    assert rs.benchmark(y, std_error=3.0).tidy()["term"].tolist() == ["d", "a", "c", "b"]


def test_counts_in_groups_go_by_logits() -> None:
    d = data("gen_funnel138")
    fit = benchmark(d["x"], n=d["n"], group=np.arange(len(d)) % 4)
    assert "logit-scale" in [n.code for n in fit.notes]
    yes, no = d["x"] + 0.5, d["n"] - d["x"] + 0.5
    logits = benchmark(np.log(yes / no), std_error=np.sqrt(1 / yes + 1 / no), group=np.arange(len(d)) % 4).tidy()
    shares = 1 / (1 + np.exp(-logits[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float)))
    np.testing.assert_allclose(fit.tidy()[["estimate", "conf_low", "conf_high"]], shares, rtol=1e-7)
    # a small step on the logit scale is p (1 - p) times as long on that of shares
    ahead = 1 / (1 + np.exp(-(logits["estimate"] + 1e-6 * logits["std_error"])))
    np.testing.assert_allclose(fit.tidy()["std_error"], (ahead - shares[:, 0]) / 1e-6, rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "how sure"),
        ({"std_error": 3.0, "reliability": 0.8}, "both given"),
        ({"reliability": 1.2}, "not a reliability"),
        ({"std_error": 0.0}, "must be positive"),
        ({"std_error": 3.0, "group": ["a"] * 4}, "single group"),
        ({"std_error": 3.0, "group": ["a", "b", None, "b"]}, "needs its group"),
        ({"n": [1, 1, 1, 1]}, "counts must satisfy"),
        ({"std_error": 3.0, "method": "remml"}, "Did you mean 'reml'"),
        ({"std_error": 3.0, "unit": ["a"]}, "one name is needed"),
    ],
)
def test_refuses_what_it_cannot_use(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        benchmark([50.0, 40.0, 60.0, 70.0], **arguments)


def test_refuses_missing_scores_and_too_few() -> None:
    with pytest.raises(ModelError, match="missing or infinite"):
        benchmark([1.0, np.nan, 2.0], std_error=1.0)
    with pytest.raises(ModelError, match="at least three"):
        benchmark([1.0, 2.0], std_error=1.0)


def test_ranks_of_known_values_are_certain() -> None:
    found = summarise_ranks(lambda size: np.tile([3.0, 1.0, 2.0], (size, 1)), 3, n_draws=10, conf_level=0.9, lowest=0.1)
    assert found.low.tolist() == found.high.tolist() == [3.0, 1.0, 2.0]
    assert found.lowest.tolist() == [0.0, 1.0, 0.0]
