"""`prioritise`: degrees, priority and capacity by hand; places that are as firm as the data make them."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.errors import ModelError
from resilience_stats.models.prioritise import prioritise, support_criteria
from resilience_stats.resources import schema_directory
from resilience_stats.stats.priority import Capacity, Criterion, choose, degree

NEED = {"id": "need", "axis": "scope", "column": "need", "rule": "scale", "range": [0, 10], "weight": 1,
        "support": ["coaching"], "reason": "need is high"}  # fmt: skip
FLAG = {"id": "flag", "axis": "scope", "column": "flag", "rule": "flag", "weight": 1, "support": ["rat", "coaching"]}
READY = {"id": "ready", "axis": "impact", "column": "ready", "rule": "scale", "range": [0, 100], "weight": 1}


def practices() -> pd.DataFrame:
    return pd.DataFrame(
        {"need": [10.0, 8.0, 2.0, np.nan], "flag": [False, True, True, False], "ready": [50.0, 100.0, 50.0, np.nan]},
        index=list("abcd"),
    )


def test_scope_impact_and_priority_by_hand() -> None:
    rows = prioritise(practices(), [NEED, FLAG, READY], capacity=1, n_draws=20).tidy().set_index("term")
    np.testing.assert_allclose(rows.loc[list("abcd"), "scope"], [0.5, 0.9, 0.6, 1 / 3])
    np.testing.assert_allclose(rows.loc[list("abcd"), "impact"], [0.5, 1.0, 0.5, 2 / 3])
    np.testing.assert_allclose(rows.loc[list("abcd"), "estimate"], [0.25, 0.9, 0.3, 2 / 9])
    assert rows.index.tolist() == ["b", "c", "a", "d"]
    assert rows["decision"].tolist() == ["offer", "reserve", "not now", "not now"]
    assert rows.loc["d", "criteria_missing"] == 2


def test_weights_change_the_order_and_unknown_ones_are_refused() -> None:
    rows = prioritise(practices(), [NEED, FLAG], weights={"need": 9}, capacity=1, n_draws=5).tidy()
    assert rows["term"].iloc[0] == "a"
    with pytest.raises(ModelError, match="Did you mean 'need'"):
        prioritise(practices(), [NEED, FLAG], weights={"neeed": 9})


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ({"rule": "flag"}, [1.0, 0.0, np.nan], [1.0, 0.0, np.nan]),
        ({"rule": "high"}, [1.0, 2.0, 2.0, 9.0], [0.0, 0.5, 0.5, 1.0]),
        ({"rule": "low"}, [1.0, 2.0, 9.0], [1.0, 0.5, 0.0]),
        ({"rule": "below", "threshold": 85.0}, [84.9, 85.0], [1.0, 0.0]),
        ({"rule": "above", "threshold": 10.0}, [10.0, 11.0], [0.0, 1.0]),
        ({"rule": "scale", "low": 0.0, "high": 10.0}, [-1.0, 5.0, 20.0], [0.0, 0.5, 1.0]),
    ],
)
def test_degrees(rule: dict[str, object], values: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(degree(np.array(values), Criterion(**rule)), expected)


def test_capacity_in_places_and_hours() -> None:
    hours = np.array([10.0, 30.0, 10.0, 5.0])
    priority = np.array([0.9, 0.8, 0.7, 0.6])
    assert choose(priority, Capacity(places=2, total_hours=np.inf, hours=hours)).tolist() == [True, True, False, False]
    assert choose(priority, Capacity(places=4, total_hours=25, hours=hours)).tolist() == [True, False, True, True]
    frame = practices().assign(hours_needed=[10.0, 10.0, 50.0, 5.0])
    fit = prioritise(frame, [NEED, FLAG], capacity={"places": 3, "hours": 25}, hours="hours_needed", n_draws=5)
    assert set(fit.tidy().query("decision == 'offer'")["term"]) == {"a", "b", "d"}
    assert "passed-over" in [n.code for n in fit.notes]


def test_each_source_of_doubt_moves_only_what_it_can() -> None:
    rng = np.random.default_rng(1)
    n = 60
    frame = pd.DataFrame({"need": rng.uniform(0, 10, n), "flag": rng.random(n) < 0.3, "ready": rng.uniform(0, 100, n)})
    sure = prioritise(frame, [NEED, FLAG, READY], capacity=15, n_draws=60).tidy()
    assert sure["offered_error"].isin([0, 1]).all()
    assert sure["offered_missing"].isin([0, 1]).all()
    assert not sure["offered_weights"].isin([0, 1]).all()
    doubtful = prioritise(frame, [NEED, FLAG, READY], capacity=15, n_draws=60, std_errors={"ready": 15.0}).tidy()
    assert not doubtful["offered_error"].isin([0, 1]).all()
    frame.loc[:20, "need"] = np.nan
    holes = prioritise(frame, [NEED, FLAG, READY], capacity=15, n_draws=60).tidy()
    assert not holes["offered_missing"].isin([0, 1]).all()


def test_probability_of_an_offer_is_that_of_the_planted_error() -> None:
    # Two practices for one place, 1 apart on a scale of which each value has error 1: the first wins with
    # probability P(N(1, 2) > 0).
    frame = pd.DataFrame({"need": [5.5, 4.5]}, index=["a", "b"])
    fit = prioritise(frame, [NEED], capacity=1, n_draws=2000, std_errors={"need": 1.0})
    rows = fit.tidy().set_index("term")
    expected = 0.5 * (1 + math.erf(0.5))
    assert rows.loc["a", "offered_error"] == pytest.approx(expected, abs=4 * np.sqrt(0.76 * 0.24 / 2000))


def test_places_sum_to_capacity_and_draws_are_seeded() -> None:
    frame = practices()
    one, two = (prioritise(frame, [NEED, FLAG, READY], capacity=2, n_draws=40, random_state=3).tidy() for _ in "ab")
    pd.testing.assert_frame_equal(one, two)
    assert one["probability_offered"].sum() == pytest.approx(2)


def test_menu_names_each_kind_once_with_its_reason() -> None:
    fit = prioritise(practices(), [NEED, FLAG, READY], capacity=1, n_draws=5)
    b = fit.support[fit.support["term"] == "b"]
    assert sorted(b["support"]) == ["coaching", "rat"]
    assert fit.support[fit.support["term"] == "a"][["support", "reason"]].to_numpy().tolist() == [
        ["coaching", "need is high"]
    ]
    assert "d" not in set(fit.support["term"])


def test_shares_of_contributions_add_up() -> None:
    parts = prioritise(practices(), [NEED, FLAG, READY], capacity=1, n_draws=5).contributions
    total = parts[parts["degree"] > 0].groupby(["term", "axis"])["share"].sum()
    np.testing.assert_allclose(total, 1.0)


def test_shipped_criteria_are_well_formed_and_name_known_support() -> None:
    kinds = {c["id"] for c in json.loads((schema_directory() / "support_types.json").read_text("utf-8"))["codes"]}
    listed = support_criteria()
    assert len({c["id"] for c in listed}) == len(listed)
    assert {c["axis"] for c in listed} == {"scope", "impact"}
    assert all(set(c["support"]) <= kinds and c["source"] and c["reason"] for c in listed)


def test_what_must_be_said_is_said() -> None:
    frame = pd.DataFrame({"patients_per_gp": [2000.0, 1500.0, 1800.0]})
    fit = rs.prioritise(frame, capacity=1, n_draws=10)
    codes = [n.code for n in fit.notes]
    assert {"internal-only", "criteria-without-data", "impact-unknown", "error-unknown", "no-prediction"} <= set(codes)
    assert fit.fit["edition"] == "internal"


@pytest.mark.parametrize(
    ("criteria", "arguments", "words"),
    [
        ([{"id": "x", "axis": "scope", "column": "need"}], {}, "lacks its rule"),
        ([{**NEED, "axis": "skope"}], {}, "unknown axis"),
        ([{**NEED, "rule": "below"}], {}, "needs a threshold"),
        ([{**NEED, "range": [1, 1]}], {}, "needs a range"),
        ([NEED, NEED], {}, "named twice"),
        ([{**NEED, "column": "elsewhere"}], {}, "no criterion of the scope"),
        ([NEED], {"capacity": -1}, "impossible capacity"),
        ([NEED], {"capacity": {"hours": 10}}, "needs the hours"),
        ([NEED], {"std_errors": {"nead": 1.0}}, "Did you mean 'need'"),
        ([{**NEED, "weight": 0}], {}, "nor all 0"),
    ],
)
def test_refuses_what_it_cannot_use(criteria: list[dict], arguments: dict, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        prioritise(practices(), criteria, **arguments)
