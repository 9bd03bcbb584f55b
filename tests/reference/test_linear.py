"""Linear models against R: lm, sandwich, clubSandwich, lmtest, car and survey."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import assert_close, data, frame, matrix, results

from resilience_stats.models.linear import fit_linear
from resilience_stats.results.linear import LinearResult


def attitude() -> tuple[pd.DataFrame, str, list[str]]:
    d = data("attitude")
    return d, "rating", list(d.columns[1:])


def swiss() -> tuple[pd.DataFrame, str, list[str]]:
    d = data("swiss")
    return d, "Fertility", ["Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality"]


def longley() -> tuple[pd.DataFrame, str, list[str]]:
    d = data("longley")
    return d, "Employed", ["GNP.deflator", "GNP", "Unemployed", "Armed.Forces", "Population", "Year"]


def schools() -> tuple[pd.DataFrame, str, list[str]]:
    d = data("public_schools").dropna()
    d = d.assign(Income=d["Income"] * 1e-4)
    return d.assign(Income2=d["Income"] ** 2), "Expenditure", ["Income", "Income2"]


OLS = {
    "r06_ols_attitude": attitude,
    "r06_ols_swiss": swiss,
    "r06_ols_longley": longley,
    "r06_ols_public_schools_quadratic": schools,
}


@pytest.mark.parametrize("name", OLS)
def test_ols_and_its_covariances(name: str) -> None:
    d, y, xs = OLS[name]()
    want = results(name)
    fit = fit_linear(d, y, xs, vcov="classical")
    coef = frame(want["coef"])
    for ours, theirs in [
        ("estimate", "estimate"), ("std_error", "se"), ("statistic", "t"), ("p_value", "p"), ("conf_low", "ci_lower"),
        ("conf_high", "ci_upper"),
    ]:  # fmt: skip
        assert_close(name, fit.tidy()[ours], coef[theirs], f"coef.{theirs}")
    assert_close(name, fit.vcov, matrix(want["vcov"]), "vcov")
    for kind, errors in want["se"].items():
        assert_close(name, fit_linear(d, y, xs, vcov=kind).tidy()["std_error"], list(errors.values()), f"se.{kind}")
    for kind in ("HC2", "HC3", "HC4"):
        assert_close(name, fit_linear(d, y, xs, vcov=kind).vcov, matrix(want[f"vcov_{kind}"]), f"vcov_{kind}")
    robust = fit_linear(d, y, xs)
    assert_close(
        name, robust.tidy()[["estimate", "std_error", "statistic", "p_value"]], matrix(want["HC3_t_test"]), "t"
    )
    assert_close(name, joint(robust), list(want["HC3_wald_F_all_slopes"].values()), "HC3_wald_F_all_slopes")
    for kind in ("HC4m", "HC5"):
        if f"sandwich_{kind}" in want:
            assert_close(name, fit_linear(d, y, xs, vcov=kind).vcov, matrix(want[f"sandwich_{kind}"]), kind)


def joint(fit: LinearResult) -> np.ndarray:
    row = fit.tests.set_index("test").loc["all_slopes"]
    return row[["statistic", "df_num", "df_den", "p_value"]].to_numpy(float)


@pytest.mark.parametrize("name", OLS)
def test_ols_fit_figures(name: str) -> None:
    d, y, xs = OLS[name]()
    want = results(name)
    glance = fit_linear(d, y, xs).glance().iloc[0]
    for ours, theirs in [
        ("n", "n"), ("n_parameters", "p"), ("sigma", "sigma"), ("r_squared", "r2"), ("adj_r_squared", "r2adj"),
        ("log_likelihood", "logLik"), ("aic", "AIC"), ("bic", "BIC"), ("press", "press"), ("loo_r_squared", "loo_r2"),
        ("condition_number", "condition_number_X"),
    ]:  # fmt: skip
        if theirs in want:
            assert_close(name, glance[ours], want[theirs], theirs)
    assert_close(name, glance[["statistic", "df_num", "df_den"]].astype(float), list(want["F"].values()), "F")


@pytest.mark.parametrize("name", OLS)
def test_ols_diagnostics(name: str) -> None:
    d, y, xs = OLS[name]()
    want = results(name)
    fit = fit_linear(d, y, xs)
    tidy = fit.tidy().iloc[1:]
    assert_close(name, tidy["std_beta"], list(want["std_beta"].values()), "std_beta")
    assert_close(name, tidy["vif"], list(want["vif_columns"].values()), "vif")
    assert_close(name, fit.terms["gvif"], list(want["vif_columns"].values()), "vif")
    for ours, theirs in [
        ("leverage", "leverage"), ("cooks_distance", "cooks_distance"), ("standardised_residual", "rstandard"),
        ("studentised_residual", "rstudent"), ("dffits", "dffits"),
    ]:  # fmt: skip
        assert_close(name, fit.influence[ours], want[theirs], theirs)
    assert_close(name, fit.dfbetas, matrix(want["dfbetas"]), "dfbetas")
    tests = fit.tests.set_index("test")
    assert_close(name, tests.loc["breusch_pagan", ["statistic", "df_num", "p_value"]].astype(float),
                 list(want["breusch_pagan_studentised"].values()), "breusch_pagan")  # fmt: skip
    assert_close(name, tests.loc["reset", ["statistic", "df_num", "df_den", "p_value"]].astype(float),
                 list(want["reset_23"].values()), "reset")  # fmt: skip
    assert_close(name, tests.loc["shapiro_wilk", ["statistic", "p_value"]].astype(float),
                 list(want["shapiro_residuals"].values()), "shapiro")  # fmt: skip
    assert_close(name, tests.loc["durbin_watson", "statistic"], want["durbin_watson"], "durbin_watson")
    assert_close(name, tests.loc["outlier", ["statistic", "p_value"]].astype(float),
                 [want["outlier_test_max_abs_rstudent"], want["outlier_bonferroni_p"]], "outlier")  # fmt: skip


CLUSTERED = {
    "r06_cluster_apiclus1": ("apiclus1", "api00", ["meals", "ell", "enroll"], "dnum"),
    "r06_cluster_practice_area": ("gen_practice", "post", ["treated", "pre"], "icb"),
}


@pytest.mark.parametrize("name", CLUSTERED)
def test_cluster_robust(name: str) -> None:
    file, y, xs, cluster = CLUSTERED[name]
    d, want = data(file), results(name)
    fit = fit_linear(d, y, xs, cluster=cluster)
    assert fit.glance()["n"][0] == want["n"]
    assert fit.glance()["n_clusters"][0] == want["n_clusters"]
    assert_close(name, fit.tidy()["estimate"], list(want["coef"].values()), "coef")
    for kind, errors in want["se"].items():
        assert_close(
            name, fit_linear(d, y, xs, cluster=cluster, vcov=kind).tidy()["std_error"], list(errors.values()), kind
        )
    assert_close(name, fit_linear(d, y, xs, cluster=cluster, vcov="CR1S").tidy()["std_error"],
                 list(want["sandwich_vcovCL_HC1"].values()), "vcovCL")  # fmt: skip
    assert_close(name, fit_linear(d, y, xs, vcov="classical").tidy()["std_error"],
                 list(want["conventional_se"].values()), "conventional")  # fmt: skip
    assert_close(name, fit.vcov, matrix(want["vcov_CR2"]), "vcov_CR2")
    test, interval = frame(want["coef_test_CR2"]), frame(want["conf_int_CR2"])
    assert_close(name, fit.tidy()[["estimate", "std_error", "statistic", "df", "p_value"]],
                 test[["beta", "SE", "tstat", "df_Satt", "p_Satt"]], "coef_test_CR2")  # fmt: skip
    assert_close(name, fit.tidy()[["conf_low", "conf_high"]], interval[["CI_L", "CI_U"]], "conf_int_CR2")
    wald = frame(want["wald_HTZ_joint"])
    assert_close(name, joint(fit), wald[["Fstat", "df_num", "df_denom", "p_val"]].iloc[0], "wald_HTZ_joint")


def test_survey_regression() -> None:
    name = "r18_survey_cluster_rake"
    want = results(name)
    d = data("apiclus1")
    fit = fit_linear(d.assign(w=6194 / len(d)), "api00", ["ell", "meals"], cluster="dnum", weights="w", vcov="survey")
    assert_close(name, fit.tidy()["estimate"], list(want["glm_coef"].values()), "glm_coef")
    assert_close(name, fit.tidy()["std_error"], list(want["glm_se"].values()), "glm_se")
    assert fit.tidy()["df"][0] == want["df"] - 2
