"""Whom to offer support: the list follows the criteria, the capacity and the weights, and is made for one edition."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resilience_stats.disclosure import DisclosedFrame, Policy, apply_policy
from resilience_stats.errors import ModelError, ReportError
from resilience_stats.report import sentences_priorities as said
from resilience_stats.report.rows import priorities
from resilience_stats.results.rows import combine_rows
from resilience_stats.schema import load_instrument

INTERNAL = Policy.preset("internal")
N = 40


def example(**support: Any) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(5)
    instrument = load_instrument("phq")
    codes = pd.Index([f"Y{k:05d}" for k in range(N)])
    items = pd.DataFrame(rng.integers(1, 6, (N, len(instrument.items))).astype(float), index=codes,
                         columns=[i.id for i in instrument.items])  # fmt: skip
    frame = pd.DataFrame({"patients_per_gp": np.linspace(1500, 3500, N), "qof_achievement": 95.0}, index=codes)
    frame["qof_achievement"] = [80.0 if k % 8 == 0 else 96.0 for k in range(N)]
    frame["self_referral"] = pd.array([k % 4 == 0 for k in range(N)], dtype="boolean")
    for area in instrument.areas:
        members = [i.id for i in instrument.items_of(area.id)]
        frame[f"phq_{area.id}"] = 25 * (items[members] - 1).mean(axis=1)
    frame["programme"] = "none"
    study = SimpleNamespace(support=support)
    return study, SimpleNamespace(instruments={"phq": instrument}), SimpleNamespace(frame=frame, items=items)


def released(result: Any, features: Any) -> DisclosedFrame:
    rows = [priorities.criteria_rows(result), priorities.capacity_rows(result), priorities.matrix_rows(result),
            priorities.priority_rows(result, features), priorities.menu_rows(result)]  # fmt: skip
    return apply_policy(combine_rows(rows), INTERNAL)


@pytest.mark.parametrize("edition", ["board", "public"])
def test_no_other_edition_gets_the_rows(edition: str) -> None:
    study, cohort, features = example()
    with pytest.raises(ReportError, match="resilience team alone"):
        priorities.fit_priorities(study, cohort, features, Policy.preset(edition))


def test_the_list_keeps_to_the_capacity_and_is_told_as_it_is() -> None:
    study, cohort, features = example(places=6, reserve=0.5)
    result = priorities.fit_priorities(study, cohort, features, INTERNAL)
    frame = released(result, features)
    offered = frame.select(output="priority_offer", statistic="place_in_order").rows
    assert offered["value"].astype(int).tolist() == [1, 2, 3, 4, 5, 6]
    assert len(frame.select(output="priority_reserve", statistic="place_in_order").rows) == 3
    text = " ".join(said.capacity_sentences(frame))
    assert "Places: 6. Practices that would be offered one: 6; on the reserve list: 3." in text
    assert "asked for support themselves: 10, of which" in text
    chances = frame.select(output="priority_offer", statistic="probability_offered").rows["value"].astype(float)
    assert f"with measurement error: {(chances >= 0.9).sum()} of 6." in text
    assert frame.select(output="priority_matrix").rows["value"].sum() == N


def test_hours_limit_the_offers_too() -> None:
    study, cohort, features = example(places=10, hours=100, hours_each=30)
    result = priorities.fit_priorities(study, cohort, features, INTERNAL)
    text = " ".join(said.capacity_sentences(released(result, features)))
    assert "Places: 10. Practices that would be offered one: 3;" in text
    assert "90 of 100 hours are used" in text


def test_weights_of_the_study_change_the_order() -> None:
    study, cohort, features = example(places=5)
    plain = priorities.fit_priorities(study, cohort, features, INTERNAL)
    study.support = {"places": 5, "weights": {"qof": 30, "self_referral": 0}}
    weighted = priorities.fit_priorities(study, cohort, features, INTERNAL)
    first = features.frame.loc[weighted.tidy()["term"][:5], "qof_achievement"]
    assert (first < 85).all()
    assert plain.tidy()["term"].tolist() != weighted.tidy()["term"].tolist()
    study.support = {"weights": {"qoff": 1}}
    with pytest.raises(ModelError, match="Did you mean 'qof'"):
        priorities.fit_priorities(study, cohort, features, INTERNAL)


def test_criteria_without_data_are_named() -> None:
    study, cohort, features = example(places=5)
    result = priorities.fit_priorities(study, cohort, features, INTERNAL)
    frame = released(result, features)
    used, absent = said.criteria_sentences(frame)
    assert used.startswith(f"{result.fit['criteria_used']} of 21 criteria")
    assert "rated requires improvement" in absent
    assert "QOF" not in absent


def test_the_menu_gives_a_reason_for_each_kind_of_support() -> None:
    study, cohort, features = example(places=5)
    result = priorities.fit_priorities(study, cohort, features, INTERNAL)
    menu = released(result, features).select(output="priority_menu").rows
    decided = result.tidy().set_index("term")["decision"]
    assert set(decided[menu["group"].unique()]) <= {"offer", "reserve"}
    assert menu["value"].str.len().gt(10).all()
    assert not menu.duplicated(["group", "term"]).any()


def test_measurement_error_makes_places_less_firm() -> None:
    study, cohort, features = example(places=5)
    result = priorities.fit_priorities(study, cohort, features, INTERNAL)
    frame, errors = priorities._with_errors(cohort, features)
    assert {f"{name}_error" for name in errors} <= set(frame)
    kept = released(result, features).select(output="priority_doubts").rows.set_index("term")["value"].astype(float)
    assert kept["measurement error"] < 1
    assert kept["all of these"] <= kept.drop("all of these").min() + 0.05


def test_nothing_to_order_by_is_said() -> None:
    study, cohort, features = example()
    features.frame = features.frame[["programme"]]
    assert priorities.fit_priorities(study, cohort, features, INTERNAL) is None
    assert priorities.criteria_rows(None).empty
    (text,) = said.criteria_sentences(apply_policy(combine_rows([]), INTERNAL))
    assert "no order can be made" in text
