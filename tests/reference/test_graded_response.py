"""The graded response model against base R with other nodes and a differenced Hessian (extra/graded_response.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support import data

import resilience_stats as rs

EXTRA = json.loads((Path(__file__).parent / "extra" / "graded_response.json").read_text(encoding="utf-8"))["results"]


@pytest.mark.parametrize("part", ["agree", "extraversion_with_holes"])
def test_parameters_errors_and_scores(part: str) -> None:
    frame = data("bfi")
    if part == "agree":
        items = frame[[f"A{i}" for i in range(1, 6)]].dropna().head(500)
    else:
        items = frame[[f"E{i}" for i in range(1, 5)]].dropna(how="all").head(600)
    fit, want = rs.fit_graded_response(items), EXTRA[part]
    table = fit.item_parameters
    own = np.concatenate(
        [[row["slope"], *row[[c for c in table if c.startswith("intercept")]].dropna()] for _, row in table.iterrows()]
    )
    theirs, sign = np.array(want["parameters"]), 1.0
    # The sign of the latent scale is free; ours points the way most items do.
    slopes = fit.tidy()["parameter"].eq("slope").to_numpy()
    if np.sign(own[0]) != np.sign(theirs[0]):
        sign = -1.0
        theirs = np.where(slopes, -theirs, theirs)
    np.testing.assert_allclose(fit.fit["log_likelihood"], want["loglik"], rtol=1e-8)
    np.testing.assert_allclose(own, theirs, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), want["se"], rtol=1e-3)
    np.testing.assert_allclose(fit.scores["score"].head(40), sign * np.array(want["eap"]), atol=1e-4)
    np.testing.assert_allclose(fit.scores["standard_error"].head(40), want["psd"], atol=1e-4)
