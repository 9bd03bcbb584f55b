"""Pooling and multiple imputation: cases r12_*."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import assert_close, data, frame, matrix, results

import resilience_stats as rs
from resilience_stats.models.pooled_comparison import compare_pooled
from resilience_stats.models.pooling import pool_likelihood_ratio, pool_scalar, pool_test


def nhanes(name: str) -> tuple[list, list, list[str]]:
    if name.endswith("nhanes2"):
        long = data("mi_nhanes2_m20")
        outcome, full, reduced, tested = "chl", ["age", "bmi", "hyp"], ["bmi", "hyp"], ["age[40-59]", "age[60-99]"]
    else:
        long = data("mi_nhanes_m5")
        outcome, full, reduced, tested = "bmi", ["age", "chl"], ["age"], ["chl"]
    sets = [d.reset_index(drop=True) for _, d in long.groupby(".imp")]
    return (
        [rs.fit_linear(d, outcome, full, vcov="classical") for d in sets],
        [rs.fit_linear(d, outcome, reduced, vcov="classical") for d in sets],
        tested,
    )


@pytest.mark.parametrize("name", ["r12_pool_lm_nhanes2", "r12_pool_lm_nhanes_m5"])
def test_pool_and_joint_tests(name: str) -> None:
    r = results(name)
    fits, reduced, tested = nhanes(name)
    pooled = rs.pool(fits)
    tidy, own, mice = pooled.tidy(), frame(r["own"]), frame(r["mice_pool"])
    for ours, theirs in (
        ("estimate", "estimate"),
        ("std_error", "se"),
        ("df", "df_barnard_rubin"),
        ("riv", "riv"),
        ("lambda_", "lambda"),
        ("fmi", "fmi"),
        ("statistic", "statistic"),
        ("p_value", "p"),
        ("conf_low", "ci_lower"),
        ("conf_high", "ci_upper"),
        ("within", "ubar"),
        ("between", "b"),
        ("total", "t"),
    ):
        assert_close(name, tidy[ours], own[theirs], theirs)
    for ours, theirs in (("estimate", "estimate"), ("df", "df"), ("fmi", "fmi"), ("lambda_", "lambda")):
        assert_close(name, tidy[ours], mice[theirs], f"mice.{theirs}")
    assert_close(name, rs.pool(fits, df_complete=np.inf).tidy()["df"], r["own_dfcom_infinite_df"], "df infinite")
    log_likelihoods = [
        2 * (a.fit["log_likelihood"] - b.fit["log_likelihood"]) for a, b in zip(fits, reduced, strict=True)
    ]
    for test, want in (
        (pool_test(pooled, tested), "D1_mice"),
        (pool_test(pooled, tested, df="li"), "D1_mitml_li"),
        (pool_test(pooled, tested), "D1_mitml_reiter_dfcom"),
        (pool_test(pooled, tested, method="d2"), "D2_mice"),
        (pool_test(pooled, tested, method="d2"), "D2_mitml_wald"),
        (pool_likelihood_ratio(log_likelihoods, len(tested)), "D2_mitml_likelihood"),
    ):
        got = test.glance()[["statistic", "df_num", "df_den", "p_value", "riv"]].to_numpy()
        assert_close(name, got, matrix(r[want]), want)


@pytest.mark.parametrize("name", ["r12_pool_lm_nhanes2", "r12_pool_lm_nhanes_m5"])
def test_comparison_of_nested_models(name: str) -> None:
    """mice estimates intercept and variance again at the pooled coefficients; mitml pools them, as published."""
    r = results(name)
    full, reduced, _ = nhanes(name)
    for method, want in (
        ("d1", "D1_mice"),
        ("d2", "D2_mice"),
        ("d2_likelihood", "D2_mitml_likelihood"),
        ("d3", "D3_mitml"),
        ("d3_refitted", "D3_mice"),
    ):
        got = compare_pooled(full, reduced, method=method).glance()
        held = r[want] if isinstance(r[want], list) else matrix(r[want])
        assert_close(name, got[["statistic", "df_num", "df_den", "p_value", "riv"]].to_numpy().ravel(),
                     np.ravel(held).astype(float), want)  # fmt: skip


def test_pool_scalars() -> None:
    name = "r12_pool_scalars"
    r = results(name)
    sets = [d for _, d in data("mi_airquality_m20").groupby(".imp")]
    n = len(sets[0])
    mean = pool_scalar([d["Ozone"].mean() for d in sets], [d["Ozone"].var() / n for d in sets], n=n).tidy().iloc[0]
    z = [np.arctanh(np.corrcoef(d["Ozone"], d["Temp"])[0, 1]) for d in sets]
    correlation = pool_scalar(z, [1 / (n - 3)] * len(z), n=n, transform="tanh").tidy().iloc[0]
    share = np.array([(d["Ozone"] > 40).mean() for d in sets])
    logit = (
        pool_scalar(np.log(share / (1 - share)), 1 / (n * share * (1 - share)), n=n, transform="expit").tidy().iloc[0]
    )
    for got, want in ((mean, r["mean_ozone"]), (correlation, r["correlation"]), (logit, r["proportion_logit"])):
        riv = want.get("r.1", want["r"])
        assert_close(
            name,
            [got["estimate"], got["within"], got["between"], got["total"], got["std_error"], got["df"], got["fmi"]],
            [want[k] for k in ("qbar", "ubar", "b", "t", "se", "df", "fmi")],
        )
        if got is not correlation:
            assert_close(name, got["riv"], riv)
    assert_close(
        name,
        correlation[["value", "value_low_normal", "value_high_normal", "value_low", "value_high"]],
        [r["correlation"][k] for k in ("r", "lower", "upper", "lower_t", "upper_t")],
    )
    assert_close(name, logit["value"], r["proportion_logit"]["p"])
    r2 = [rs.fit_linear(d.reset_index(drop=True), "Ozone", ["Solar.R", "Wind", "Temp"]).fit["r_squared"] for d in sets]
    pooled = pool_scalar(np.arctanh(np.sqrt(r2)), [1 / (n - 3)] * len(r2), transform="squared_tanh").tidy().iloc[0]
    want = matrix(r["r_squared"]).iloc[0]
    assert_close(name, pooled[["value", "fmi"]], want.iloc[[0, 3]])
    # mice multiplies by 1.96 here, not by the normal quantile 1.959964
    limits = np.tanh(pooled["estimate"] + np.array([-1.96, 1.96]) * pooled["std_error"]) ** 2
    assert_close(name, limits, want.iloc[1:3])


@pytest.mark.parametrize("method", ["norm", "pmm"])
def test_imputation_has_the_distribution_of_mice(method: str) -> None:
    want = results("r12_imputation_distribution_airquality")["imputation"][method]
    air, runs = data("airquality"), 8
    rows = []
    for seed in range(runs):
        fit = rs.impute(air, m=20, iterations=10, method=method, random_state=seed)
        pooled = rs.pool(
            [rs.fit_linear(d, "Ozone", ["Solar.R", "Wind", "Temp"], vcov="classical") for d in fit.completed]
        )
        rows.append(pooled.tidy()[["estimate", "std_error", "fmi"]].to_numpy())
    got = np.mean(rows, axis=0)
    for k, (centre, spread) in enumerate(
        (
            ("estimate_mean", "estimate_sd_between_runs"),
            ("se_mean", "se_sd_between_runs"),
            ("fmi_mean", "fmi_sd_between_runs"),
        )
    ):
        middle, sd = np.array(list(want[centre].values())), np.array(list(want[spread].values()))
        # the mean of `runs` of ours against the mean of 40 of theirs
        assert (np.abs(got[:, k] - middle) < 4 * sd * np.sqrt(1 / runs + 1 / 40)).all(), (method, centre)


def test_types_and_known_values_are_kept() -> None:
    rng = np.random.default_rng(4)
    n = 200
    x = rng.normal(size=n)
    frame_ = pd.DataFrame(
        {
            "code": [f"P{i:03d}" for i in range(n)],
            "x": x,
            "item": pd.array(np.clip(np.round(3 + x + rng.normal(size=n)), 1, 5).astype(int), dtype="Int64"),
            "yes": pd.array(x + rng.normal(size=n) > 0, dtype="boolean"),
            "grade": pd.Categorical.from_codes(rng.integers(0, 3, n), ["low", "mid", "high"], ordered=True),
            "place": pd.Categorical.from_codes(rng.integers(0, 3, n), ["north", "mid", "south"]),
        }
    )
    holes = frame_.mask(pd.DataFrame(rng.random(frame_.shape) < 0.15, columns=frame_.columns).assign(code=False))
    fit = rs.impute(holes, m=3, random_state=1, exclude=["code"])
    for done in fit.completed:
        assert not done.isna().any().any()
        for column in frame_:
            assert done[column].dtype == holes[column].dtype
            known = holes[column].notna()
            pd.testing.assert_series_equal(done.loc[known, column], holes.loc[known, column])
    assert set(fit.completed[0]["item"]) <= {1, 2, 3, 4, 5}
    again = rs.impute(holes, m=4, random_state=1, exclude=["code"])
    pd.testing.assert_frame_equal(fit.completed[1], again.completed[1])
    assert set(fit.tidy().set_index("term")["method"].items()) >= {
        ("yes", "logistic"),
        ("grade", "ordered"),
        ("place", "nominal"),
        ("item", "pmm"),
    }


def test_a_passive_score_stays_the_mean_of_its_items() -> None:
    rng = np.random.default_rng(5)
    base = rng.normal(size=(150, 1))
    items = pd.DataFrame(base + rng.normal(size=(150, 3)), columns=["q1", "q2", "q3"])
    items[rng.random(items.shape) < 0.2] = np.nan
    items["score"] = items[["q1", "q2", "q3"]].mean(axis=1, skipna=False)
    items["y"] = base[:, 0]
    fit = rs.impute(items, m=2, random_state=1, passive={"score": ["q1", "q2", "q3"]})
    for done in fit.completed:
        np.testing.assert_allclose(done["score"], done[["q1", "q2", "q3"]].mean(axis=1))


@pytest.mark.slow
def test_imputed_slope_is_unbiased_where_complete_cases_are_not() -> None:
    rng = np.random.default_rng(6)
    imputed, complete = [], []
    for seed in range(25):
        x = rng.normal(size=138)
        z = x + rng.normal(size=138)
        y = 0.5 * x + rng.normal(size=138)
        d = pd.DataFrame({"x": x, "y": y, "z": z})
        # missing at random given the outcome and z: complete cases are then biased
        d.loc[rng.random(138) < 1 / (1 + np.exp(-(1.5 * y - 0.5))), "x"] = np.nan
        complete.append(rs.fit_linear(d, "y", ["x"]).tidy()["estimate"][1])
        fit = rs.impute(d, m=10, random_state=seed, method="norm")
        imputed.append(
            rs.pool([rs.fit_linear(c, "y", ["x"], vcov="classical") for c in fit.completed]).tidy()["estimate"][1]
        )
    error = np.std(imputed, ddof=1) / np.sqrt(len(imputed))
    assert abs(np.mean(imputed) - 0.5) < 4 * error
    assert np.mean(complete) < 0.5 - 4 * np.std(complete, ddof=1) / np.sqrt(len(complete))


def test_too_few_imputations_are_told_by_the_share_that_is_missing() -> None:
    fits = nhanes("r12_pool_lm_nhanes_m5")[0]
    few = rs.pool(fits)
    most = few.glance()["fmi_max"].iloc[0]
    told = next(n.message for n in few.notes if n.code == "few-imputations")
    assert f"use {np.ceil(100 * most):.0f} imputations or more instead of 5" in told
    assert 0.05 < most < 1
