"""Change, ANCOVA, regression to the mean, difference in differences: cases r17_*."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import assert_close, data, frame, matrix, results

import resilience_stats as rs
from resilience_stats.errors import ModelError


def test_regression_to_the_mean_formula() -> None:
    name = "r17_rtm_formula_and_practice"
    r = results(name)
    grid = frame(r["formula_rows"])
    fit = rs.expected_regression_to_mean(
        mean=grid["mu"],
        std_dev=grid["sd"],
        reliability=grid["rho"],
        cutoff=grid["cut"],
        side=grid["side"],
        measurements=grid["m"],
    ).tidy()
    for ours, theirs in (("size", "rtm"), ("z", "z"), ("c", "C"), ("std_dev_of_mean", "sd_of_mean")):
        assert_close(name, fit[ours], grid[theirs], theirs)
    p, d = r["practice"], data("gen_practice").query("treated == 0")
    one = rs.expected_regression_to_mean(
        mean=d["pre"].mean(),
        std_dev=d["pre"].std(),
        reliability=d["pre"].corr(d["post"]),
        cutoff=d["pre"].quantile(0.2),
    )
    assert_close(name, one.tidy()["estimate"][0], p["expected_change_rtm"], "expected_change_rtm")
    change = rs.programme_change(d, before="pre", after="post")
    lowest = change.practices[change.practices["before"] <= p["cut"]]
    assert len(lowest) == p["n_selected"]
    assert_close(name, lowest["expected_change"].mean(), p["individual_expected_change_mean_selected"], "individual")
    assert_close(name, lowest["change"].mean(), p["observed_change_selected"], "observed")
    slope = change.tidy().query("model == 'change_adjusted' and term == 'pre'")["estimate"].iloc[0]
    assert_close(name, slope, p["ols_slope_change_on_baseline"], "slope")


def test_paired_change() -> None:
    name = "r17_paired_change_anorexia"
    r = results(name)
    fit = rs.programme_change(data("anorexia"), before="Prewt", after="Postwt", group="Treat")
    rows = fit.paired.set_index("group")
    names = {
        "n": "n",
        "mean_change": "mean_change",
        "sd_change": "sd_change",
        "statistic": "t",
        "df": "df",
        "p_value": "p",
        "correlation": "r",
        "d_z": "d_z",
        "d_baseline_sd": "d_baseline_sd",
        "d_average_sd": "d_average_sd",
        "d_rm": "d_rm",
        "hedges_j": "hedges_J_approx",
        "wilcoxon_v": "wilcoxon_V",
        "wilcoxon_p_value": "wilcoxon_p_normal_cc",
        "sem": "rci_sem",
        "std_error_of_difference": "rci_sdiff",
        "n_reliably_improved": "n_reliable_improved",
        "n_reliably_worse": "n_reliable_worse",
    }
    for group, want in r.items():
        for ours, theirs in names.items():
            assert_close(name, rows.loc[group, ours], want[theirs], f"{group}.{theirs}")
        assert_close(name, rows.loc[group, ["conf_low", "conf_high"]], want["ci"], f"{group}.ci")
        assert_close(
            name,
            rows.loc[group, ["pitman_morgan_t", "pitman_morgan_p_value"]],
            [want["pitman_morgan"]["t"], want["pitman_morgan"]["p"]],
            f"{group}.pitman",
        )


def test_ancova() -> None:
    name = "r17_ancova_anorexia"
    r = results(name)
    classical = rs.programme_change(data("anorexia"), before="Prewt", after="Postwt", group="Treat", vcov="classical")
    robust = rs.programme_change(data("anorexia"), before="Prewt", after="Postwt", group="Treat")
    for ours, theirs in (
        ("ancova", "ancova"),
        ("change", "change"),
        ("change_adjusted", "change_adjusted_for_baseline"),
        ("post_only", "post_only"),
    ):
        got, want = classical.tidy().query("model == @ours"), frame(r[theirs]["coef"])
        for a, b in (
            ("estimate", "estimate"),
            ("std_error", "se"),
            ("statistic", "t"),
            ("p_value", "p"),
            ("conf_low", "ci_lower"),
            ("conf_high", "ci_upper"),
        ):
            assert_close(name, got[a], want[b], f"{theirs}.{b}")
        assert_close(name, robust.tidy().query("model == @ours")["std_error"], want["hc3_se"], f"{theirs}.hc3")
        fit = classical.models[ours].fit
        assert_close(
            name,
            [fit["sigma"], fit["df_residual"], fit["r_squared"]],
            [r[theirs][k] for k in ("sigma", "df", "r2")],
            theirs,
        )
    g = classical.glance().iloc[0]
    assert_close(
        name,
        g[["slopes_f", "slopes_df_num", "slopes_df_den", "slopes_p_value"]],
        list(r["homogeneity_of_slopes"].values()),
        "slopes",
    )
    assert_close(name, g[["partial_eta2", "baseline_post_r", "n"]], [r["partial_eta2"], r["baseline_post_r"], r["n"]])
    assert_close(name, classical.adjusted_means.iloc[:, 1:], frame(r["adjusted_means"]).iloc[:, 1:], "adjusted_means")
    assert_close(
        name, classical.pairwise.iloc[:, 1:], frame(r["emmeans_pairs_tukey"]).iloc[:, 1:], "emmeans_pairs_tukey"
    )


def long(name: str) -> tuple[pd.DataFrame, list[str]]:
    if name == "r17_did_practice":
        d = data("gen_practice")
        base = {"unit": d["practice"], "area": d["icb"], "joined": d["treated"]}
        waves, clusters = (d["pre"], d["post"]), ["unit", "area"]
    else:
        d = data("anorexia").query("Treat != 'FT'").reset_index(drop=True)
        base = {"unit": d.index.to_series(), "joined": (d["Treat"] == "CBT").astype(int)}
        waves, clusters = (d["Prewt"], d["Postwt"]), ["unit"]
    return pd.concat([pd.DataFrame(base).assign(wave=k, y=w.to_numpy()) for k, w in enumerate(waves)]), clusters


@pytest.mark.parametrize("name", ["r17_did_practice", "r17_did_anorexia"])
def test_difference_in_differences(name: str) -> None:
    r, (d, clusters) = results(name), long(name)
    for cluster in clusters:
        want = r[f"cluster_{cluster}"]
        for kind, error in want["se_did"].items():
            fit = rs.difference_in_differences(
                d, outcome="y", unit="unit", time="wave", treated="joined", cluster=cluster, vcov=kind
            )
            assert_close(name, fit.glance()["std_error"], [error], f"{cluster}.{kind}")
            assert_close(name, fit.tidy()["estimate"], list(r["coef"].values()), "coef")
            if kind == "CR2":
                test = frame(want["CR2_satterthwaite"]).iloc[0]
                assert_close(
                    name,
                    fit.glance()[["statistic", "df", "p_value"]].iloc[0],
                    test[["tstat", "df_Satt", "p_Satt"]],
                    "CR2",
                )
            if kind == "CR1S":
                assert_close(
                    name,
                    fit.glance()[["statistic", "p_value"]].iloc[0],
                    list(want["t_CR1S_df_G_minus_1"].values()),
                    "CR1S t",
                )
        assert_close(name, fit.glance()["n_clusters"], [want["n_clusters"]], "clusters")
    assert_close(name, fit.cell_means, matrix(r["cell_means"]), "cell_means")
    other = fit.alternatives.set_index(["method", "vcov"])["std_error"]
    first = r["first_difference"]
    assert_close(
        name, other["first_difference"][["classical", "HC1", "HC3"]], [first[k] for k in ("se", "hc1_se", "hc3_se")]
    )
    assert_close(name, other[("two_way_fixed_effects", "classical")], r["twoway_fe"]["ols_se"], "twoway_fe")
    np.testing.assert_allclose(fit.alternatives["estimate"], r["did"], rtol=1e-9)


def selected(rng: np.random.Generator, effect: float) -> pd.DataFrame:
    true = rng.normal(60, 10 * np.sqrt(0.7), 138)
    pre, post = (true + rng.normal(0, 10 * np.sqrt(0.3), 138) for _ in range(2))
    joined = pre <= np.sort(pre)[39]
    return pd.DataFrame({"pre": pre, "post": post + effect * joined, "joined": np.where(joined, "yes", "no")})


@pytest.mark.slow
def test_a_programme_without_effect_is_not_found_effective() -> None:
    rng = np.random.default_rng(17)
    found, naive = [], []
    for _ in range(150):
        fit = rs.programme_change(selected(rng, 0.0), before="pre", after="post", group="joined", reliability=0.7)
        found.append(fit.fit["effect_low"] > 0 or fit.fit["effect_high"] < 0)
        row = fit.paired.set_index("group").loc["yes"]
        naive.append(row["conf_low"] > 0)
    assert abs(np.mean(found) - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 150)
    assert np.mean(naive) > 0.5


@pytest.mark.slow
def test_a_planted_effect_is_recovered_with_its_coverage() -> None:
    rng = np.random.default_rng(18)
    fits = [rs.programme_change(selected(rng, 4.0), before="pre", after="post", group="joined").fit for _ in range(150)]
    effects = np.array([f["effect"] for f in fits])
    covered = np.mean([f["effect_low"] <= 4.0 <= f["effect_high"] for f in fits])
    assert abs(effects.mean() - 4.0) < 4 * effects.std(ddof=1) / np.sqrt(150)
    assert abs(covered - 0.95) < 4 * np.sqrt(0.05 * 0.95 / 150)


def test_overlap_weights_balance_exactly_and_events_find_a_false_start() -> None:
    rng = np.random.default_rng(19)
    d = selected(rng, 0.0)
    d["joined"] = np.where(rng.random(138) < 1 / (1 + np.exp((d["pre"] - 60) / 10)), "yes", "no")
    fit = rs.programme_change(d, before="pre", after="post", group="joined", comparison="overlap")
    np.testing.assert_allclose(fit.balance["difference_after"], 0, atol=1e-8)
    units = np.repeat(np.arange(60), 3)
    wave = np.tile([1, 2, 3], 60)
    joined = (units < 30).astype(int)
    y = rng.normal(size=60)[units] + joined * (wave - 1) * 2.0 + rng.normal(0, 0.3, 180)
    drifting = pd.DataFrame({"u": units, "w": wave, "j": joined, "y": y})
    fit = rs.difference_in_differences(drifting, outcome="y", unit="u", time="w", treated="j", start=3)
    assert fit.fit["parallel_p_value"] < 0.001
    assert "not-parallel" in {n.code for n in fit.notes}
    with pytest.raises(ModelError, match="changes within a unit"):
        rs.difference_in_differences(drifting.assign(j=(wave > 1) * 1), outcome="y", unit="u", time="w", treated="j")
