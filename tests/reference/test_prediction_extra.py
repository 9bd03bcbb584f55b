"""Smooths of risks with ties, and tests far from the fit, against R (extra/prediction.R)."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support import HERE, data

import resilience_stats as rs
from resilience_stats.stats.calibration_smooth import local_quadratic, local_quadratic_blended
from resilience_stats.stats.discrimination import delong

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
