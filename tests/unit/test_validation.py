"""Validation: identities between schemes, whole pipelines, groups, repeatability, known truth."""

from __future__ import annotations

from collections.abc import Callable

import joblib
import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.errors import ModelError
from resilience_stats.results.logistic import LogisticResult
from resilience_stats.stats.calibration_smooth import local_quadratic, lowess
from resilience_stats.stats.discrimination import c_statistic
from resilience_stats.stats.validation_fits import batch_logistic, batch_rows, predictors


def sample(n: int = 160, seed: int = 4, p: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p))
    risk = 1 / (1 + np.exp(0.8 - x[:, 0]))
    frame = pd.DataFrame(x, columns=[f"x{j}" for j in range(p)])
    return frame.assign(y=(rng.random(n) < risk).astype(int), value=x[:, 0] + rng.normal(size=n), area=np.arange(n) % 4)


def logistic(d: pd.DataFrame, **options: object) -> LogisticResult:
    return rs.fit_logistic(d, "y", [c for c in d.columns if c[0] == "x"], check_budget="off", **options)


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_workers() -> None:
    fit = logistic(sample())
    one = rs.validate_model(fit, n_boot=120, random_state=9)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        two = rs.validate_model(fit, n_boot=120, random_state=9)
    assert one.tidy().equals(two.tidy())
    assert one.resamples.equals(two.resamples)


def test_a_pipeline_that_is_the_fit_gives_the_fit() -> None:
    d = sample()
    rows = np.random.default_rng(2).integers(len(d), size=(40, len(d)))

    def pipeline(train: pd.DataFrame) -> Callable[[pd.DataFrame], np.ndarray]:
        beta = logistic(train, interval="wald").tidy()["estimate"].to_numpy()
        return lambda new: 1 / (1 + np.exp(-(beta[0] + new[["x0", "x1", "x2"]].to_numpy() @ beta[1:])))

    direct = rs.validate_model(logistic(d), resamples=rows).tidy().set_index("term")
    whole = rs.validate_model(pipeline=pipeline, data=d, outcome="y", resamples=rows).tidy().set_index("term")
    for term in ("c_statistic", "slope", "brier", "r2", "ici"):
        np.testing.assert_allclose(whole.loc[term, "corrected"], direct.loc[term, "corrected"], atol=1e-6)


def test_selection_inside_the_pipeline_costs_optimism() -> None:
    rng = np.random.default_rng(6)
    noise = pd.DataFrame(rng.normal(size=(100, 12)), columns=[f"x{j}" for j in range(12)])
    d = noise.assign(y=rng.integers(0, 2, 100))

    def pick(train: pd.DataFrame) -> Callable[[pd.DataFrame], np.ndarray]:
        best = noise.columns[np.argmax(np.abs(train[noise.columns].corrwith(train["y"]).to_numpy()))]
        beta = rs.fit_logistic(train, "y", [best], interval="wald", check_budget="off").tidy()["estimate"].to_numpy()
        return lambda new: 1 / (1 + np.exp(-(beta[0] + beta[1] * new[best].to_numpy())))

    honest = rs.validate_model(pipeline=pick, data=d, outcome="y", n_boot=60).tidy().set_index("term")
    chosen = noise.columns[np.argmax(np.abs(noise.corrwith(d["y"]).to_numpy()))]
    naive = rs.validate_model(rs.fit_logistic(d, "y", [chosen]), n_boot=60).tidy().set_index("term")
    assert honest.loc["c_statistic", "optimism"] > naive.loc["c_statistic", "optimism"] + 0.01
    assert abs(honest.loc["c_statistic", "corrected"] - 0.5) < naive.loc["c_statistic", "corrected"] - 0.5


def test_left_out_fits_agree_with_refits_one_by_one() -> None:
    d = sample(40)
    made = rs.validate_model(logistic(d), n_boot=20, methods=("loo", "kfold", "632", "632+"), repeats=3, folds=5)
    left = logistic(d.drop(index=7)).tidy()["estimate"].to_numpy()
    want = 1 / (1 + np.exp(-(left[0] + d.loc[7, ["x0", "x1", "x2"]].to_numpy(dtype=float) @ left[1:])))
    np.testing.assert_allclose(made.predictions.loc[7, "loo"], want, rtol=1e-6)
    rows = made.methods.set_index(["method", "term"])["estimate"]
    apparent = made.tidy().set_index("term")["apparent"]
    assert rows["632", "brier"] == pytest.approx(0.368 * apparent["brier"] + 0.632 * rows["out_of_bag", "brier"])
    # So few events that left-out rows do worse than knowing nothing: .632+ stops at that.
    p = made.predictions["apparent"]
    nothing = d["y"].mean() * np.mean((1 - p) ** 2) + (1 - d["y"].mean()) * np.mean(p**2)
    assert rows["632+", "brier"] == pytest.approx(min(nothing, rows["out_of_bag", "brier"]))
    assert set(made.methods["method"]) == {"loo", "kfold", "out_of_bag", "632", "632+"}


def test_each_group_is_predicted_by_the_others() -> None:
    d = sample()
    made = rs.validate_model(logistic(d), n_boot=20, methods=("internal_external",), group=d["area"])
    others = logistic(d[d["area"] != 2]).tidy()["estimate"].to_numpy()
    here = d[d["area"] == 2]
    p = 1 / (1 + np.exp(-(others[0] + here[["x0", "x1", "x2"]].to_numpy() @ others[1:])))
    want = rs.calibration(here["y"], p).glance().iloc[0]
    got = made.groups.set_index("group").loc[2]
    np.testing.assert_allclose(got["c_statistic"], want["c_statistic"], rtol=1e-9)
    np.testing.assert_allclose(got["slope"], want["calibration_slope"], rtol=1e-5)
    assert got["n"] == len(here)
    with pytest.raises(ModelError, match="group of every row"):
        rs.validate_model(logistic(d), n_boot=5, methods=("internal_external",))


@pytest.mark.parametrize("penalty", ["firth", "flic", "flac", "median_bias", "ridge", "lasso"])
def test_every_penalty_is_repeated_in_each_resample(penalty: str) -> None:
    d = sample(80)
    strength = 0.05 if penalty in ("ridge", "lasso") else None
    fit = logistic(d, penalty=penalty, strength=strength)
    rows = np.random.default_rng(1).integers(80, size=(3, 80))
    made = rs.validate_model(fit, resamples=rows)
    again = logistic(d.iloc[rows[0]].reset_index(drop=True), penalty=penalty, strength=strength).tidy()["estimate"]
    eta = again.iloc[0] + d[["x0", "x1", "x2"]].to_numpy() @ again.to_numpy()[1:]
    want = rs.calibration(d["y"], 1 / (1 + np.exp(-eta))).glance().iloc[0]
    got = made.resamples.query("resample == 0").set_index("term")["test"]
    np.testing.assert_allclose(got[["c_statistic", "brier"]], want[["c_statistic", "brier"]].astype(float), rtol=1e-5)


def test_separated_resamples_count_instead_of_vanishing() -> None:
    d = pd.DataFrame({"x": np.arange(12.0), "y": [0, 0, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1]})
    made = rs.validate_model(rs.fit_logistic(d, "y", ["x"]), n_boot=200, random_state=1)
    assert made.glance()["not_finite"].iloc[0] > 0
    assert "resamples-not-finite" in {n.code for n in made.notes}
    assert made.tidy().set_index("term").loc["slope", "n_resamples"] > 190


def test_a_batch_is_its_fits_one_by_one_and_equal_rows_tie() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(60), rng.integers(0, 3, 60), rng.integers(0, 2, 60)]).astype(float)
    y = rng.integers(0, 2, 60).astype(float)
    rows = batch_rows(x, y)
    counts = rng.integers(0, 3, size=(4, 60)).astype(float)
    beta, finite = batch_logistic(rows, counts, np.zeros(3))
    assert finite.all()
    eta = predictors(rows, beta)
    for value in np.unique(x, axis=0):
        same = (x == value).all(axis=1)
        assert all(len(np.unique(e[same])) == 1 for e in eta)


def test_linear_models_have_their_own_indexes() -> None:
    d = sample()
    fit = rs.fit_linear(d, "value", ["x0", "x1"])
    made = rs.validate_model(fit, n_boot=100, methods=("kfold", "632+"))
    rows = made.tidy().set_index("term")
    assert list(rows.index[:5]) == ["r2", "mse", "g", "intercept", "slope"]
    assert rows.loc["r2", "corrected"] < rows.loc["r2", "apparent"]
    assert rows.loc["mse", "corrected"] > rows.loc["mse", "apparent"]


def test_what_cannot_be_refitted_is_refused() -> None:
    d = sample().assign(w=2)
    with pytest.raises(ModelError, match="cannot refit"):
        rs.validate_model("a model")
    with pytest.raises(ModelError, match="one row for each observation"):
        rs.validate_model(logistic(d, weights="w"))
    with pytest.raises(ModelError, match="do not fit the rows"):
        rs.validate_model(logistic(d), resamples=np.array([[0, 999]]))
    with pytest.raises(ModelError, match="Did you mean 'kfold'"):
        rs.validate_model(logistic(d), methods=("kfolds",))


def test_smooths_reproduce_a_straight_line_and_a_parabola() -> None:
    x = np.sort(np.random.default_rng(1).random(60))
    np.testing.assert_allclose(lowess(x, 2 + 3 * x)[1], 2 + 3 * x, atol=1e-10)
    np.testing.assert_allclose(local_quadratic(x, 1 + x**2), 1 + x**2, atol=1e-10)


@pytest.mark.slow
def test_corrected_performance_is_that_on_new_rows() -> None:
    gaps = []
    big = sample(20_000, seed=99, p=8)
    for seed in range(40):
        fit = logistic(sample(120, seed=seed, p=8))
        rows = rs.validate_model(fit, n_boot=100, random_state=seed).tidy().set_index("term")
        beta = fit.tidy()["estimate"].to_numpy()
        p = 1 / (1 + np.exp(-(beta[0] + big[[f"x{j}" for j in range(8)]].to_numpy() @ beta[1:])))
        true = c_statistic(big["y"].to_numpy(), p)
        gaps.append([rows.loc["c_statistic", "corrected"] - true, rows.loc["c_statistic", "apparent"] - true])
    corrected, apparent = np.mean(gaps, axis=0)
    error = np.std(gaps, axis=0)[0] / np.sqrt(40)
    assert abs(corrected) < 4 * error
    assert apparent > corrected + 0.02


def test_distances_of_the_smooth_are_corrected_beside_their_mean() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"x": rng.normal(size=150), "z": rng.normal(size=150)})
    frame["y"] = (rng.random(150) < 1 / (1 + np.exp(-frame["x"]))).astype(int)
    fit = rs.fit_logistic(frame, "y", ["x", "z"], check_budget="off")
    rows = rs.validate_model(fit, n_boot=60, random_state=1).tidy().set_index("term")
    x, smooth = lowess(fit.fitted, frame["y"].to_numpy(dtype=float), delta=0.01 * float(np.ptp(fit.fitted)))
    far = np.abs(x - smooth)
    want = [far.mean(), np.median(far), np.quantile(far, 0.9)]
    np.testing.assert_allclose(rows.loc[["ici", "e50", "e90"], "apparent"], want)
    assert rows.loc["e50", "corrected"] < rows.loc["e90", "corrected"]
    assert (rows.loc[["ici", "e50", "e90"], "optimism"] < 0).all()  # less well calibrated on other rows


def test_nobody_knows_how_many_parameters_a_whole_procedure_spent() -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"x": rng.normal(size=60)})
    frame["y"] = (rng.random(60) < 1 / (1 + np.exp(-frame["x"]))).astype(int)

    def share(train: pd.DataFrame):
        return lambda rows: np.full(len(rows), train["y"].mean()) + 0.01 * rows["x"]

    made = rs.validate_model(pipeline=share, data=frame, outcome="y", n_boot=20)
    assert np.isnan(made.glance()["heuristic_shrinkage"].iloc[0])


def test_a_procedure_that_is_certain_is_judged_and_not_infinite() -> None:
    frame = pd.DataFrame({"x": [0.0, 1, 0, 1, 1, 0, 0, 1] * 4, "y": [0, 1, 0, 1, 0, 0, 1, 1] * 4})
    made = rs.validate_model(pipeline=lambda train: lambda rows: rows["x"], data=frame, outcome="y", n_boot=20)
    rows = made.tidy().set_index("term")
    wrong = (frame["x"] != frame["y"]).mean()
    np.testing.assert_allclose(rows.loc["brier", "apparent"], wrong, atol=1e-12)
    assert np.isfinite(rows.loc[["dxy", "brier"], "corrected"]).all()
