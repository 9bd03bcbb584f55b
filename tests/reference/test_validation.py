"""Optimism, shrinkage, cross-validation: cases r10_*."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import assert_close, data, frame, matrix, results

import resilience_stats as rs
from resilience_stats.results.performance import ValidationResult

BIRTH, ASAH, ATTITUDE, LOO = (
    "r10_validate_birthwt", "r10_validate_asah_small", "r10_validate_ols_attitude", "r10_shrinkage_birthwt",
)  # fmt: skip
PERF = {
    "c_statistic": "c_statistic", "Dxy": "dxy", "brier": "brier", "brier_scaled": "brier_scaled",
    "calib_slope": "slope",
    "calib_intercept_with_slope": "intercept", "calib_in_the_large": "calibration_in_the_large",
    "mean_log_loss": "log_loss", "OE": "observed_expected", "OE_diff": "observed_minus_expected",
}  # fmt: skip
RMS = {"Dxy": "dxy", "R2": "r2", "Intercept": "intercept", "Slope": "slope", "D": "d", "U": "u", "Q": "q", "B": "brier",
       "g": "g", "gp": "gp"}  # fmt: skip
OLS = {"R-square": "r2", "MSE": "mse", "g": "g", "Intercept": "intercept", "Slope": "slope"}


def birthwt() -> tuple[pd.DataFrame, str, list[str]]:
    d = data("birthwt")
    d = d.assign(race2=(d["race"] == 2).astype(int), race3=(d["race"] == 3).astype(int))
    return d, "low", ["age", "lwt", "race2", "race3", "smoke", "ptl", "ht", "ui"]


def asah() -> tuple[pd.DataFrame, str, list[str]]:
    d = data("asah")
    d = d.assign(
        y=(d["outcome"] == "Poor").astype(int), fem=(d["gender"] == "Female").astype(int), ls=np.log(d["s100b"]),
        ln=np.log(d["ndka"]),
    )  # fmt: skip
    return d, "y", ["fem", "age", "wfns", "ls", "ln"]


@pytest.fixture(scope="module")
def fixed() -> ValidationResult:
    rows = data("boot_idx_birthwt_200").to_numpy() - 1
    return rs.validate_model(rs.fit_logistic(*birthwt()), resamples=rows, methods=("loo",))


def test_optimism_on_the_same_resamples(fixed: ValidationResult) -> None:
    want, rows = results(BIRTH)["fixed_index"], fixed.tidy().set_index("term")
    for theirs, ours in PERF.items():
        for column, key in (
            ("apparent", "apparent"), ("training", "train_mean"), ("test", "test_mean"), ("optimism", "optimism"),
            ("corrected", "corrected"), ("optimism_mcse", "optimism_mc_se"),
        ):  # fmt: skip
            assert_close(BIRTH, rows.loc[ours, column], want[key][theirs], f"fixed_index.{key}.{theirs}")
    for kind, column in (("train", "training"), ("test", "test")):
        first = matrix(want["first5_resamples"][kind])
        got = fixed.resamples.pivot(index="resample", columns="term", values=column).iloc[:5]
        for theirs, ours in PERF.items():
            assert_close(BIRTH, got[ours], first[theirs], f"first5.{kind}.{theirs}")


@pytest.mark.parametrize(("name", "make"), [(BIRTH, birthwt), (ASAH, asah)])
def test_bootstrap_of_rms_within_its_monte_carlo_error(name: str, make: object) -> None:
    assert callable(make)
    want = frame(results(name)["rms_validate"]["table"])
    rows = rs.validate_model(rs.fit_logistic(*make()), n_boot=1000, random_state=7).tidy().set_index("term")
    for theirs, ours in RMS.items():
        assert_close(name, rows.loc[ours, "apparent"], want.loc[theirs, "apparent"], "apparent")
        reach = 4 * want.loc[theirs, "optimism_mcse"] * np.sqrt(1 + 2000 / 1000)
        assert abs(rows.loc[ours, "optimism"] - want.loc[theirs, "optimism"]) < reach, theirs
    assert abs(rows.loc["emax", "corrected"] - want.loc["Emax", "corrected"]) < 0.02


def test_apparent_figures_of_lrm_and_val_prob() -> None:
    for name, make in ((BIRTH, birthwt), (ASAH, asah)):
        want = results(name)
        fit = rs.fit_logistic(*make(), check_budget="off")
        stats, glance = want["lrm"]["stats"], fit.glance().iloc[0]
        assert_close(name, fit.tidy()["estimate"], list(want["lrm"]["coef"].values()), "lrm.coef")
        for theirs, ours in (("Model L.R.", "lr_chi_square"), ("P", "lr_p_value"), ("C", "c_statistic"),
                             ("R2", "nagelkerke_r2"), ("Brier", "brier"), ("Dxy", "dxy"), ("Gamma", "gamma"),
                             ("Tau-a", "tau_a"), ("g", "g"), ("gr", "gr"), ("gp", "gp")):  # fmt: skip
            assert_close(name, glance[ours], stats[theirs], theirs)
        made = rs.calibration(fit.rows["outcome"], fit.fitted).glance().iloc[0]
        for theirs, ours in (("D", "d"), ("U", "u"), ("Q", "q"), ("Emax", "emax_rms"), ("E90", "e90_rms"),
                             ("Eavg", "eavg_rms"), ("S:z", "spiegelhalter_z")):  # fmt: skip
            assert_close(name, made[ours], want["val_prob_apparent"][theirs], f"val_prob.{theirs}")


def test_corrected_calibration_curve() -> None:
    want = frame(results(BIRTH)["rms_calibrate"])
    made = rs.validate_model(rs.fit_logistic(*birthwt()), n_boot=300, random_state=3, curve=want["predy"])
    assert_close(BIRTH, made.curve["apparent"], want["calibrated_orig"], "curve")
    np.testing.assert_allclose(made.curve["corrected"], want["calibrated_corrected"], atol=0.02)
    rows = made.tidy().set_index("term")
    assert rows.loc["ici", "corrected"] > rows.loc["ici", "apparent"]


def test_heuristic_shrinkage_and_leave_one_out(fixed: ValidationResult) -> None:
    want, glance = results(LOO), fixed.glance().iloc[0]
    assert_close(LOO, glance["heuristic_shrinkage"], want["heuristic"], "heuristic")
    assert_close(LOO, glance["model_chi_square"], want["model_chisq"], "model_chisq")
    assert_close(LOO, fixed.predictions["loo"].iloc[:10], want["loo_predictions_first10"], "loo")
    rows = fixed.methods[fixed.methods["method"] == "loo"].set_index("term")["estimate"]
    for theirs, ours in PERF.items():
        assert_close(LOO, rows[ours], want["loo_perf"][theirs], f"loo_perf.{theirs}")


def test_linear_model_on_the_same_resamples_and_left_out() -> None:
    want, d = results(ATTITUDE), data("attitude")
    fit = rs.fit_linear(d, "rating", [c for c in d.columns if c != "rating"], vcov="classical")
    made = rs.validate_model(fit, resamples=data("boot_idx_attitude_300").to_numpy() - 1, methods=("loo",))
    rows = made.tidy().set_index("term")
    fixed = want["fixed_index"]
    assert_close(ATTITUDE, rows.loc["r2", "apparent"], want["apparent_r2"], "apparent_r2")
    for column, key in (
        ("training", "train_mean"),
        ("test", "test_mean"),
        ("optimism", "optimism"),
        ("corrected", "corrected_r2"),
    ):
        assert_close(ATTITUDE, rows.loc["r2", column], fixed[key], f"fixed_index.{key}")
    assert_close(ATTITUDE, rows.loc["mse", "test"], fixed["mean_test_mse"], "mean_test_mse")
    left = made.methods.set_index("term")["estimate"]
    assert_close(ATTITUDE, left["r2_about_full_mean"], want["loo_r2_about_full_mean"], "loo_r2")
    assert_close(ATTITUDE, left["rmse"], want["loo_rmse"], "loo_rmse")
    table = frame(want["rms_validate"]["table"])
    drawn = rs.validate_model(fit, n_boot=2000, random_state=5).tidy().set_index("term")
    for theirs, ours in OLS.items():
        assert_close(ATTITUDE, drawn.loc[ours, "apparent"], table.loc[theirs, "apparent"], "apparent")
        reach = 4 * np.sqrt(2) * table.loc[theirs, "optimism_mcse"]
        assert abs(drawn.loc[ours, "optimism"] - table.loc[theirs, "optimism"]) < reach, theirs
