"""Other data and options than the public cases: R's numbers are in extra/variants.json, made by extra/variants.R."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from support import HERE, data

import resilience_stats as rs

WANT = json.loads((HERE / "reference" / "extra" / "variants.json").read_text(encoding="utf-8"))


def housing() -> pd.DataFrame:
    d = data("housing")
    levels = {"Infl": ["Low", "Medium", "High"], "Type": ["Tower", "Apartment", "Atrium", "Terrace"],
              "Cont": ["Low", "High"], "Sat": ["Low", "Medium", "High"]}  # fmt: skip
    for name, order in levels.items():
        d[name] = pd.Categorical(d[name], order, ordered=True)
    return d


ORDINAL = {
    "nominal_cloglog": (housing, "Sat", ["Type", "Cont"], {"nominal": ["Infl"], "weights": "Freq", "link": "cloglog"}),
    "nominal_scale_probit": (
        housing, "Sat", ["Infl", "Type"],
        {"nominal": ["Cont"], "scale": ["Infl"], "weights": "Freq", "link": "probit"},
    ),
    "nominal_vote": (lambda: data("beps"), "economic.cond.national", ["Europe", "Blair"], {"nominal": ["vote"]}),
    "scale_loglog": (
        lambda: data("beps"), "economic.cond.national", ["Europe", "vote"], {"scale": ["Blair"], "link": "loglog"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("key", ORDINAL)
def test_ordinal_links_with_nominal_and_scale_effects(key: str) -> None:
    make, y, xs, options = ORDINAL[key]
    fit, want = rs.fit_ordinal(make(), y, xs, interval="wald", tests=(), **options), WANT[key]
    np.testing.assert_allclose(fit.tidy()["estimate"], want["coef"], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(fit.tidy()["std_error"], want["se"], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(fit.glance()["log_likelihood"], want["logLik"], rtol=1e-10)


@pytest.mark.parametrize(("key", "quadrature", "link"), [("clmm_cloglog", 10, "loglog"), ("clmm_loglog", 7, "cloglog")])
def test_ordinal_random_intercepts_on_other_links(key: str, quadrature: int, link: str) -> None:
    """R's clmm calls cloglog what its clm calls loglog, and the other way round; ours are clm's."""
    fit = rs.fit_ordinal(data("wine"), "rating", ["temp", "contact"], group="judge", quadrature=quadrature,
                         link=link)  # fmt: skip
    want = WANT[key]
    np.testing.assert_allclose(fit.glance()["log_likelihood"], want["logLik"], rtol=1e-6)
    np.testing.assert_allclose(fit.tidy()["estimate"], want["coef"], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(fit.tidy()["std_error"], want["se"], rtol=2e-3)
    np.testing.assert_allclose(fit.glance()["sigma"], want["sd"], rtol=1e-4)


def test_the_links_of_random_intercepts_are_those_of_fixed_models() -> None:
    """The likelihood at the solution, integrated by brute force with P(Y <= k) = 1 - exp(-exp(.))."""
    d = data("wine")
    fit = rs.fit_ordinal(d, "rating", ["temp", "contact"], group="judge", quadrature=25, link="cloglog")
    estimate, sigma = fit.tidy()["estimate"].to_numpy(), float(fit.glance()["sigma"].iloc[0])
    cuts = np.concatenate([[-np.inf], estimate[:4], [np.inf]])
    level = d["rating"].to_numpy() - 1
    eta = np.column_stack([d["temp"] == "warm", d["contact"] == "yes"]) @ estimate[4:]
    nodes, weights = np.polynomial.hermite_e.hermegauss(101)
    total = 0.0
    for judge in d["judge"].unique():
        rows = (d["judge"] == judge).to_numpy()
        upper, lower = (
            -np.expm1(-np.exp(np.minimum(cuts[level[rows] + k][:, None] - eta[rows][:, None] - sigma * nodes, 700.0)))
            for k in (1, 0)
        )
        total += np.log(weights @ (upper - lower).prod(axis=0) / weights.sum())
    np.testing.assert_allclose(total, fit.glance()["log_likelihood"].iloc[0], rtol=1e-8)


@pytest.mark.parametrize("kind", ["linear", "logistic"])
def test_pooled_comparison_of_nested_models(kind: str) -> None:
    long = data("mi_airquality_m20" if kind == "linear" else "mi_nhanes2_m20")
    if kind == "logistic":
        long = long.assign(hyp=(long["hyp"] == "yes").astype(int))
    sets = [d.reset_index(drop=True) for _, d in long.groupby(".imp")]
    if kind == "linear":
        full = [rs.fit_linear(d, "Ozone", ["Solar.R", "Wind", "Temp"], vcov="classical") for d in sets]
        reduced = [rs.fit_linear(d, "Ozone", ["Temp"], vcov="classical") for d in sets]
    else:
        full = [rs.fit_logistic(d, "hyp", ["bmi", "chl"], check_budget="off") for d in sets]
        reduced = [rs.fit_logistic(d, "hyp", ["bmi"], check_budget="off") for d in sets]
    for method, want in WANT[f"pooled_{kind}"].items():
        got = rs.compare_pooled(full, reduced, method=method).glance()
        columns = ["statistic", "df_num", "df_den", "p_value", "riv"]
        # glm leaves the covariance of the iteration before its last: 1e-7 of it shows in the degrees of freedom
        np.testing.assert_allclose(got[columns].iloc[0].astype(float), want, rtol=1e-6, err_msg=method)


def test_comparison_of_ordinal_models_agrees_with_itself_on_complete_data() -> None:
    """Without missing answers every pooled test is the plain likelihood-ratio test."""
    d = data("wine")
    full = [rs.fit_ordinal(d, "rating", ["temp", "contact"], tests=(), interval="wald")] * 3
    reduced = [rs.fit_ordinal(d, "rating", ["temp"], tests=(), interval="wald")] * 3
    plain = 2 * (full[0].fit["log_likelihood"] - reduced[0].fit["log_likelihood"])
    for method in ("d3", "d4"):
        got = rs.compare_pooled(full, reduced, method=method).glance().iloc[0]
        np.testing.assert_allclose([got["statistic"], got["riv"]], [plain, 0.0], atol=1e-8)


def test_models_that_are_not_nested_are_refused() -> None:
    d = data("attitude")
    fits = {x: [rs.fit_linear(d, "rating", [x])] * 2 for x in ("complaints", "learning")}
    with pytest.raises(rs.errors.ModelError, match="not nested"):
        rs.compare_pooled(fits["complaints"], fits["learning"])


def test_clusters_of_unequal_size_down_to_one_row() -> None:
    want, d = WANT["few_clusters"], data("mtcars")
    for kind, errors in want["se"].items():
        fit = rs.fit_linear(d, "mpg", ["wt", "am"], cluster="carb", vcov=kind)
        np.testing.assert_allclose(fit.tidy()["std_error"], errors, rtol=1e-8, err_msg=kind)
    fit = rs.fit_linear(d, "mpg", ["wt", "am"], cluster="carb")
    np.testing.assert_allclose(fit.tidy()[["df", "p_value"]], np.column_stack([want["df"], want["p"]]), rtol=1e-7)
    row = fit.tests.set_index("test").loc["all_slopes"]
    np.testing.assert_allclose(row[["statistic", "df_den"]].astype(float), [want["F"], want["df_den"]], rtol=1e-7)


def test_a_random_intercept_for_few_groups() -> None:
    want, d = WANT["few_groups"], data("prestige").fillna({"type": "none"})
    fits = {df: rs.fit_mixed(d, "prestige", ["education", "women"], group="type", df=df)
            for df in ("satterthwaite", "kenward_roger")}  # fmt: skip
    plain, kr = (f.tidy() for f in fits.values())
    glance = fits["satterthwaite"].glance().iloc[0]
    np.testing.assert_allclose(
        [glance["n"], glance["criterion"], glance["sigma"]], [want["n"], want["criterion"], want["sigma"]], rtol=1e-7
    )
    np.testing.assert_allclose(plain[["estimate", "std_error"]], np.column_stack([want["estimate"], want["se"]]),
                               rtol=1e-5)  # fmt: skip
    np.testing.assert_allclose(plain["df"], want["df"], rtol=1e-3)
    np.testing.assert_allclose(kr[["std_error", "df"]], np.column_stack([want["kr_se"], want["kr_df"]]), rtol=1e-4)


def test_p_values_with_missing_ones() -> None:
    held = WANT["adjusted"]
    p = pd.Series(held.pop("p"), dtype=float)
    for method, want in held.items():
        np.testing.assert_allclose(rs.adjust_p_values(p, method), pd.Series(want, dtype=float), rtol=1e-9)
