"""Mixed models against R: lme4, lmerTest, pbkrtest, glmer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import assert_close, data, frame, matrix, results

from resilience_stats.models.mixed import fit_mixed
from resilience_stats.results.mixed import MixedResult

LMER = {
    "r11_lmer_dyestuff_icc": ("dyestuff", "Yield", [], "Batch", ()),
    "r11_lmer_practice_area": ("gen_practice", "post", ["treated", "pre"], "icb", ()),
    "r11_lmer_sleepstudy_slope": ("sleepstudy", "Reaction", ["Days"], "Subject", ("Days",)),
}


def lmer(name: str, **options: object) -> MixedResult:
    file, outcome, predictors, group, slopes = LMER[name]
    return fit_mixed(data(file), outcome, predictors, group=group, slopes=slopes, **options)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("name", LMER)
def test_likelihood_and_estimates(name: str, reml: bool) -> None:
    want = results(name)["reml" if reml else "ml"]
    fit = lmer(name, reml=reml)
    glance = fit.glance().iloc[0]
    for ours, theirs in [("criterion", "criterion"), ("log_likelihood", "logLik"), ("aic", "AIC"), ("bic", "BIC")]:
        assert_close(name, glance[ours], want[theirs], theirs)
    assert glance["n"] == results(name)["n"]
    assert glance["n_groups"] == next(iter(results(name)["groups"].values()))
    assert glance["singular"] == want["singular"]
    assert_close(name, fit.tidy()[["estimate", "std_error"]], frame(want["fixef"])[["estimate", "se"]], "fixef")
    assert_close(name, lmer(name, reml=reml, df="normal").vcov, matrix(want["vcov"]), "vcov")
    assert_close(name, fit.variance_components[["variance", "sd"]], frame(want["vc"])[["vcov", "sdcor"]], "vc")
    assert_close(name, fit.theta, list(want["theta"].values()), "theta")
    assert list(fit.theta.index) == list(want["theta"])


@pytest.mark.parametrize("name", LMER)
@pytest.mark.parametrize("method", ["satterthwaite", "kenward_roger"])
def test_small_sample_degrees_of_freedom(name: str, method: str) -> None:
    want = frame(results(name)[method])
    tidy = lmer(name, df=method).tidy()
    for ours, theirs in [
        ("estimate", "Estimate"), ("std_error", "Std. Error"), ("df", "df"), ("statistic", "t value"),
    ]:  # fmt: skip
        assert_close(name, tidy[ours], want[theirs], f"{method}.{theirs}")
    np.testing.assert_allclose(tidy["p_value"], want["Pr(>|t|)"], rtol=1e-2)


@pytest.mark.parametrize("name", LMER)
def test_intervals_effects_and_shares(name: str) -> None:
    want = results(name)
    fit = lmer(name, profile=True)
    profile = fit.profile.set_index("parameter")
    expected = matrix(want["profile_ci"])
    assert_close(name, profile.loc[expected.index], expected, "profile_ci")
    wald = matrix(want["wald_ci"]).astype(float).dropna()
    assert_close(name, lmer(name, df="normal").tidy()[["conf_low", "conf_high"]], wald, "wald_ci")
    blup = frame(want["blup_first10"])
    assert_close(name, fit.random_effects.iloc[: len(blup)], blup, "vc: blup")
    assert list(fit.random_effects.index[: len(blup)].astype(str)) == blup.index.astype(str).tolist()
    if want["icc_reml"] is not None:
        assert_close(name, fit.glance()["icc"], want["icc_reml"], "icc_reml")
        assert_close(name, fit.glance()["r2_marginal"], want["r2_nakagawa"]["marginal"], "r2_nakagawa")
        assert_close(name, fit.glance()["r2_conditional"], want["r2_nakagawa"]["conditional"], "r2_nakagawa")


def assert_anova(name: str, fit: MixedResult, want: dict[str, float]) -> None:
    row = fit.anova.iloc[0]
    for ours, theirs in [
        ("msb", "msb"), ("msw", "msw"), ("statistic", "F"), ("p_value", "p"), ("n0", "n0"), ("icc", "icc"),
        ("conf_low", "icc_lower"), ("conf_high", "icc_upper"), ("icc_of_mean", "icc_of_mean_k_n0"),
        ("design_effect", "design_effect_mean_size"),
    ]:  # fmt: skip
        assert_close(name, row[ours], want[theirs], f"anova.{theirs}")


def test_intraclass_correlation() -> None:
    assert_anova("r11_lmer_dyestuff_icc", lmer("r11_lmer_dyestuff_icc"), results("r11_lmer_dyestuff_icc")["anova_icc"])
    name = "r11_icc_unbalanced_popmis"
    want = results(name)
    fit = fit_mixed(data("popmis"), "teachpop", [], group="school")
    ml = fit_mixed(data("popmis"), "teachpop", [], group="school", reml=False)
    assert_anova(name, fit, want["anova"])
    assert_close(name, fit.variance_components["variance"], want["reml_var"], "vc")
    assert_close(name, ml.variance_components["variance"], want["ml_var"], "vc")
    assert_close(name, [fit.icc["icc"][0], ml.icc["icc"][0]], [want["reml_icc"], want["ml_icc"]], "icc")
    assert_close(name, fit.random_effects.iloc[:10, 0], want["blup_first10"], "blup")
    assert_close(name, [fit.glance()["criterion"][0], ml.glance()["criterion"][0]],
                 [want["reml_criterion"], want["ml_deviance"]], "criterion")  # fmt: skip


@pytest.mark.parametrize(("key", "points"), [("laplace", 1), ("agq9", 9), ("agq25", 25)])
def test_glmer(key: str, points: int) -> None:
    name = "r11_glmer_cbpp"
    want = results(name)
    d = data("cbpp").astype({"period": "category"})
    fit = fit_mixed(d, "incidence", ["period"], group="herd", family="binomial", trials="size", n_quadrature=points)
    glance = fit.glance().iloc[0]
    # under quadrature lme4 leaves the saturated model's likelihood out
    logged = glance["log_likelihood" if points == 1 else "log_likelihood_relative"]
    assert_close(name, logged, want[key]["logLik"], "logLik")
    assert_close(name, fit.tidy()["estimate"], list(want[key]["fixef"].values()), "fixef")
    assert_close(name, fit.tidy()["std_error"], list(want[key]["se"].values()), "se")
    assert_close(name, fit.variance_components["sd"][0], want[key]["sd"], "sd")
    assert_close(name, fit.random_effects.iloc[:8, 0], want[key]["mode_first8"], "mode")
    if points == 1:
        assert_close(name, glance["icc"], want["latent_icc_laplace"], "latent_icc")
        assert_close(name, glance["median_odds_ratio"], want["median_odds_ratio_laplace"], "median_odds_ratio")


def test_unbalanced_slopes_and_joint_tests() -> None:
    """lmerTest::lmer(Reaction ~ Days + k + (Days | Subject)) on sleepstudy without nine rows; contestMD of k."""
    d = data("sleepstudy").drop(index=[2, 3, 16, *range(39, 45)])
    d = d.assign(k=(d["Subject"] % 3).astype("category"))
    wanted = {
        "satterthwaite": ([14.65556437, 16.98966634, 15.12431516, 14.85379308], [0.8937628037, 15.0914504]),
        "kenward_roger": ([14.10441313, 16.90911298, 14.56279307, 14.29645718], [0.7814630199, 14.52961246]),
    }
    for method, (df, joint) in wanted.items():
        fit = fit_mixed(d, "Reaction", ["Days", "k"], group="Subject", slopes=["Days"], df=method)
        np.testing.assert_allclose(fit.tidy()["df"], df, rtol=1e-4)
        np.testing.assert_allclose(fit.terms.loc[1, ["statistic", "df_den"]].astype(float), joint, rtol=1e-4)
    np.testing.assert_allclose(fit.tidy()["std_error"], [12.46254126, 1.55214459, 17.74450081, 18.94233773], rtol=1e-5)


def test_no_group_differences_is_said() -> None:
    d = pd.DataFrame({"y": [1.0, 2.0, 3.0] * 6, "g": np.repeat(list("abcdef"), 3)})
    fit = fit_mixed(d, "y", [], group="g")
    assert fit.glance()["singular"][0]
    assert fit.glance()["icc"][0] == 0.0
    assert {"singular", "few-groups"} <= {n.code for n in fit.notes}
    assert fit.glance()["p_group"][0] == 0.5
