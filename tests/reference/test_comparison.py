"""Group comparisons and associations: cases r18_two_groups_*, r18_association_*."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as sps
from support import assert_close, data, results

import resilience_stats as rs
from resilience_stats.models.comparison import association


def test_two_groups() -> None:
    name = "r18_two_groups_sat"
    r = results(name)
    d = data("sat_act").dropna(subset=["SATV"])
    d["group"] = pd.Categorical(d["gender"], [2, 1])
    g = rs.compare_groups(d, "group", ["SATV"]).details.iloc[0]
    want = {
        "n_a": r["n"][0], "n_b": r["n"][1], "mean_a": r["mean"][0], "mean_b": r["mean"][1], "sd_a": r["sd"][0],
        "sd_b": r["sd"][1], "welch_t": r["welch"]["t"], "welch_df": r["welch"]["df"], "welch_p_value": r["welch"]["p"],
        "welch_low": r["welch"]["ci"][0], "welch_high": r["welch"]["ci"][1], "student_t": r["student"]["t"],
        "student_df": r["student"]["df"], "student_p_value": r["student"]["p"], "student_low": r["student"]["ci"][0],
        "student_high": r["student"]["ci"][1], "cohens_d": r["d"], "hedges_j": r["J_exact"], "hedges_g": r["g_exact"],
        "hedges_g_approximate": r["g_approx"], "glass_delta": r["glass_delta_b"], "mann_whitney_u": r["U"],
        "mann_whitney_p_value": r["U_p_cc"], "probability_of_superiority": r["prob_superiority"],
        "rank_biserial": r["rank_biserial"], "levene_f": r["levene_median"]["F"],
        "levene_p_value": r["levene_median"]["p"],
        "variance_ratio": r["var_ratio_F"]["statistic.F"], "variance_ratio_p_value": r["var_ratio_F"]["p.value"],
    }  # fmt: skip
    for key, value in want.items():
        assert_close(name, g[key], value, key)
    assert_close(name, g[["cohens_d_low", "cohens_d_high"]], r["noncentral"]["d_ci"], "noncentral.d_ci")
    assert_close(name, g[["hedges_g_low", "hedges_g_high"]], r["noncentral"]["g_ci"], "noncentral.g_ci")


def test_association() -> None:
    name = "r18_association_beps"
    r, d = results(name), data("beps")
    g = association(d, "economic.cond.national", "economic.cond.household").fit
    for ours, theirs in (("n", "n"), ("chi_square", "chisq"), ("df", "df"), ("p_value", "p"), ("g", "G"),
                         ("cramers_v", "cramers_v"), ("cramers_v_corrected", "cramers_v_bias_corrected"),
                         ("gamma", "gamma"), ("tau_b", "tau_b"), ("somers_d", "somers_d_y_given_x"),
                         ("spearman", "spearman"), ("pearson", "pearson"),
                         ("trend_chi_square", "mantel_haenszel_trend_M2")):  # fmt: skip
        assert_close(name, g[ours], r[theirs], theirs)
    assert_close(name, [g["pearson_low"], g["pearson_high"]], r["pearson_ci"], "pearson_ci")
    assert_close(name, [g["spearman_low"], g["spearman_high"]], r["spearman_ci_bonett_wright"], "spearman_ci")
    t = association(d.assign(labour=d["vote"] == "Labour"), "gender", "labour").fit
    for ours, theirs in (("fisher_p_value", "fisher_p"), ("sample_odds_ratio", "sample_or"),
                         ("yates_chi_square", "yates_chisq"),
                         ("mcnemar", "mcnemar_cc"), ("phi", "phi"), ("yules_q", "yule_q")):  # fmt: skip
        assert_close(name, t[ours], r[theirs], theirs)
    # fisher.test leaves its root finder at a step of 1.2e-4; ours solves the same equations exactly
    np.testing.assert_allclose(
        [t["odds_ratio"], t["odds_ratio_low"], t["odds_ratio_high"]], [r["fisher_or_cmle"], *r["fisher_ci"]], rtol=1e-4
    )
    table = np.array(r["t2x2"]["values"])
    spread = sps.nchypergeom_fisher(int(table.sum()), int(table[:, 0].sum()), int(table[0].sum()), t["odds_ratio"])
    np.testing.assert_allclose(spread.mean(), table[0, 0], rtol=1e-10)
    for limit, tail in (("odds_ratio_low", "sf"), ("odds_ratio_high", "cdf")):
        at = sps.nchypergeom_fisher(int(table.sum()), int(table[:, 0].sum()), int(table[0].sum()), t[limit])
        np.testing.assert_allclose(getattr(at, tail)(table[0, 0] - (tail == "sf")), 0.025, rtol=1e-8)
    assert_close(name, [t["woolf_low"], t["woolf_high"]], r["woolf_ci"], "woolf_ci")


def test_small_and_constant_groups_are_said_not_tested() -> None:
    frame = pd.DataFrame({"g": list("aaaaaabbbbbbc"), "x": [1.0, 2, 3, 4, 5, 6, 2, 3, 4, 5, 6, 7, 1], "k": 3.0})
    fit = rs.compare_groups(frame, "g", ["x", "k"])
    assert fit.tidy()["method"].tolist() == ["not compared", "not compared"]
    assert "tiny-groups" in {n.code for n in fit.notes}
