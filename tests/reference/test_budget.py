"""Riley's sample sizes: case r10_riley_pmsampsize_examples."""

from __future__ import annotations

import numpy as np
import pytest
from support import assert_close, matrix, results

import resilience_stats as rs
from resilience_stats.errors import EventBudgetError, ModelError

NAME = "r10_riley_pmsampsize_examples"
BINARY = {"parameters": 24, "prevalence": 0.174}
CONTINUOUS = {"outcome_type": "continuous", "r2": 0.2, "parameters": 25, "mean": 1.9, "sd": 0.6}
SURVIVAL = {"outcome_type": "survival", "r2_cox_snell": 0.051, "parameters": 30, "rate": 0.065, "time_point": 2,
            "mean_follow_up": 2.07}  # fmt: skip


def test_binary_criteria() -> None:
    want = results(NAME)["binary"]
    fit = rs.event_budget(r2_cox_snell=0.288, **BINARY)
    rows, glance = fit.tidy(), fit.glance().iloc[0]
    assert_close(NAME, rows["exact"].iloc[:3], [want[f"criterion{k}"] for k in (1, 2, 3)], "criteria")
    assert_close(NAME, rows["shrinkage"].iloc[1], want["shrinkage_needed_criterion2"], "shrinkage")
    for ours, theirs in (
        ("max_r2", "max_r2cs"), ("r2_nagelkerke", "nagelkerke"), ("n_required", "n_required"),
        ("events_required", "events"), ("events_per_parameter", "events_per_parameter"),
    ):  # fmt: skip
        assert_close(NAME, glance[ours], want[theirs], theirs)


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({**BINARY, "r2_cox_snell": 0.288}, "pmsampsize_binary"),
        ({**BINARY, "c_statistic": 0.89}, "pmsampsize_cstat_table"),
        (SURVIVAL, "pmsampsize_survival"),
    ],
)
def test_tables_of_pmsampsize(options: dict, key: str) -> None:
    fit = rs.event_budget(**options)
    rows, glance, want = fit.tidy(), fit.glance().iloc[0], matrix(results(NAME)[key])
    assert_close(NAME, rows["estimate"], want["Samp_size"], "n")
    assert_close(NAME, rows["shrinkage"].round(3), want["Shrinkage"], "shrinkage")
    assert_close(NAME, rows["events_per_parameter"].round(2), want["EPP"], "EPP")
    assert_close(NAME, round(glance["r2_cox_snell"], 4), want["CS_Rsq"].iloc[0], "CS_Rsq")
    assert_close(NAME, round(glance["max_r2"], 3), want["Max_Rsq"].iloc[0], "Max_Rsq")
    assert_close(NAME, round(glance["r2_nagelkerke"], 3), want["Nag_Rsq"].iloc[0], "Nag_Rsq")


def test_continuous_criteria() -> None:
    fit = rs.event_budget(**CONTINUOUS)
    own, table = results(NAME)["continuous"], matrix(results(NAME)["pmsampsize_continuous"])
    assert_close(NAME, fit.tidy()["exact"].iloc[:4], [own[f"criterion{k}"] for k in (1, 2, 3, 4)], "criteria")
    assert_close(NAME, fit.tidy()["estimate"], table["Samp_size"], "n")
    assert_close(NAME, fit.tidy()["shrinkage"].round(3), table["Shrinkage"], "shrinkage")
    assert_close(NAME, fit.tidy()["events_per_parameter"].round(2), table["SPP"], "SPP")


@pytest.mark.parametrize(("share", "rows"), [(0.08, 135), (0.24, 85), (0.009, 610)])
def test_rows_a_parameter_needs_are_the_published_ones(share: float, rows: int) -> None:
    fit = rs.event_budget(prevalence=share, n=197)
    assert abs(fit.glance()["rows_each_parameter_needs"].iloc[0] - rows) < 0.01 * rows + 1
    assert "assumed-r2" in {n.code for n in fit.notes}


def test_a_local_committee_affords_one_parameter_or_none() -> None:
    assert rs.event_budget(n=197, events=16).glance()["parameters_allowed"].iloc[0] == 1
    assert rs.event_budget(n=197, events=2).glance()["parameters_allowed"].iloc[0] == 0
    fit = rs.event_budget(n=197, events=16, parameters=5)
    assert "over-budget" in {n.code for n in fit.notes}
    with pytest.raises(EventBudgetError, match="197 rows carry 1 parameters"):
        rs.event_budget(n=197, events=16, parameters=5, on_excess="error")


def test_the_integral_and_the_simulation_agree() -> None:
    simulated = rs.event_budget(c_statistic=0.7, prevalence=0.2).glance()["r2_cox_snell"].iloc[0]
    exact = rs.event_budget(c_statistic=0.7, prevalence=0.2, c_method="exact").glance()["r2_cox_snell"].iloc[0]
    np.testing.assert_allclose(simulated, exact, atol=0.003)


def test_impossible_strengths_and_missing_arguments_are_refused() -> None:
    with pytest.raises(ModelError, match="out of reach"):
        rs.event_budget(prevalence=0.02, r2_cox_snell=0.5)
    with pytest.raises(ModelError, match="prevalence"):
        rs.event_budget(parameters=3)
    with pytest.raises(ModelError, match="given twice"):
        rs.event_budget(prevalence=0.2, r2_cox_snell=0.1, c_statistic=0.7)
