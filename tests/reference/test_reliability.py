"""Reliability against R: psych, lavaan, boot and the formulas of the cases."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from support import HERE, assert_close, case, data, frame, matrix, results

from resilience_stats.models.reliability import reliability

ALPHA = {
    "r01_alpha_attitude": lambda: data("attitude"),
    "r01_alpha_ability_kr20": lambda: data("ability").dropna(),
    "r01_alpha_bfi_agree_complete": lambda: data("bfi")[["A1", "A2", "A3", "A4", "A5"]],
}
SCALE = {
    "alpha_raw": "alpha",
    "alpha_std": "alpha_standardised",
    "mean_inter_item_r": "mean_inter_item_r",
    "median_inter_item_r": "median_inter_item_r",
    "guttman_lambda6_std": "guttman_lambda6",
    "scale_mean_of_item_means": "mean",
    "scale_sd_of_item_means": "sd",
    "n": "n",
    "k": "k",
}
ITEM = {
    "r_item_total_uncorrected": "r_item_total",
    "r_item_rest": "r_item_rest",
    "alpha_if_dropped_raw": "alpha_if_dropped",
    "alpha_if_dropped_std": "alpha_standardised_if_dropped",
}
PSYCH_TOTAL = {
    "raw_alpha": "alpha",
    "std.alpha": "alpha_standardised",
    "G6(smc)": "guttman_lambda6",
    "average_r": "mean_inter_item_r",
    "S/N": "signal_to_noise",
    "ase": "alpha_std_error",
    "mean": "mean",
    "sd": "sd",
    "median_r": "median_inter_item_r",
}
PSYCH_ITEM = {
    "n": "n",
    "raw.r": "r_item_total",
    "std.r": "r_item_total_standardised",
    "r.cor": "r_item_total_corrected",
    "r.drop": "r_item_rest",
    "mean": "mean",
    "sd": "sd",
}
PSYCH_DROP = {
    "raw_alpha": "alpha_if_dropped",
    "std.alpha": "alpha_standardised_if_dropped",
    "G6(smc)": "guttman_lambda6_if_dropped",
    "average_r": "mean_inter_item_r_if_dropped",
    "S/N": "signal_to_noise_if_dropped",
    "alpha se": "alpha_std_error_if_dropped",
    "var.r": "variance_inter_item_r_if_dropped",
    "med.r": "median_inter_item_r_if_dropped",
}


@pytest.mark.parametrize("name", ALPHA)
def test_alpha_and_item_statistics(name: str) -> None:
    want = results(name)
    fit = reliability(ALPHA[name](), reverse=["A1"] if "agree" in name else [])
    glance, tidy, own = fit.glance().iloc[0], fit.tidy(), want["own"]
    for theirs, ours in SCALE.items():
        assert_close(name, glance[ours], own[theirs], theirs)
    assert_close(name, glance[["alpha_low", "alpha_high"]], list(own["feldt95"].values()), "feldt95")
    for theirs, ours in ITEM.items():
        assert_close(name, tidy[ours], own[theirs], theirs)
    for theirs, ours in PSYCH_TOTAL.items():
        if "psych_total" in want:
            assert_close(name, glance[ours], want["psych_total"][theirs], theirs)
    for table, names in (("psych_item_stats", PSYCH_ITEM), ("psych_alpha_drop", PSYCH_DROP)):
        if table in want:
            theirs_frame = frame(want[table])
            for theirs, ours in names.items():
                assert_close(name, tidy[ours], theirs_frame[theirs], f"{table} {theirs}")


def test_kuder_richardson() -> None:
    name = "r01_alpha_ability_kr20"
    glance = reliability(data("ability").dropna()).glance().iloc[0]
    assert_close(name, glance["kr20"], results(name)["kr20_consistent"])
    assert_close(
        name,
        glance["kr20_population_item_variance"],
        results(name)["kr20_population_item_variance_sample_total_variance"],
    )
    assert_close(name, glance["kr21"], results(name)["kr21"])


def test_guttman_and_split_halves() -> None:
    name = "r01_guttman_split_bfi_N"
    want = results(name)
    glance = reliability(data("bfi")[[f"N{i}" for i in range(1, 6)]]).glance().iloc[0]
    for theirs, ours in (("lambda1", 1), ("lambda2", 2), ("lambda3_std_alpha", 3), ("lambda6", 6)):
        assert_close(name, glance[f"guttman_lambda{ours}"], want[theirs], theirs)
    for theirs, ours in (("maxrb", "max"), ("meanr", "mean"), ("minrb", "min")):
        assert_close(name, glance[f"split_half_{ours}"], want["splithalf"][theirs], theirs)
    assert glance["n"] == want["n"]


@pytest.mark.parametrize(
    ("name", "items"), [("r01_omega1_attitude", None), ("r01_omega1_bfi_N", [f"N{i}" for i in range(1, 6)])]
)
def test_omega_of_one_factor(name: str, items: list[str] | None) -> None:
    answers = data("attitude") if items is None else data("bfi")[items]
    fit, own = reliability(answers, n_factors=1), results(name)["own"]
    glance = fit.glance().iloc[0]
    for theirs, ours in (
        ("omega_model_implied_denominator", "omega_ml"),
        ("omega_observed_variance_denominator", "omega_ml_observed"),
        ("omega_minres_std", "omega_minres"),
        ("omega_minres_std_observed_denominator", "omega_minres_observed"),
    ):
        assert_close(name, glance[ours], own[theirs], theirs)
    assert fit.one_factor is not None
    for theirs, ours in (
        ("cfa_ml_loadings", "loading_ml"),
        ("cfa_ml_residual_variances", "residual_variance_ml"),
        ("minres_loadings", "loading_minres"),
    ):
        assert_close(name, fit.one_factor[ours], list(own[theirs].values()), theirs)
    if "psych_omega_total" in results(name):
        assert_close(name, glance["omega_total"], results(name)["psych_omega_total"])
    assert reliability(answers).glance()["omega_total"].iloc[0] == glance["omega_ml"]


@pytest.mark.parametrize("name", ["r01_omega3_hs9", "r01_omega3_thurstone", "r01_omega4_ability"])
def test_hierarchical_omega(name: str) -> None:
    want = results(name)
    if "thurstone" in name:
        given = pd.read_csv(HERE / "reference" / "data" / "thurstone_cor.csv", index_col=0)
        fit = reliability(given, n_obs=213, n_factors=3)
    elif "hs9" in name:
        fit = reliability(data("hs1939")[[f"x{i}" for i in range(1, 10)]], n_factors=3)
    else:
        fit = reliability(data("ability").dropna(), n_factors=4, method="ml")
    glance = fit.glance().iloc[0]
    psych = want["psych"]
    for theirs, ours in (
        ("omega_h", "omega_hierarchical"),
        ("omega_total", "omega_total"),
        ("omega_lim", "omega_limit"),
        ("alpha", "alpha_standardised"),
        ("G6", "guttman_lambda6"),
    ):
        assert_close(name, glance[ours], psych[theirs], theirs)
    theirs_groups = frame(psych["omega_group"])
    assert fit.omega_groups is not None
    assert fit.schmid_leiman is not None
    order = _match(fit.schmid_leiman.iloc[:, 1:-3].to_numpy(), matrix(psych["schmid_leiman"]).to_numpy()[:, 1:-3])
    assert_close(name, fit.omega_groups.to_numpy()[[0, *(order + 1)]], theirs_groups, "omega_group")
    own = want.get("own_tight")
    if own:
        for theirs, ours in (
            ("omega_h", "omega_hierarchical"),
            ("omega_total", "omega_total"),
            ("omega_lim", "omega_limit"),
        ):
            assert_close(name, glance[ours], own[theirs], f"own_tight {theirs}")
        assert_close(name, fit.schmid_leiman["general"], list(own["g_loadings"].values()), "own_tight g_loadings")
        assert_close(name, fit.schmid_leiman["communality"], list(own["h2"].values()), "own_tight h2")


def test_bootstrap_intervals_on_fixed_resamples() -> None:
    name = "r14_bca_attitude_alpha"
    want = results(name)
    rows = pd.read_csv(HERE / "reference" / "data" / "boot_idx_attitude_1999.csv").to_numpy() - 1
    fit = reliability(data("attitude"), resamples=rows)
    assert fit.bootstrap is not None
    alpha = fit.bootstrap.query("statistic == 'alpha'").set_index("method")
    for method, theirs in (
        ("normal", want["boot_ci"]["normal"]),
        ("basic", want["boot_ci"]["basic"]),
        ("percentile_boot", want["boot_ci"]["percent"]),
        ("bca_regression", want["boot_ci"]["bca"]),
        ("percentile", want["percentile_type7"]),
        ("bca_jackknife", want["own_bca_jackknife"]["limits"]),
        ("bca_jackknife_boot", want["own_bca_jackknife_norminter"]),
    ):
        assert_close(name, alpha.loc[method, ["conf_low", "conf_high"]], theirs, method)
    assert_close(name, alpha["boot_sd"].iloc[0], want["boot_sd"])


def test_bootstrap_intervals_on_new_resamples_lie_in_the_band() -> None:
    band = case("r14_bca_attitude_alpha")["results"]["band"]
    fit = reliability(data("attitude"), n_boot=2000, random_state=3)
    assert fit.bootstrap is not None
    alpha = fit.bootstrap.query("statistic == 'alpha'").set_index("method")
    got = alpha.loc["percentile_boot", ["conf_low", "conf_high"]].to_numpy(dtype=float)
    # The band is for 9,999 resamples; the spread of 2,000 is sqrt(5) times as wide.
    assert np.all(np.abs(got - band["percent_mean"]) < 4 * np.sqrt(5) * np.array(band["percent_sd_between_runs"]))


def _match(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """For each of their columns the number of ours that is nearest to it."""
    return np.array([int(np.argmin(np.abs(ours - theirs[:, [j]]).sum(axis=0))) for j in range(theirs.shape[1])])


def test_pairwise_answers() -> None:
    want = json.loads((HERE / "reference" / "extra" / "psychometrics.json").read_text(encoding="utf-8"))
    fit = reliability(data("bfi")[[f"E{i}" for i in range(1, 6)]], missing="pairwise", reverse=["E1", "E2"])
    glance, tidy, total = fit.glance().iloc[0], fit.tidy(), want["alpha_pairwise"]["total"]
    for theirs, ours in PSYCH_TOTAL.items():
        if theirs != "ase":  # psych divides by all rows; here n is that of the least-answered pair
            np.testing.assert_allclose(glance[ours], total[theirs], rtol=1e-9, err_msg=theirs)
    np.testing.assert_allclose(tidy["r_item_rest"], want["alpha_pairwise"]["r_drop"], rtol=1e-9)
    np.testing.assert_allclose(tidy["r_item_total_standardised"], want["alpha_pairwise"]["std_r"], rtol=1e-9)
    assert list(tidy["n"]) == want["alpha_pairwise"]["n"]
    assert glance["n"] < glance["n_rows"]


def test_ordinal_alpha_and_odd_split_halves() -> None:
    want = json.loads((HERE / "reference" / "extra" / "psychometrics.json").read_text(encoding="utf-8"))
    ordinal = reliability(data("bfi")[[f"N{i}" for i in range(1, 6)]].dropna(), correlation="polychoric")
    np.testing.assert_allclose(ordinal.fit["alpha"], want["ordinal_alpha"]["alpha"], rtol=1e-6)
    glance = reliability(data("attitude")).glance().iloc[0]
    for theirs, ours in (("maxrb", "max"), ("meanr", "mean"), ("minrb", "min")):
        np.testing.assert_allclose(glance[f"split_half_{ours}"], want["split7"][theirs], rtol=1e-9)


def test_omega_of_further_items() -> None:
    want = json.loads((HERE / "reference" / "extra" / "psychometrics.json").read_text(encoding="utf-8"))
    bfi, ability = data("bfi").iloc[:, :25].dropna(), data("ability").dropna()
    hs = data("hs1939")[[f"x{i}" for i in range(1, 10)]]
    for key, items, m in (("bfi5", bfi, 5), ("ability3", ability, 3), ("ability4", ability, 4), ("hs2", hs, 2)):
        glance = reliability(items, n_factors=m).glance().iloc[0]
        got = glance[["omega_hierarchical", "omega_total", "omega_limit"]].astype(float)
        np.testing.assert_allclose(got, list(want["omega"][key].values()), atol=1e-4, err_msg=key)
    names = ("omega_model_implied_denominator", "omega_observed_variance_denominator", "omega_minres_std")
    for key, items in (("E", bfi[[f"E{i}" for i in range(1, 6)]]), ("ability", ability), ("hs", hs)):
        items = data("bfi")[[f"E{i}" for i in range(1, 6)]].dropna() if key == "E" else items
        glance = reliability(items).glance().iloc[0]
        got = glance[["omega_ml", "omega_ml_observed", "omega_minres"]].astype(float)
        np.testing.assert_allclose(got, [want["omega1"][key][n] for n in names], rtol=1e-6, err_msg=key)
