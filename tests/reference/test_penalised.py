"""Penalised regression: cases r13_*."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import assert_close, data, matrix, results

import resilience_stats as rs

CASES = {
    "r13_glmnet_gaussian_swiss": ("gaussian", "Fertility", "folds_swiss"),
    "r13_glmnet_binomial_birthwt": ("binomial", "low", "folds_birthwt"),
}


def prepared(name: str) -> tuple[pd.DataFrame, str, list[str], str, pd.Series]:
    family, outcome, folds = CASES[name]
    d = data(name.split("_")[-1])
    if family == "gaussian":
        predictors = ["Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality"]
    else:
        d = d.assign(race2=(d["race"] == 2) * 1.0, race3=(d["race"] == 3) * 1.0)
        predictors = ["age", "lwt", "race2", "race3", "smoke", "ptl", "ht", "ui"]
    return d, outcome, predictors, family, data(folds).iloc[:, 0]


@pytest.mark.parametrize("name", CASES)
def test_paths(name: str) -> None:
    r = results(name)
    d, outcome, predictors, family, _ = prepared(name)
    for mixing, key in ((1.0, "lasso"), (0.0, "ridge"), (0.5, "enet_.5")):
        fit = rs.penalised_path(d, outcome, predictors, family=family, mixing=mixing, penalties=r["lambda"])
        if (family, key) == ("gaussian", "ridge"):
            # glmnet stops 3.5e-7 short of the closed form here; the case stores the closed form too
            assert_close(name, fit.coefficients(), matrix(r["ridge_closed_form"]).to_numpy(), "closed form")
            np.testing.assert_allclose(fit.coefficients(), matrix(r[key]["coef"]), atol=1e-6)
        else:
            assert_close(name, fit.coefficients(), matrix(r[key]["coef"]), key)
        assert_close(name, fit.path["deviance_ratio"], r[key]["dev_ratio"], f"{key}.dev_ratio")
        assert fit.path["df"].tolist() == r[key]["df"]
    assert_close(name, fit.glance()["null_deviance"], [r["null_deviance"]], "null_deviance")
    assert_close(name, fit.glance()["penalty_max"], [r["lambda_max_lasso_default_path"]], "lambda_max")


@pytest.mark.parametrize("name", CASES)
def test_cross_validation_on_fixed_folds(name: str) -> None:
    r = results(name)
    d, outcome, predictors, family, folds = prepared(name)
    for key, measure in (("cv_deviance", "deviance"), ("cv_auc", "auc"), ("cv_mae", "absolute_error")):
        if key not in r:
            continue
        fit = rs.penalised_path(
            d, outcome, predictors, family=family, penalties=r["lambda"], folds=folds, measure=measure
        )
        want = r[key]
        assert_close(name, fit.path["cv_mean"], want["cvm"], key)
        assert_close(name, fit.path["cv_std_error"], want["cvsd"], key)
        assert fit.fit["penalty_min"] == want["lambda_min"]
        assert fit.fit["penalty_1se"] == want["lambda_1se"]


def test_solutions_satisfy_the_optimality_conditions() -> None:
    rng = np.random.default_rng(13)
    x = rng.normal(size=(138, 12)) @ (np.eye(12) + 0.4)
    y = (x[:, 0] + rng.normal(size=138) > 0) * 1.0
    d = pd.DataFrame(x, columns=[f"x{k}" for k in range(12)]).assign(y=y)
    fit = rs.penalised_path(d, "y", list(d.columns[:-1]), family="binomial", penalties=[0.03])
    beta = fit.coefficients().to_numpy()[:, 0]
    residual = y - 1 / (1 + np.exp(-(beta[0] + x @ beta[1:])))
    gradient = ((x - x.mean(0)) / x.std(0)).T @ residual / 138
    active = beta[1:] != 0
    assert abs(residual.sum()) < 1e-7
    np.testing.assert_allclose(gradient[active], 0.03 * np.sign(beta[1:][active]), atol=1e-8)
    assert (np.abs(gradient[~active]) <= 0.03 + 1e-9).all()


def test_stability_selection_keeps_its_bound() -> None:
    rng = np.random.default_rng(14)
    false, true = [], []
    for seed in range(20):
        x = rng.normal(size=(138, 15))
        d = pd.DataFrame(x, columns=[f"x{k}" for k in range(15)])
        d["y"] = x[:, 0] + 0.8 * x[:, 1] + rng.normal(size=138)
        fit = rs.select_stable(d, "y", [f"x{k}" for k in range(15)], n_pairs=15, random_state=seed)
        stable = set(fit.tidy().query("stable")["term"])
        true.append({"x0", "x1"} <= stable)
        false.append(len(stable - {"x0", "x1"}))
    assert np.mean(true) > 0.8
    assert np.mean(false) <= fit.fit["false_selections_bound"]
