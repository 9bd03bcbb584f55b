"""Adjusted p-values, bootstrap intervals, permutation: cases r14_*."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import assert_close, data, results

import resilience_stats as rs


@pytest.mark.parametrize("name", ["r14_padjust_attitude", "r14_padjust_fixed_vector"])
@pytest.mark.parametrize("method", ["holm", "hochberg", "hommel", "bonferroni", "BH", "BY"])
def test_adjusted(name: str, method: str) -> None:
    r = results(name)
    p = pd.Series(r["p"], dtype=float)
    assert_close(name, rs.adjust_p_values(p, method), pd.Series(r["adjusted"][method], dtype=float), method)
    assert_close(name, rs.adjust_p_values(p, "sidak"), pd.Series(r["sidak_single_step"], dtype=float), "sidak")


def alpha(d: pd.DataFrame) -> float:
    s = np.cov(d.to_numpy(), rowvar=False)
    return len(s) / (len(s) - 1) * (1 - np.trace(s) / s.sum())


def correlation(d: pd.DataFrame) -> float:
    return float(np.corrcoef(d["rating"], d["complaints"])[0, 1])


@pytest.mark.parametrize(
    ("name", "statistic"), [("r14_bca_attitude_cor", correlation), ("r14_bca_attitude_alpha", alpha)]
)
def test_bootstrap_intervals(name: str, statistic) -> None:
    r = results(name)
    rows = data("boot_idx_attitude_1999").to_numpy() - 1
    fit = rs.bootstrap_interval(data("attitude"), statistic, random_state=1, indices=rows)
    glance, tidy = fit.glance().iloc[0], fit.tidy().set_index("term")
    for ours, theirs in (
        ("estimate", "t0"),
        ("bias", "bias"),
        ("std_error", "boot_sd"),
        ("z0", "z0"),
        ("acceleration_jackknife", "a_jackknife"),
        ("acceleration_regression", "a_regression"),
        ("jackknife_std_error", "jackknife_se"),
    ):
        assert_close(name, glance[ours], r[theirs], theirs)
    want = {
        "normal": r["boot_ci"]["normal"],
        "basic": r["boot_ci"]["basic"],
        "percentile": r["boot_ci"]["percent"],
        "bca": r["boot_ci"]["bca"],
        "percentile_linear": r["percentile_type7"],
        "bca_jackknife": r["own_bca_jackknife"]["limits"],
        "bca_jackknife_normal": r["own_bca_jackknife_norminter"],
    }
    for method, limits in want.items():
        assert_close(name, tidy.loc[method, ["conf_low", "conf_high"]], limits, method)


def test_exact_permutation() -> None:
    name = "r14_permutation_two_sample_exact"
    r, d = results(name), data("mtcars").query("cyl == 4")
    for alternative, key in (("two_sided", "p_two_sided_abs"), ("greater", "p_greater"), ("less", "p_less")):
        fit = rs.permutation_test(d["mpg"], d["am"], exact=True, alternative=alternative)
        assert_close(name, fit.tidy()["p_value"], [r[key]], key)
        assert_close(name, fit.tidy()["estimate"], [r["observed"]], "observed")
    ranks = rs.permutation_test(d["mpg"].rank(), d["am"], exact=True)
    assert_close(name, ranks.tidy()["p_value"], [r["coin_wilcoxon_exact"]], "coin_wilcoxon_exact")


def test_random_permutation_within_monte_carlo_error() -> None:
    r, d = results("r14_permutation_correlation_mc"), data("attitude")
    fit = rs.permutation_test(d["rating"], d["critical"], statistic="correlation", n_permutations=20000, random_state=3)
    row = fit.glance().iloc[0]
    np.testing.assert_allclose(fit.tidy()["estimate"][0], r["r"], rtol=1e-9)
    assert abs(row["p_value"] - r["mc"]["cor_p"]) < 4 * np.hypot(row["mc_std_error"], r["mc"]["cor_p_mcse"])
