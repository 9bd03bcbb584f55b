"""Penalised fits with offset, frequencies and factors; risks with ties; judging other rows: R (extra/prediction.R)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from support import HERE, data

import resilience_stats as rs
from resilience_stats.stats.calibration_smooth import local_quadratic, local_quadratic_blended
from resilience_stats.stats.discrimination import delong

QUIET = {"check_budget": "off"}
WANT = json.loads((HERE / "reference" / "extra" / "prediction.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", WANT["loess"], ids=lambda c: str(len(c["risk"])))
def test_the_default_surface_of_loess(case: dict) -> None:
    risk, event = np.array(case["risk"]), np.array(case["event"], dtype=float)
    made = local_quadratic_blended(risk, event)
    np.testing.assert_allclose(made, case["fitted"], atol=1e-10)
    assert np.abs(made - local_quadratic(risk, event)).max() < 0.05


def test_a_term_without_which_the_model_lies_far_off() -> None:
    rows = rs.fit_logistic(data("mtcars"), "am", ["wt", "hp"], check_budget="off").tidy()
    np.testing.assert_allclose(rows["lr_chi_square"], WANT["mtcars"]["lr"], rtol=1e-8)
    # R interpolates its profile with a spline, ours solves for the limit.
    np.testing.assert_allclose(rows[["conf_low", "conf_high"]], WANT["mtcars"]["profile"], rtol=5e-3)


def test_two_scores_that_order_rows_alike_do_not_differ() -> None:
    y, score = np.array([0, 1, 0, 1, 1]), np.array([0.1, 0.3, 0.4, 0.6, 0.9])
    gap, error, z, p = delong(y, np.column_stack([score, score**2])).difference(0, 1)
    assert (gap, z, p) == (0.0, 0.0, 1.0)
    assert error < 1e-9


def nodal() -> pd.DataFrame:
    d = data("nodal")
    return d.assign(w=[1 + k % 3 for k in range(len(d))], off=np.linspace(-0.5, 0.5, len(d)))


@pytest.mark.parametrize(
    ("name", "settings"), [("offset", {"offset": "off"}), ("weights", {"weights": "w"}),
                           ("both", {"offset": "off", "weights": "w"})],
)  # fmt: skip
def test_firth_with_offset_and_frequencies_is_that_of_brglm2(name: str, settings: dict[str, str]) -> None:
    rows = rs.fit_logistic(nodal(), "r", ["stage", "xray", "acid"], penalty="firth", **settings, **QUIET).tidy()
    np.testing.assert_allclose(rows["estimate"], WANT["firth"][name]["coef"], rtol=1e-7)
    np.testing.assert_allclose(rows["std_error"], WANT["firth"][name]["se"], rtol=1e-7)


@pytest.mark.parametrize("penalty", ["firth", "median"])
def test_bias_reduction_with_a_factor_and_many_rows(penalty: str) -> None:
    d = data("beps")
    d = d.assign(labour=(d["vote"] == "Labour").astype(int))
    name = {"firth": "firth", "median": "median_bias"}[penalty]
    rows = rs.fit_logistic(d, "labour", ["age", "Blair", "gender"], penalty=name, **QUIET).tidy()
    np.testing.assert_allclose(rows["estimate"], WANT[penalty]["factor"]["coef"], rtol=1e-6)
    np.testing.assert_allclose(rows["std_error"], WANT[penalty]["factor"]["se"], rtol=1e-6)


def test_median_bias_reduction_with_frequencies() -> None:
    rows = rs.fit_logistic(nodal(), "r", ["stage", "xray", "acid"], penalty="median_bias", weights="w", **QUIET).tidy()
    np.testing.assert_allclose(rows["estimate"], WANT["median"]["weights"]["coef"], rtol=1e-6)


def test_risks_for_other_rows_are_judged_as_val_prob_and_proc_do() -> None:
    held = WANT["external"]
    made = rs.calibration(held["event"], held["risk"])
    row, c = made.glance().iloc[0], made.tidy().set_index("term").loc["c_statistic"]
    np.testing.assert_allclose(c[["conf_low", "estimate", "conf_high"]].astype(float), held["ci"], rtol=1e-9)
    np.testing.assert_allclose(
        row[["youden_threshold", "youden_specificity", "youden_sensitivity"]].astype(float), held["youden"], rtol=1e-9
    )
    for ours, theirs in (
        ("r2", "R2"), ("d", "D"), ("u", "U"), ("q", "Q"), ("brier", "Brier"), ("calibration_intercept", "Intercept"),
        ("calibration_slope", "Slope"), ("emax_rms", "Emax"), ("e90_rms", "E90"), ("eavg_rms", "Eavg"),
        ("spiegelhalter_z", "S:z"), ("unreliability_test", "U:Chi-sq"),
    ):  # fmt: skip
        assert row[ours] == pytest.approx(held["val_prob"][theirs], rel=1e-5), theirs
