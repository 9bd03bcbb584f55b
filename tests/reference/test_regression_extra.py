"""Options of regression that the public cases leave out, against R (extra/regression.R)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support import data

from resilience_stats.models.alternatives import fit_fractional, fit_quantile, fit_robust
from resilience_stats.models.linear import fit_linear
from resilience_stats.models.linear_inference import joint_test, predict_linear
from resilience_stats.models.mixed import fit_mixed
from resilience_stats.models.weights import rake_weights, survey_estimates
from resilience_stats.stats.least_squares import LeastSquares
from resilience_stats.stats.logistic import fit_binomial
from resilience_stats.stats.sandwich import (
    cluster_covariance,
    generalised_fit,
    hc_covariance,
    htz_test,
    satterthwaite_df,
)

WANT: dict[str, Any] = json.loads((Path(__file__).parent / "extra" / "regression.json").read_text(encoding="utf-8"))


def close(got: object, want: object, rtol: float = 1e-8, atol: float = 1e-12) -> None:
    np.testing.assert_allclose(np.asarray(got, dtype=float), np.asarray(want, dtype=float), rtol=rtol, atol=atol)


@pytest.fixture(scope="module")
def schools() -> pd.DataFrame:
    d = data("apiclus1")[["api00", "meals", "ell", "enroll", "stype", "dnum"]].dropna()
    return d.assign(w=1 + d["enroll"] / 1000, high=(d["api00"] > 650).astype(float))


def test_weighted_covariances(schools: pd.DataFrame) -> None:
    want = WANT["weighted"]
    for kind, errors in want["se"].items():
        fit = fit_linear(schools, "api00", ["meals", "ell"], weights="w", cluster="dnum", vcov=kind)
        close(fit.tidy()["std_error"], errors)
    for kind, errors in want["hc"].items():
        close(fit_linear(schools, "api00", ["meals", "ell"], weights="w", vcov=kind).tidy()["std_error"], errors)


@pytest.mark.parametrize("kind", ["CR1", "CR2", "CR3"])
def test_weighted_small_sample_tests(schools: pd.DataFrame, kind: str) -> None:
    want = WANT["weighted"][kind]
    fit = fit_linear(schools, "api00", ["meals", "ell"], weights="w", cluster="dnum", vcov=kind)
    row = joint_test(fit, ["meals", "ell"], method="HTZ").iloc[0]
    close(row[["statistic", "df_num", "df_den", "p_value"]], [want[k] for k in ("F", "df_num", "df_den", "p")])
    if kind == "CR2":
        close(fit.tidy()["df"], want["df"])


def test_weighted_fit_and_influence(schools: pd.DataFrame) -> None:
    want = WANT["weighted"]
    fit = fit_linear(schools, "api00", ["meals", "ell"], weights="w")
    close(fit.glance()[["log_likelihood", "r_squared", "adj_r_squared", "sigma"]].iloc[0].astype(float),
          [want["logLik"], want["r2"], want["adj_r2"], want["sigma"]])  # fmt: skip
    for ours, theirs in [
        ("studentised_residual", "rstudent"), ("cooks_distance", "cooks"), ("dffits", "dffits"), ("leverage", "hat"),
    ]:  # fmt: skip
        close(fit.influence[ours].iloc[:10], want[theirs])
    close(fit.terms["gvif"], want["vif"])


def test_sandwiches_of_a_logistic_model(schools: pd.DataFrame) -> None:
    want = WANT["logistic"]
    x = np.column_stack([np.ones(len(schools)), schools[["meals", "ell"]]])
    y = schools["high"].to_numpy()
    solved = fit_binomial(x, y)
    variance = solved.fitted * (1 - solved.fitted)
    fit: LeastSquares = generalised_fit(x, y, solved.predictor, solved.fitted, variance, variance)
    close(fit.coefficients, want["coef"], 1e-7)
    clusters = schools["dnum"].to_numpy()
    for kind, errors in want["se"].items():
        found = cluster_covariance(fit, clusters, kind, target=variance)
        close(np.sqrt(np.diag(found.vcov)), errors, 1e-7)
    for kind, errors in want["hc"].items():
        close(np.sqrt(np.diag(hc_covariance(fit, kind))), errors, 1e-7)
    found = cluster_covariance(fit, clusters, "CR2", target=variance)
    close(satterthwaite_df(found), want["CR2"]["df"], 1e-7)
    test = htz_test(found, np.eye(3)[1:])
    close([test.statistic, test.df_den, test.p_value], [want["CR2"][k] for k in ("F", "df_den", "p")], 1e-6)


def test_factors_contrasts_and_predictions(schools: pd.DataFrame) -> None:
    want = WANT["factor"]
    plain = fit_linear(schools, "api00", ["meals", "stype"], vcov="classical")
    close(plain.terms["gvif"], want["gvif"])
    close(plain.terms["gvif_scaled"], want["gvif_scaled"])
    close(plain.terms["statistic"], want["type2_F"])
    close(fit_linear(schools, "api00", ["meals", "stype"]).terms["statistic"], want["hc3_F"])
    clustered = fit_linear(schools, "api00", ["meals", "stype"], cluster="dnum")
    row = joint_test(clustered, ["stype"]).iloc[0]
    close(row[["statistic", "df_den", "p_value"]], [want["stype_HTZ"][k] for k in ("F", "df_den", "p")])
    new = pd.DataFrame({"meals": [20, 60], "stype": ["H", "E"]})
    found = predict_linear(clustered, new)
    close(found[["estimate", "std_error", "df"]], np.column_stack(list(want["contrast"].values())))
    mean = predict_linear(plain, new)
    close(mean[["estimate", "conf_low", "conf_high"]], want["confidence"])
    close(mean[["estimate", "pred_low", "pred_high"]], want["prediction"])


def test_stratified_cluster_sample_with_finite_population() -> None:
    want = WANT["survey"]
    d = data("apiclus1")
    d = d.assign(w=20 + d["enroll"].fillna(0) / 50, half=d["dnum"] % 2, N=np.where(d["dnum"] % 2 == 0, 400, 357))
    options = {"weights": "w", "cluster": "dnum", "strata": "half", "population": "N"}
    found = survey_estimates(d, ["api00", "meals"], **options).tidy()
    mean = found[found["statistic_name"] == "mean"]
    close(mean["estimate"], want["mean"])
    close(mean["std_error"], want["se"])
    close(mean["design_effect"], want["deff"])
    assert (mean["df"] == want["df"]).all()
    assert found["std_error"][1] == pytest.approx(want["total_se"])
    fit = fit_linear(d, "api00", ["meals", "ell"], vcov="survey", **options).tidy()
    close(fit[["estimate", "std_error"]], np.column_stack([want["coef"], want["coef_se"]]))
    assert (fit["df"] == want["coef_df"]).all()


def test_raking_unequal_weights() -> None:
    want = WANT["rake"]
    d = data("apiclus1")
    d = d.assign(w=20 + d["enroll"].fillna(0) / 50, half=d["dnum"] % 2)
    margins = {"stype": {"E": 4000, "H": 1000, "M": 1194}, "half": {0: 3000, 1: 3194}}
    raked = rake_weights(d, margins, weights="w")
    close(raked.weights.iloc[:10], want["weights"], 1e-7)
    close(raked.glance()["n_effective"], want["neff"], 1e-7)
    row = survey_estimates(d, ["meals"], weights=raked).tidy().iloc[0]
    close([row["estimate"], row["std_error"]], [want["mean"], want["se"]], 1e-6)


def pupils() -> pd.DataFrame:
    d = data("popmis").iloc[::3]
    return d.assign(tall=(d["pupil"] - 10) / 5, liked=(d["teachpop"] > 5).astype(int))


def sleep() -> pd.DataFrame:
    d = data("sleepstudy").drop(index=[2, 3, 16, *range(39, 45)])
    return d.assign(k=(d["Subject"] % 3).astype("category"))


MIXED = {
    "slopes": (sleep, "Reaction", ["Days", "k"], "Subject", ["Days"], "k"),
    "slopes_ml": (sleep, "Reaction", ["Days", "k"], "Subject", ["Days"], "k"),
    "pupils": (pupils, "teachpop", ["sex", "texp"], "school", [], None),
    "pupils_slope": (pupils, "teachpop", ["sex", "texp"], "school", ["sex"], None),
    "two_slopes": (pupils, "teachpop", ["sex", "tall"], "school", ["sex", "tall"], None),
    "schools": (lambda: data("apiclus1"), "api00", ["meals", "ell", "stype"], "dnum", [], "stype"),
}


@pytest.mark.parametrize("name", MIXED)
def test_mixed_models(name: str) -> None:
    make, outcome, predictors, group, slopes, factor = MIXED[name]
    want = WANT[name]
    reml = not name.endswith("_ml")
    fit = fit_mixed(make(), outcome, predictors, group=group, slopes=slopes, reml=reml)
    # the optimum is flat: R's optimiser stops up to 1e-6 from it
    assert fit.glance()["criterion"][0] <= want["criterion"] + 1e-6
    close(fit.glance()["criterion"], want["criterion"], 1e-8)
    close(fit.tidy()["estimate"], want["estimate"], 1e-5)
    close(fit.tidy()["std_error"], want["se"], 1e-4)
    close(fit.theta, np.atleast_1d(want["theta"]), 2e-3, 2e-3)
    if name != "two_slopes":  # a singular fit: its Hessian is that of another parametrisation
        close(fit.tidy()["df"], want["df"], 1e-3)
    if factor is not None:
        close(fit.terms.set_index("predictor").loc[factor, ["statistic", "df_den"]].astype(float),
              [want["F"], want["df_den"]], 1e-3)  # fmt: skip
    if reml:
        kr = fit_mixed(make(), outcome, predictors, group=group, slopes=slopes, df="kenward_roger")
        close(kr.tidy()["std_error"], want["kr_se"], 1e-4)
        close(kr.tidy()["df"], want["kr_df"], 1e-3)
        if factor is not None:
            close(kr.terms.set_index("predictor").loc[factor, ["statistic", "df_den"]].astype(float),
                  [want["kr_F"], want["kr_df_den"]], 1e-3)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "predictors", "slopes", "points"),
    [("binary", ["sex", "texp"], [], 1), ("binary_agq", ["sex", "texp"], [], 7), ("binary_slope", ["sex"], ["sex"], 1)],
)
def test_logistic_mixed_models(name: str, predictors: list[str], slopes: list[str], points: int) -> None:
    want = WANT[name]
    fit = fit_mixed(
        pupils(), "liked", predictors, group="school", slopes=slopes, family="binomial", n_quadrature=points
    )
    logged = fit.glance()["log_likelihood" if points == 1 else "log_likelihood_relative"][0]
    assert logged == pytest.approx(want["logLik"], rel=1e-6)
    close(fit.tidy()["estimate"], want["estimate"], 1e-3)
    close(fit.tidy()["std_error"], want["se"], 1e-3)
    close(fit.theta, np.atleast_1d(want["theta"]), 1e-3, 1e-4)


@pytest.mark.parametrize("name", ["prestige", "attitude", "stackloss", "swiss"])
def test_robust(name: str) -> None:
    want = WANT["robust"][name]
    if name == "stackloss":
        d = pd.DataFrame(WANT["stackloss_data"])
        outcome, predictors = "stack.loss", list(d.columns[:-1])
    else:
        d = data(name)
        outcome, predictors = {
            "prestige": ("prestige", ["income", "education"]),
            "attitude": ("rating", list(data("attitude").columns[1:])),
            "swiss": ("Fertility", ["Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality"]),
        }[name]
    mm = fit_robust(d, outcome, predictors)
    close(mm.glance()["sigma"], want["mm_scale"], 1e-6)
    close(mm.tidy()["estimate"], want["mm"], 1e-5)
    close(mm.tidy()["std_error"], want["mm_se"], 1e-4)
    close(mm.rows["weight"], want["mm_weights"], 1e-4, 1e-5)
    huber = fit_robust(d, outcome, predictors, method="huber")
    close(huber.glance()["sigma"], want["huber_scale"], 1e-6)
    close(huber.tidy()["estimate"], want["huber"], 1e-6)
    close(huber.tidy()["std_error"], want["huber_se"], 1e-5)


@pytest.mark.parametrize("name", ["prestige_25", "prestige_90", "schools_50", "schools_80"])
def test_quantile(name: str, schools: pd.DataFrame) -> None:
    file, level = name.split("_")
    d = data("prestige") if file == "prestige" else schools
    outcome, predictors = ("prestige", ["income", "education"]) if file == "prestige" else (
        "api00", ["meals", "ell", "enroll"])  # fmt: skip
    found = fit_quantile(d, outcome, predictors, tau=int(level) / 100).tidy()
    close(found["estimate"], WANT["quantile"][name]["estimate"], 1e-7)
    close(found["std_error"], WANT["quantile"][name]["se"], 1e-5)


def test_fractional() -> None:
    d = data("prestige").assign(share=lambda f: f["prestige"] / 100)
    for kind, errors in WANT["fractional"]["se"].items():
        found = fit_fractional(d, "share", ["income", "education"], vcov=kind).tidy()
        close(found["std_error"], errors)
        close(found["estimate"], WANT["fractional"]["coef"])
