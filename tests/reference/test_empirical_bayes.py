"""Empirical-Bayes shrinkage: cases r15_eb_*."""

from __future__ import annotations

import numpy as np
import pytest
from support import assert_close, results

from resilience_stats.errors import ModelError
from resilience_stats.stats.empirical_bayes import shrink_normal, shrink_proportions

CASES = ["r15_eb_gen138", "r15_eb_toxop"]


@pytest.mark.parametrize("name", CASES)
def test_beta_binomial(name: str) -> None:
    r = results(name)
    fit = shrink_proportions(np.array(r["x"], float), np.array(r["n"], float))
    want = r["betabinomial"]
    assert_close(name, [fit.alpha, fit.beta], [want["alpha"], want["beta"]], "prior")
    assert_close(name, fit.log_likelihood, want["loglik"], "loglik")
    assert_close(name, fit.posterior_mean, want["posterior_mean"], "posterior_mean")
    assert_close(name, fit.conf_low, want["ci_lower"], "ci_lower")
    assert_close(name, fit.conf_high, want["ci_upper"], "ci_upper")


@pytest.mark.parametrize("name", CASES)
def test_normal_normal(name: str) -> None:
    r = results(name)
    y, v = np.array(r["logit"]), np.array(r["variance"])
    dl = shrink_normal(y, v, "dl")
    want = r["normal_dl"]
    assert_close(
        name,
        [dl.q, dl.df, dl.i2, dl.tau2, dl.mean, dl.mean_std_error],
        [want[k] for k in ("Q", "df", "I2", "tau2", "mu_random", "se_mu_random")],
        "dl",
    )
    assert_close(name, dl.weight, want["reliability"], "reliability")
    assert_close(name, dl.shrunken, want["shrunken"], "shrunken")
    for key, method in (("DL", "dl"), ("REML", "reml"), ("PM", "pm")):
        m = r["metafor"][key]
        fit = shrink_normal(y, v, method)
        assert_close(
            name,
            [fit.tau2, fit.mean, fit.mean_std_error, fit.i2, fit.h2, fit.q],
            [m[k] for k in ("tau2", "mu", "se", "I2", "H2", "Q")],
            f"metafor.{key}",
        )
        assert_close(name, fit.shrunken[:10], m["blup_first10"], "metafor.blup")
        assert_close(name, fit.std_error[:10], m["blup_se_first10"], "metafor.blup_se")


def test_less_spread_than_chance_is_said() -> None:
    with pytest.raises(ModelError, match="no more than chance"):
        shrink_proportions(np.full(20, 5.0), np.full(20, 10.0))
    assert shrink_normal(np.array([1.0, 1.1, 0.9]), np.ones(3), "reml").tau2 == 0
