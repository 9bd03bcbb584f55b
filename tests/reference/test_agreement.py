"""Intraclass correlations and reliable change against R: psych::ICC and the formulas of the cases."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support import HERE, assert_close, data, frame, results

from resilience_stats.models.agreement import intraclass_correlation, reliable_change

COLUMNS = {
    "ICC": "estimate",
    "F": "statistic",
    "df1": "df",
    "df2": "df_residual",
    "p": "p_value",
    "lower bound": "conf_low",
    "upper bound": "conf_high",
}


def test_six_forms() -> None:
    name = "r01_icc_shrout_fleiss"
    want, fit = results(name), intraclass_correlation(data("shrout_fleiss"))
    theirs, tidy = frame(want["icc"]), fit.tidy()
    assert list(tidy["term"]) == list(theirs["type"])
    for column, ours in COLUMNS.items():
        assert_close(name, tidy[ours], theirs[column], column)
    assert_close(name, fit.fit["mean_square_within"], want["msb"])
    table = fit.variance_table.set_index("source").loc[["subjects", "raters", "residual"]]
    for theirs_name, ours in (("Df", "df"), ("Sum Sq", "sum_sq"), ("Mean Sq", "mean_sq")):
        assert_close(name, table[ours], want["summary"][theirs_name], theirs_name)
    assert_close(name, table["statistic"].iloc[:2], want["summary"]["F value"][:2], "F")
    assert_close(name, table["p_value"].iloc[:2], want["summary"]["Pr(>F)"][:2], "p")


def test_other_data_and_level() -> None:
    want = json.loads((HERE / "reference" / "extra" / "psychometrics.json").read_text(encoding="utf-8"))["icc"]
    tidy = intraclass_correlation(data("attitude")[["rating", "complaints", "raises"]], conf_level=0.9).tidy()
    for theirs, ours in (("icc", "estimate"), ("F", "statistic"), ("df2", "df_residual"), ("low", "conf_low")):
        np.testing.assert_allclose(tidy[ours], want[theirs], rtol=1e-9)
    np.testing.assert_allclose(tidy["conf_high"], want["high"], rtol=1e-9)
    np.testing.assert_allclose(tidy["p_value"], want["p"], rtol=1e-6)


def test_one_way_with_unequal_numbers_of_scores() -> None:
    name = "r11_icc_unbalanced_popmis"
    want = results(name)["anova"]
    fit = intraclass_correlation(data("popmis"), subject="school", score="teachpop")
    first, second = fit.tidy().iloc[0], fit.tidy().iloc[1]
    assert_close(name, first["estimate"], want["icc"])
    assert_close(name, first[["conf_low", "conf_high"]], [want["icc_lower"], want["icc_upper"]])
    assert_close(name, first["statistic"], want["F"])
    assert_close(name, second["estimate"], want["icc_of_mean_k_n0"])
    assert_close(name, fit.fit["n0"], want["n0"])
    assert_close(name, fit.fit["design_effect"], want["design_effect_mean_size"])


@pytest.mark.parametrize("treatment", ["CBT", "Cont", "FT"])
def test_reliable_change(treatment: str) -> None:
    name = "r17_paired_change_anorexia"
    want = results(name)[treatment]
    rows = data("anorexia").query("Treat == @treatment")
    fit = reliable_change(rows["Prewt"], rows["Postwt"])
    assert_close(name, fit.fit["standard_error_of_measurement"], want["rci_sem"])
    assert_close(name, fit.fit["standard_error_of_difference"], want["rci_sdiff"])
    assert_close(name, fit.tidy()["statistic"].iloc[:5], want["rci_first5"])
    assert fit.fit["n_improved"] == want["n_reliable_improved"]
    assert fit.fit["n_worse"] == want["n_reliable_worse"]
