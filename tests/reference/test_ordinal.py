"""Ordinal models: cases r08_*."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from support import HERE, assert_close, data, frame, matrix, results

import resilience_stats as rs


def wine() -> tuple[pd.DataFrame, str, list[str], dict]:
    d = data("wine")
    d["rating"] = pd.Categorical(d["rating"], ordered=True)
    return d, "rating", ["temp", "contact"], {}


def housing() -> tuple[pd.DataFrame, str, list[str], dict]:
    d = data("housing")
    levels = {"Infl": ["Low", "Medium", "High"], "Type": ["Tower", "Apartment", "Atrium", "Terrace"],
              "Cont": ["Low", "High"], "Sat": ["Low", "Medium", "High"]}  # fmt: skip
    for name, order in levels.items():
        d[name] = pd.Categorical(d[name], order, ordered=True)
    return d, "Sat", ["Infl", "Type", "Cont"], {"weights": "Freq"}


def attitude() -> tuple[pd.DataFrame, str, list[str], dict]:
    d = data("attitude")
    d["y"] = pd.cut(d["rating"], [0, 55, 65, 75, 100], labels=["1", "2", "3", "4"])
    return d.assign(c10=d["complaints"] / 10, l10=d["learning"] / 10), "y", ["c10", "l10"], {}


CASES = {"r08_clm_wine": wine, "r08_clm_housing": housing, "r08_clm_small_attitude_sparse": attitude}


@pytest.fixture(scope="module")
def fits() -> dict:
    out = {}
    for name, make in CASES.items():
        d, y, xs, options = make()
        out[name] = rs.fit_ordinal(d, y, xs, **options)
    return out


@pytest.mark.parametrize("name", CASES)
def test_estimates_and_fit_figures_are_those_of_clm(name: str, fits: dict) -> None:
    fit, want = fits[name], results(name)
    tidy, glance = fit.tidy(), fit.glance().iloc[0]
    coef = frame(want["coef"])
    for ours, theirs in (("estimate", "estimate"), ("std_error", "se"), ("statistic", "z"), ("p_value", "p")):
        assert_close(name, tidy[ours], coef[theirs], f"coef.{theirs}")
    assert_close(name, fit.vcov, matrix(want["vcov"]), "vcov")
    for ours, theirs in (
        ("log_likelihood", "logLik"), ("aic", "AIC"), ("condition_number", "condition_number"), ("n", "n"),
        ("mcfadden_r2", "mcfadden_r2"), ("nagelkerke_r2", "nagelkerke_r2"),
    ):  # fmt: skip
        assert_close(name, glance[ours], want[theirs], theirs)
    lr = want["lr_vs_null"]
    assert_close(name, glance[["lr_chi_square", "lr_df", "lr_p_value"]], [lr["chisq"], lr["df"], lr["p"]], "lr_vs_null")
    assert glance["max_gradient"] < 1e-8
    assert_close(name, fit.probabilities.iloc[:6], matrix(want["predicted_probabilities_first6"]), "predicted")


@pytest.mark.parametrize("name", CASES)
def test_wald_and_profile_limits(name: str, fits: dict) -> None:
    tidy, want = fits[name].tidy(), results(name)
    assert_close(name, tidy[["wald_low", "wald_high"]], matrix(want["wald_ci"]), "wald_ci")
    location = tidy.loc[tidy["component"] == "location", ["conf_low", "conf_high"]]
    assert_close(name, location, matrix(want["exact_profile_ci"]), "exact_profile_ci")
    assert_close(name, location, matrix(want["profile_ci"]), "profile_ci")


@pytest.mark.parametrize("kind", ["nominal", "scale"])
@pytest.mark.parametrize("name", CASES)
def test_likelihood_ratio_tests_where_r_converged(name: str, kind: str, fits: dict) -> None:
    want = frame(results(name)[f"{kind}_test"])
    tests = fits[name].tests
    got = tests[tests["test"] == kind].reset_index(drop=True)
    assert got["term"].tolist() == want["term"].tolist()
    for row in np.flatnonzero(want["converged"]):
        assert got.loc[row, "converged"]
        for ours, theirs in (("log_likelihood", "logLik"), ("df", "df"), ("chi_square", "LRT"), ("p_value", "p")):
            assert_close(name, got.loc[row, ours], want.loc[row, theirs], f"{kind}_test.{theirs}")


@pytest.mark.parametrize("name", ["r08_clm_housing", "r08_clm_small_attitude_sparse"])
def test_brant_with_blocks_the_right_way_round_and_as_car_has_them(name: str, fits: dict) -> None:
    want, tests = results(name)["brant_own"], fits[name].tests
    columns = ["chi_square", "df", "p_value"]
    brant = tests[tests["test"] == "brant"]
    assert_close(name, brant.loc[brant["term"] == "omnibus", columns].iloc[0], list(want["omnibus"].values()), "brant")
    assert_close(name, brant.loc[brant["term"] != "omnibus", columns], matrix(want["per_term"]), "brant")
    swapped = tests.loc[tests["test"] == "brant_untransposed", columns].iloc[0]
    assert_close(
        name, swapped, list(want["omnibus_as_car_3.1.1_and_brant_0.3.0_untransposed_blocks"].values()), "brant"
    )
    binary = fits[name].binary_fits.pivot_table(index="term", columns="cut", values="estimate", sort=False)
    assert_close(name, binary, matrix(want["binary_coefficients"]), "binary")


def test_a_separated_split_is_said_and_not_computed(fits: dict) -> None:
    fit = fits["r08_clm_wine"]
    assert "brant-not-computable" in {n.code for n in fit.notes}
    assert np.isnan(fit.glance()["brant_chi_square"].iloc[0])


@pytest.mark.parametrize("link", ["probit", "cloglog"])
@pytest.mark.parametrize("name", CASES)
def test_other_links(name: str, link: str) -> None:
    d, y, xs, options = CASES[name]()
    fit = rs.fit_ordinal(d, y, xs, link=link, interval="wald", tests=(), **options)
    want = results(name)["other_links"][link]
    assert_close(name, fit.tidy()["estimate"], list(want["coef"].values()), "other_links")
    assert_close(name, fit.tidy()["std_error"], list(want["se"].values()), "other_links")
    assert_close(name, fit.glance()["log_likelihood"], want["logLik"], "other_links")


@pytest.mark.parametrize(("key", "quadrature"), [("laplace", 1), ("agq7", 7), ("agq15", 15)])
def test_random_intercepts_are_those_of_clmm(key: str, quadrature: int) -> None:
    name = "r08_clmm_wine_judge"
    d, y, xs, _ = wine()
    fit = rs.fit_ordinal(d, y, xs, group="judge", quadrature=quadrature)
    want, tidy, glance = results(name)[key], fit.tidy(), fit.glance().iloc[0]
    location = tidy["component"] == "location"
    for rows, part in ((location, "coef"), (~location, "thresholds")):
        assert_close(name, tidy.loc[rows, "estimate"], frame(want[part])["estimate"], f"{part}.estimate")
        assert_close(name, tidy.loc[rows, "std_error"], frame(want[part])["se"], f"{part}.se")
    for ours, theirs in (
        ("log_likelihood", "logLik"),
        ("sigma", "sd"),
        ("variance", "variance"),
        ("latent_icc", "latent_icc"),
    ):
        assert_close(name, glance[ours], want[theirs], theirs)
    assert fit.random_effects is not None
    assert_close(name, fit.random_effects, want["random_effect_modes_first9"], "modes")


EXTRA = json.loads((HERE / "reference" / "extra" / "ordinal.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("partial", {"nominal": ["Cont"]}),
        ("scale", {"scale": ["Cont"]}),
        ("loglog", {"link": "loglog"}),
        ("cauchit", {"link": "cauchit"}),
    ],
)
def test_partial_odds_scale_effects_and_rare_links(key: str, options: dict) -> None:
    d, y, xs, weights = housing()
    fit = rs.fit_ordinal(d, y, xs, interval="wald", tests=(), **weights, **options)
    want, tidy = EXTRA[key], fit.tidy()
    # ordinal::clm writes 1e5 for infinity at the outermost cuts, where a Cauchy tail still holds 3e-6.
    rtol = 2e-5 if key == "cauchit" else 1e-6
    np.testing.assert_allclose(tidy["estimate"], want["coef"], rtol=rtol, atol=1e-7)
    np.testing.assert_allclose(tidy["std_error"], want["se"], rtol=rtol, atol=1e-7)
    np.testing.assert_allclose(fit.glance()["log_likelihood"], want["logLik"], rtol=1e-9 if rtol == 1e-6 else 1e-5)


def test_random_intercepts_on_the_probit_scale() -> None:
    d, y, xs, _ = wine()
    fit = rs.fit_ordinal(d, y, xs, group="judge", quadrature=10, link="probit")
    want, tidy = EXTRA["clmm_probit"], fit.tidy()
    np.testing.assert_allclose(tidy["estimate"], want["coef"], rtol=1e-4)
    np.testing.assert_allclose(tidy["std_error"], want["se"], rtol=1e-3)
    np.testing.assert_allclose(fit.glance()["sigma"], want["sd"], rtol=1e-4)
