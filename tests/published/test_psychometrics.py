"""Figures printed in papers and manuals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from support import HERE, data

import resilience_stats as rs


def test_shrout_and_fleiss_1979_table_4() -> None:
    estimates = rs.intraclass_correlation(data("shrout_fleiss")).tidy()["estimate"]
    np.testing.assert_array_equal(estimates.round(2), [0.17, 0.29, 0.71, 0.44, 0.62, 0.91])


def test_thurstone_as_in_the_manual_of_psych() -> None:
    given = pd.read_csv(HERE / "reference" / "data" / "thurstone_cor.csv", index_col=0)
    glance = rs.reliability(given, n_obs=213, n_factors=3).glance().iloc[0]
    names = ["alpha", "guttman_lambda6", "omega_hierarchical", "omega_total"]
    np.testing.assert_array_equal(glance[names].astype(float).round(2), [0.89, 0.91, 0.74, 0.93])
