"""Survey means, design effects and raking against the R package survey."""

from __future__ import annotations

import numpy as np
import pandas as pd
from support import assert_close, data, results

from resilience_stats.models.weights import rake_weights, survey_estimates

NAME = "r18_survey_cluster_rake"


def schools() -> pd.DataFrame:
    d = data("apiclus1")
    return d.assign(w=6194 / len(d), big=(d["enroll"] > 500).astype(int))


def test_mean_total_and_design_effect_of_a_cluster_sample() -> None:
    want = results(NAME)
    found = survey_estimates(schools(), ["api00"], weights="w", cluster="dnum").tidy().set_index("statistic_name")
    assert_close(NAME, found.loc["mean", ["estimate", "std_error"]].astype(float), [want["mean"], want["se"]], "mean")
    assert_close(NAME, found.loc["mean", "design_effect"], want["deff"], "deff")
    assert found.loc["mean", "df"] == want["df"]
    assert_close(NAME, found.loc["total", ["estimate", "std_error"]].astype(float), [want["total"], want["se_total"]])


def test_raking() -> None:
    want = results(NAME)["rake"]
    margins = {"stype": {"E": 4421, "H": 755, "M": 1018}, "big": {0: 3400, 1: 2794}}
    raked = rake_weights(schools(), margins, weights="w")
    assert_close(NAME, raked.weights.iloc[:10], want["weights_first10"], "rake.weights")
    assert_close(NAME, raked.glance()["sum"], want["sum_w"], "rake.sum_w")
    assert_close(NAME, raked.glance()["n_effective"], want["kish_neff"], "rake.kish_neff")
    # R's raking stops sooner than ours
    reached = [*want["margins_stype"].values(), *want["margins_big"].values()]
    assert_close(NAME, raked.tidy()["after"], reached, "rake.margins")
    np.testing.assert_allclose(raked.tidy()["after"], raked.tidy()["target"], rtol=1e-11)
    mean = survey_estimates(schools(), ["api00"], weights=raked, cluster="dnum").tidy().iloc[0]
    assert_close(NAME, [mean["estimate"], mean["std_error"]], [want["mean"], want["se_after_calibration"]], "rake.mean")
