"""Discrimination, calibration, decision curves: cases r16_*."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import assert_close, data, frame, matrix, results

import resilience_stats as rs
from resilience_stats.stats.discrimination import best_threshold, delong

BIRTH, NODAL, ASAH = "r16_performance_birthwt", "r16_hl_ties_and_small_groups", "r16_delong_asah_biomarkers"
PERF = {
    "c_statistic": "c_statistic", "Dxy": "dxy", "brier": "brier", "brier_scaled": "brier_scaled",
    "calib_slope": "calibration_slope", "calib_intercept_with_slope": "calibration_intercept",
    "calib_in_the_large": "calibration_in_the_large", "mean_log_loss": "log_loss", "OE": "observed_expected",
    "OE_diff": "observed_minus_expected",
}  # fmt: skip


@pytest.fixture(scope="module")
def birth() -> tuple:
    want = results(BIRTH)
    made = rs.calibration(want["y"], want["p"], other=want["p_simple"])
    return want, made, made.glance().iloc[0]


def test_overall_figures(birth: tuple) -> None:
    want, _, glance = birth
    for theirs, ours in PERF.items():
        assert_close(BIRTH, glance[ours], want["perf"][theirs], theirs)
    simple = rs.calibration(want["y"], want["p_simple"]).glance().iloc[0]
    for theirs, ours in PERF.items():
        assert_close(BIRTH, simple[ours], want["perf_simple"][theirs], theirs)
    for theirs, ours in (
        ("idi", "idi"),
        ("continuous_nri", "continuous_nri"),
        ("average_precision_step", "average_precision"),
    ):
        assert_close(BIRTH, glance[ours], want[theirs], theirs)


def test_delong_interval_and_paired_test(birth: tuple) -> None:
    want, made, _ = birth
    rows = made.tidy().set_index("term")
    assert_close(BIRTH, made.vcov, matrix(want["delong"]["cov"]), "delong.cov")
    assert_close(BIRTH, rows.loc["c_statistic", ["conf_low", "estimate", "conf_high"]], want["pROC"]["ci"], "pROC.ci")
    assert_close(
        BIRTH, rows.loc["c_other", ["conf_low", "conf_high"]], matrix(want["delong"]["ci95"]).loc["simple"], "ci"
    )
    test = want["delong"]["paired_test"]
    assert_close(
        BIRTH, rows.loc["c_difference", ["estimate", "std_error", "statistic", "p_value"]], list(test.values()), "t"
    )


def test_calibration_indexes(birth: tuple) -> None:
    want, made, glance = birth
    rows = made.tidy().set_index("term")
    for suffix, key in (
        ("", "loess_direct_degree2_span.75"), ("_clipped", "loess_direct_clipped01"),
        ("_interpolated", "loess_interpolate_default_R"), ("_lowess", "lowess_f.667_iter0"),
    ):  # fmt: skip
        got = glance[[f"{k}{suffix}" for k in ("ici", "e50", "e90", "emax")]]
        assert_close(BIRTH, got, list(want["ici"][key].values()), f"ici.{key}")
    assert_close(
        BIRTH, made.curve["loess"], pd.Series(want["ici"]["loess_direct_fitted"]).groupby(want["p"]).mean(), "ici"
    )
    for suffix, key in (("", "equal_width"), ("_equal_size", "equal_frequency_rank_ties_first")):
        assert_close(BIRTH, glance[[f"ece{suffix}", f"mce{suffix}"]], list(want["ece"][key].values()), f"ece.{key}")
    z = want["spiegelhalter_z"]
    assert_close(BIRTH, rows.loc["spiegelhalter_z", ["statistic", "p_value"]], [z["z"], z["p"]], "spiegelhalter_z")
    val = want["val_prob"]
    for theirs, ours in (("R2", "r2"), ("D", "d"), ("U", "u"), ("Q", "q"), ("Brier", "brier"), ("Emax", "emax_rms"),
                         ("E90", "e90_rms"), ("Eavg", "eavg_rms"), ("Dxy", "dxy"),
                         ("C (ROC)", "c_statistic")):  # fmt: skip
        assert_close(BIRTH, glance[ours], val[theirs], f"val_prob.{theirs}")


def test_hosmer_lemeshow(birth: tuple) -> None:
    want, made, _ = birth
    hl, rows = want["hosmer_lemeshow"], made.tidy().set_index("term")
    got = rows.loc["hosmer_lemeshow", ["estimate", "df", "p_value"]]
    assert_close(BIRTH, got, [hl["chisq"], hl["df"], hl["p"]], "hosmer_lemeshow")
    assert_close(BIRTH, got, list(want["ResourceSelection_hoslem"].values()), "ResourceSelection")
    assert_close(BIRTH, rows.loc["hosmer_lemeshow_external", "p_value"], hl["p_external_df_g"], "external")
    for column in ("n", "observed", "expected"):
        assert_close(BIRTH, made.groups[column], hl[column], column)


@pytest.mark.parametrize("groups", [5, 10])
def test_hosmer_lemeshow_with_heavy_ties(groups: int) -> None:
    want = results(NODAL)
    made = rs.calibration(want["y"], want["p"], groups=groups)
    rows, hl = made.tidy().set_index("term"), want[f"g{groups}"]
    assert_close(
        NODAL, rows.loc["hosmer_lemeshow", ["estimate", "df", "p_value"]], [hl["chisq"], hl["df"], hl["p"]], "hl"
    )
    assert_close(NODAL, rows.loc["hosmer_lemeshow_external", "p_value"], hl["p_external_df_g"], "external")
    for column in ("n", "observed", "expected"):
        assert_close(NODAL, made.groups[column], hl[column], column)
    if groups == 5:
        for suffix, key in (("", "equal_width"), ("_equal_size", "equal_frequency_rank_ties_first")):
            got = made.glance()[[f"ece{suffix}", f"mce{suffix}"]].iloc[0]
            assert_close(NODAL, got, list(want["ece"][key].values()), f"ece.{key}")
    delong_want = want["delong"]
    assert_close(NODAL, made.vcov, matrix(delong_want["cov"]), "delong")
    assert_close(NODAL, rows.loc["c_statistic", ["conf_low", "conf_high"]], matrix(delong_want["ci95"]).iloc[0], "ci95")


def test_net_benefit(birth: tuple) -> None:
    want, _, _ = birth
    table, rmda = frame(want["net_benefit"]), frame(want["rmda"])
    rows = rs.decision_curve(want["y"], want["p"], table["threshold"]).tidy()
    model, everyone = rows[rows["term"] == "model"], rows[rows["term"] == "all"]
    for ours, theirs in (("estimate", "nb_model"), ("true_positives", "tp"), ("false_positives", "fp")):
        assert_close(BIRTH, model[ours], table[theirs], f"net_benefit.{theirs}")
    assert_close(BIRTH, everyone["estimate"], table["nb_all"], "net_benefit.nb_all")
    assert_close(BIRTH, rows.loc[rows["term"] == "none", "estimate"], 0 * table["nb_all"], "none")
    for ours, theirs in (("estimate", "NB"), ("standardised", "sNB"), ("sensitivity", "TPR")):
        assert_close(BIRTH, model[ours], rmda[theirs], f"rmda.{theirs}")
    assert_close(BIRTH, 1 - model["specificity"], rmda["FPR"], "rmda.FPR")
    half = model[model["threshold"] == 0.5].iloc[0]
    counts = half[["true_positives", "false_positives", "false_negatives", "true_negatives"]]
    assert_close(BIRTH, counts, list(want["confusion_at_.5"].values()), "confusion")


def test_delong_of_raw_markers_with_ties() -> None:
    d, want = data("asah"), results(ASAH)
    y, markers = (d["outcome"] == "Poor").to_numpy(dtype=float), ["wfns", "s100b", "ndka"]
    made = delong(y, d[markers].to_numpy(dtype=float))
    assert_close(ASAH, made.auc, list(want["own"]["auc"].values()), "auc")
    assert_close(ASAH, made.covariance, matrix(want["own"]["cov"]), "cov")
    assert_close(ASAH, np.column_stack(made.interval()), matrix(want["own"]["ci95"]), "ci95")
    for pair, key in (((0, 1), "pair_wfns_s100b"), ((1, 2), "pair_s100b_ndka")):
        assert_close(ASAH, made.difference(*pair), list(want[key]["paired_test"].values()), key)
    youden = want["youden_s100b"]
    assert_close(ASAH, best_threshold(y, d["s100b"].to_numpy()), list(youden.values()), "youden")
