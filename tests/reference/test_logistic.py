"""Logistic regression and Firth's: cases r09_*, r06_cluster_logit_api."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import assert_close, data, frame, matrix, results

import resilience_stats as rs


def endometrial() -> tuple[pd.DataFrame, str, list[str]]:
    return data("endometrial"), "HG", ["NV", "PI", "EH"]


def vaso() -> tuple[pd.DataFrame, str, list[str]]:
    d = data("vaso")
    return d.assign(lv=np.log(d["Volume"]), lr=np.log(d["Rate"])), "Y", ["lv", "lr"]


def birthwt() -> tuple[pd.DataFrame, str, list[str]]:
    d = data("birthwt")
    d = d.assign(race2=(d["race"] == 2).astype(int), race3=(d["race"] == 3).astype(int))
    return d, "low", ["age", "lwt", "race2", "race3", "smoke", "ptl", "ht", "ui"]


CASES = {
    "r09_firth_endometrial": endometrial,
    "r09_firth_separated12": lambda: (data("separated12"), "y", ["x1", "x2"]),
    "r09_firth_separated_binary18": lambda: (data("separated_binary18"), "y", ["x"]),
    "r09_firth_sex2": lambda: (data("sex2"), "case", ["age", "oc", "vic", "vicl", "vis", "dia"]),
    "r09_firth_vaso": vaso,
    "r09_logistic_birthwt": birthwt,
}
QUIET = {"check_budget": "off"}


@pytest.mark.parametrize("name", CASES)
def test_firth_estimates_tests_and_fit_figures(name: str) -> None:
    fit, want = rs.fit_logistic(*CASES[name](), penalty="firth", **QUIET), results(name)["firth"]
    tidy, glance, table = fit.tidy(), fit.glance().iloc[0], frame(want["table"])
    for ours, theirs in (
        ("estimate", "coef"), ("std_error", "se"), ("std_error_augmented", "se_augmented"), ("statistic", "plr_chisq"),
        ("p_value", "plr_p"),
    ):  # fmt: skip
        assert_close(name, tidy[ours], table[theirs], theirs)
    assert_close(name, fit.vcov, matrix(want["vcov"]), "vcov")
    assert_close(name, fit.fitted, list(want["fitted"].values()), "fitted")
    assert_close(name, fit.rows["leverage"], list(want["hat"].values()), "hat")
    for ours, theirs in (
        ("penalised_log_likelihood", "penalised_loglik"), ("log_likelihood", "loglik_unpenalised"),
        ("penalised_log_likelihood_null", "penalised_loglik_null_full_penalty"),
    ):  # fmt: skip
        assert_close(name, glance[ours], want[theirs], theirs)
    assert_close(name, glance["penalised_lr_chi_square"], want["global_plr"]["chisq"], "global_plr")


@pytest.mark.parametrize("name", CASES)
def test_firth_profile_limits_at_least_as_far_out_as_the_local_maxima_where_r_stops(name: str) -> None:
    tidy, want = rs.fit_logistic(*CASES[name](), penalty="firth", **QUIET).tidy(), results(name)["firth"]
    table = frame(want["table"])
    for ours, theirs, side in (("conf_low", "lower", -1), ("conf_high", "upper", 1)):
        safe = np.array(want[f"ci_{theirs}_safe"])
        assert_close(name, tidy.loc[safe, ours], table.loc[safe, f"ci_{theirs}"], f"ci_{theirs}")
        gain = side * (tidy[ours].to_numpy() - table[f"ci_{theirs}"].to_numpy())
        assert (gain > -1e-6 * np.abs(table[f"ci_{theirs}"].to_numpy()) - 1e-6).all()


@pytest.mark.parametrize("penalty", ["flic", "flac"])
@pytest.mark.parametrize("name", CASES)
def test_corrected_intercepts(name: str, penalty: str) -> None:
    fit, want = rs.fit_logistic(*CASES[name](), penalty=penalty, **QUIET), results(name)[penalty]
    assert_close(name, fit.tidy()["estimate"], list(want["coef"].values()), f"{penalty}.coef")
    assert_close(name, fit.fitted, list(want["fitted"].values()), f"{penalty}.fitted")
    glance = fit.glance().iloc[0]
    assert_close(name, glance[["mean_predicted", "observed"]], [want["mean_predicted"], want["observed"]], "means")
    if penalty == "flac":
        assert_close(name, glance["pseudo_indicator"], want["pseudo_indicator_coef"], "pseudo_indicator_coef")
        theirs = results(name)["logistf"]
        if isinstance(theirs, dict) and theirs["flac_ci_lower"]:
            assert_close(name, fit.tidy()["conf_low"], list(theirs["flac_ci_lower"].values()), "logistf")
            assert_close(name, fit.tidy()["conf_high"], list(theirs["flac_ci_upper"].values()), "logistf")
            assert_close(name, fit.tidy()["p_value"], list(theirs["flac_p"].values()), "logistf")


def test_closed_form_of_one_separated_indicator() -> None:
    name = "r09_firth_separated_binary18"
    fit = rs.fit_logistic(*CASES[name](), penalty="firth", **QUIET)
    assert_close(name, fit.tidy()["estimate"], list(results(name)["closed_form"].values()), "closed_form")


@pytest.mark.parametrize("name", ["r09_firth_vaso", "r09_logistic_birthwt"])
def test_maximum_likelihood(name: str) -> None:
    fit, want = rs.fit_logistic(*CASES[name](), **QUIET), results(name)["ml"]
    tidy, glance, table = fit.tidy(), fit.glance().iloc[0], frame(want["coef"])
    for ours, theirs in (
        ("estimate", "estimate"), ("std_error", "se"), ("statistic", "z"), ("p_value", "p"),
        ("conf_low", "pl_ci_lower"),
        ("conf_high", "pl_ci_upper"), ("lr_chi_square", "lr_chisq"), ("lr_p_value", "lr_p"),
    ):  # fmt: skip
        assert_close(name, tidy[ours], table[theirs], theirs)
    assert_close(name, fit.vcov, matrix(want["vcov"]), "vcov")
    for ours, theirs in (
        ("deviance", "deviance"), ("null_deviance", "null_deviance"), ("aic", "AIC"), ("log_likelihood", "logLik"),
        ("mcfadden_r2", "mcfadden"), ("cox_snell_r2", "cox_snell"), ("nagelkerke_r2", "nagelkerke"),
        ("tjur_r2", "tjur"), ("n", "n"), ("events", "events"),
    ):  # fmt: skip
        assert_close(name, glance[ours], want[theirs], theirs)
    lr = want["lr_global"]
    assert_close(name, glance[["lr_chi_square", "lr_df", "lr_p_value"]], [lr["chisq"], lr["df"], lr["p"]], "lr_global")
    for ours, theirs in (
        ("leverage", "leverage_first10"), ("cooks_distance", "cooks_first10"),
        ("deviance_residual", "deviance_residuals_first10"),
    ):  # fmt: skip
        assert_close(name, fit.rows[ours].iloc[:10], want[theirs], theirs)


@pytest.mark.parametrize(
    ("penalty", "key"), [("median_bias", "AS_median"), ("mixed", "AS_mixed"), ("firth", "AS_mean")]
)
def test_bias_reduction_of_brglm2(penalty: str, key: str) -> None:
    name = "r09_median_bias_reduction_endometrial"
    tidy = rs.fit_logistic(*endometrial(), penalty=penalty, **QUIET).tidy()
    assert_close(name, tidy["estimate"], list(results(name)[key]["coef"].values()), key)
    assert_close(name, tidy["std_error"], list(results(name)[key]["se"].values()), key)


def test_sandwich_and_cluster_covariances() -> None:
    name = "r06_cluster_logit_api"
    d = data("apiclus1")[["api00", "meals", "ell", "dnum"]].dropna()
    d["hi"] = (d["api00"] > 650).astype(int)
    want = results(name)
    for kind, key in (
        ("HC0", "sandwich_HC0"), ("CR0", "vcovCL_HC0_cadjust_false"), ("CR1S", "vcovCL_HC1"),
        ("CR2", "clubSandwich_CR2"),
    ):  # fmt: skip
        cluster = None if kind == "HC0" else "dnum"
        fit = rs.fit_logistic(d, "hi", ["meals", "ell"], cluster=cluster, vcov=kind, **QUIET)
        assert_close(name, fit.vcov, matrix(want[key]), key)
        assert_close(name, fit.vcov_model, matrix(want["vcov_model"]), "vcov_model")
        assert_close(name, fit.tidy()["estimate"], list(want["coef"].values()), "coef")
    assert rs.fit_logistic(d, "hi", ["meals", "ell"], cluster="dnum", **QUIET).tidy()["df"].between(1, 14).all()


@pytest.mark.parametrize(("penalty", "key"), [("lasso", "lasso"), ("ridge", "ridge"), ("elastic_net", "enet_.5")])
def test_shrinkage_at_fixed_strength_is_that_of_glmnet(penalty: str, key: str) -> None:
    name = "r13_glmnet_binomial_birthwt"
    want = matrix(results(name)[key]["coef"])
    for strength in results(name)["lambda"]:
        fit = rs.fit_logistic(*birthwt(), penalty=penalty, strength=strength, **QUIET)
        assert_close(name, fit.tidy()["estimate"], want[f"{strength:.3f}"], f"{key}.coef")
