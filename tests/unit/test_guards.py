"""Guards: the outcome's parts, the budget, clusters, one respondent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.errors import CircularModelError, ModelError
from resilience_stats.models import guards

PARTS = {"overall": ["workload", "leadership"], "workload": ["q1", "q2"], "leadership": ["q3"], "other": ["q9"]}


@pytest.mark.parametrize("predictor", ["q1", "workload", "overall"])
def test_parts_are_refused_at_every_depth(predictor: str) -> None:
    with pytest.raises(CircularModelError, match=predictor):
        guards.refuse_parts("overall", [predictor, "list_size"], PARTS)


def test_a_score_that_holds_the_outcome_is_refused() -> None:
    with pytest.raises(CircularModelError, match="allow_parts"):
        guards.refuse_parts("workload", ["overall"], PARTS)


def test_scores_without_common_items_pass() -> None:
    assert guards.refuse_parts("workload", ["leadership", "other"], PARTS) == ()


def test_what_is_allowed_by_name_is_printed() -> None:
    (found,) = guards.refuse_parts("overall", ["q1"], PARTS, allow_parts=["q1"])
    assert found.code == "part-of-outcome-allowed"
    assert "'q1'" in found.message


def test_parts_that_name_each_other_do_not_loop() -> None:
    with pytest.raises(CircularModelError):
        guards.refuse_parts("a", ["b"], {"a": ["b"], "b": ["a"]})


@pytest.mark.parametrize(("r2", "terms", "enough"), [(0.3, 4, True), (0.3, 5, False), (0.4, 7, True), (0.4, 8, False)])
def test_budget_of_138_practices(r2: float, terms: int, enough: bool) -> None:
    """The table of the domain notes: at n = 138, R2 = .3 carries 4 parameters and R2 = .4 carries 7."""
    assert (guards.budget_notes(-138 * np.log(1 - r2), terms, 138) == ()) is enough


def test_budget_proposes_a_number() -> None:
    (found,) = guards.budget_notes(-138 * np.log(1 - 0.3), 9, 138)
    assert "carry 4 parameters" in found.message


def test_budget_without_association_says_describe() -> None:
    (found,) = guards.budget_notes(0.0, 3, 40)
    assert "describe" in found.message


def test_common_method_needs_both_on_the_form() -> None:
    assert guards.common_method_notes("phq", ["list_size"], ["phq", "q1"]) == ()
    assert guards.common_method_notes("gpps", ["q1"], ["phq", "q1"]) == ()
    assert guards.common_method_notes("phq", ["q1"], ["phq", "q1"])[0].code == "common-method"


def test_clusters_are_always_stated_and_few_are_warned_of() -> None:
    assert [n.code for n in guards.cluster_notes(30, [12.0, 20.0], "CR2")] == ["clusters"]
    assert [n.code for n in guards.cluster_notes(30, [3.0, 20.0], "CR2")] == ["clusters", "few-clusters"]
    assert "30 clusters" in guards.cluster_notes(30, [12.0, 20.0], "CR2")[0].message


def test_r2_above_published_models_is_questioned() -> None:
    assert guards.implausible_notes(0.3) == ()
    assert guards.implausible_notes(float(pd.Series([0.7]).iloc[0]))[0].code == "implausibly-good"


def test_figures_that_no_published_model_reaches_are_each_questioned() -> None:
    assert guards.implausible_notes(c_statistic=0.85, kappa=0.4) == ()
    found = guards.implausible_notes(0.6, c_statistic=0.9, kappa=0.45)
    assert [n.code for n in found] == ["implausibly-good"] * 3
    assert [n.message.split(" is ")[0] for n in found] == ["The adjusted R2", "The c-statistic", "The weighted kappa"]


def test_affordable_parameters_leave_the_shrinkage_that_is_asked_for() -> None:
    ratio = guards.likelihood_ratio(0.3, 138)
    carried = guards.affordable_parameters(ratio)
    assert guards.shrinkage(ratio, carried) >= 0.9 > guards.shrinkage(ratio, carried + 1)
    assert guards.affordable_parameters(guards.likelihood_ratio(0.0, 40)) == 0


def _same(outcome: float = 2.0) -> pd.DataFrame:
    x = np.arange(12.0)
    return pd.DataFrame({"y": outcome, "x": x, "z": x % 5, "group": np.repeat(list("abcd"), 3)})


@pytest.mark.parametrize(
    "fit",
    [
        lambda d: rs.fit_mixed(d, "y", ["x"], group="group"),
        lambda d: rs.relative_importance(d, "y", ["x", "z"]),
        lambda d: rs.penalised_path(d, "y", ["x", "z"]),
        lambda d: rs.fit_quantile(d, "y", ["x"]),
        lambda d: rs.fit_robust(d, "y", ["x"]),
        lambda d: rs.fit_fractional(d.assign(y=0.5), "y", ["x"]),
    ],
)
def test_an_outcome_that_is_the_same_in_every_row_is_refused(fit: Callable[[pd.DataFrame], object]) -> None:
    with pytest.raises(ModelError, match="the same in every row"):
        fit(_same())


def test_a_mixed_model_needs_something_left_within_the_groups() -> None:
    d = _same()
    for made in (2 * d["x"], d["group"].map({"a": 1.0, "b": 2.0, "c": 4.0, "d": 3.0})):
        with pytest.raises(ModelError, match="reproduce 'y' exactly"):
            rs.fit_mixed(d.assign(y=made), "y", ["x"], group="group")
    alone = rs.fit_mixed(d.assign(y=np.sin(d["x"]), group=d["x"]), "y", ["z"], group="group")
    assert alone.glance()["n_groups"].iloc[0] == len(d)


def test_a_separated_mixed_model_of_events_says_so() -> None:
    x = np.linspace(-1, 1, 24)
    d = pd.DataFrame({"left": (x > 0.1).astype(int), "x": x, "group": np.tile(list("abcd"), 6)})
    fit = rs.fit_mixed(d, "left", ["x"], group="group", family="binomial")
    assert "not-converged" in [n.code for n in fit.notes]
    assert np.isfinite(fit.tidy()["odds_ratio"]).all()
    mixed_up = d.assign(left=(np.sin(9 * x) > 0).astype(int))
    fit = rs.fit_mixed(mixed_up, "left", ["x"], group="group", family="binomial")
    assert "not-converged" not in [n.code for n in fit.notes]


def test_a_number_that_was_found_is_told_as_a_number() -> None:
    told = str(ModelError("no such value", found=[np.float64(3.0), np.int64(2)]))
    assert told == "no such value: found [3.0, 2]."
