"""Relative importance against R: all subsets, all orderings, relaimpo, and McFadden's R2 of glm."""

from __future__ import annotations

import pytest
from support import assert_close, data, matrix, results

from resilience_stats.models.importance import relative_importance

LINEAR = {"r07_lmg_attitude": ("attitude", "rating"), "r07_lmg_swiss": ("swiss", "Fertility")}


@pytest.mark.parametrize("name", LINEAR)
def test_every_metric(name: str) -> None:
    file, outcome = LINEAR[name]
    want = results(name)
    own = want["importance"]
    terms = list(own["first"])
    found = relative_importance(data(file), outcome, terms)
    assert_close(name, found.glance()["r_squared"], own["R2"], "R2")
    for ours, theirs in [
        ("lmg", "lmg_shapley_general_dominance"), ("lmg_percent", "lmg_percent"), ("first", "first"), ("last", "last"),
        ("pratt", "pratt"), ("beta_squared", "betasq"), ("std_beta", "std_beta"), ("car", "car_scores_squared"),
        ("genizi", "johnson_relative_weights_genizi"),
    ]:  # fmt: skip
        assert_close(name, found.metrics[ours], list(own[theirs].values()), theirs)
    for ours in ("lmg", "last", "first", "pratt", "betasq", "genizi", "car"):
        tidy = relative_importance(data(file), outcome, terms, method=ours).tidy()
        assert_close(name, tidy["estimate"], matrix(want["relaimpo"]).loc[tidy["term"], ours], f"relaimpo.{ours}")
    assert_close(name, found.tidy()["estimate"], list(want["lmg_all_orderings"].values()), "lmg_all_orderings")
    assert_close(name, found.conditional_dominance, matrix(own["conditional_dominance"]), "conditional_dominance")
    assert_close(
        name, found.complete_dominance, matrix(own["complete_dominance_row_over_col"]).astype(float), "complete"
    )


def test_a_factor_is_one_group() -> None:
    name = "r07_lmg_grouped_prestige"
    want = results(name)
    # R read an empty type as a level of its own
    d = data("prestige").fillna({"type": "none"})
    found = relative_importance(d, "prestige", ["income", "education", "women", "type"])
    assert found.glance()["n"][0] == want["n"]
    assert_close(name, found.glance()["r_squared"], want["R2"], "R2")
    assert_close(name, found.tidy()["estimate"], list(want["lmg"].values()), "lmg")
    assert_close(name, found.subset_r2, want["r2_by_bitmask"], "r2_by_bitmask")


@pytest.mark.parametrize("measure", ["mcfadden", "nagelkerke"])
def test_logistic(measure: str) -> None:
    name = "r07_lmg_logistic_mcfadden"
    want = results(name)
    terms = list(want[measure])
    found = relative_importance(data("birthwt"), "low", terms, family="binomial", measure=measure)
    assert_close(name, found.tidy()["estimate"], list(want[measure].values()), measure)
    assert_close(name, found.glance()["r_squared"], want[f"{measure}_full"], f"{measure}_full")
