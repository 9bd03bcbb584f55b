"""Responders against the frame, response weights, raking and worst-case bounds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience_stats.errors import ModelError
from resilience_stats.models.nonresponse import compare_responders, response_bounds, response_weights
from resilience_stats.models.weights import rake_weights, survey_estimates


def frame(n: int = 197, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    size = rng.normal(9, 3, n)
    contract = np.where(rng.random(n) < 0.25, "PMS", "GMS")
    answered = rng.random(n) < 1 / (1 + np.exp(-(0.4 * (size - 7) - 0.6 * (contract == "PMS"))))
    return pd.DataFrame({"size": size, "contract": contract, "answered": answered, "score": 40 + 2 * size})


def test_saturated_response_weights_restore_the_frame() -> None:
    """With one two-valued predictor the weights are frame / responders within each level."""
    d = frame()
    found = response_weights(d, "answered", ["contract"])
    counts = d.groupby("contract")["answered"].agg(["size", "sum"])
    want = d.loc[d["answered"], "contract"].map(counts["size"] / counts["sum"])
    np.testing.assert_allclose(found.weights, want, rtol=1e-8)
    np.testing.assert_allclose(found.tidy()["after"], found.tidy()["target"], rtol=1e-8)


def test_response_weights_remove_most_of_the_bias() -> None:
    d = frame()
    found = response_weights(d, "answered", ["size", "contract"])
    here = d[d["answered"]]
    plain, weighted = here["score"].mean(), np.average(here["score"], weights=found.weights)
    assert abs(weighted - d["score"].mean()) < 0.35 * abs(plain - d["score"].mean())
    assert found.weights.sum() == pytest.approx(197)
    assert found.glance()["n_effective"][0] < len(here)


def test_trimming_and_separation_are_said() -> None:
    d = frame()
    trimmed = response_weights(d, "answered", ["size"], trim=1.5)
    assert "trimmed" in {n.code for n in trimmed.notes}
    assert trimmed.weights.sum() == pytest.approx(197)
    d["settles"] = d["answered"] & (d["size"] > 9)
    assert "firth" in {n.code for n in response_weights(d, "answered", ["settles"]).notes}


def test_standardised_differences_by_hand() -> None:
    d = frame()
    found = compare_responders(d, "answered", ["size", "contract"])
    yes, no = d.loc[d["answered"], "size"], d.loc[~d["answered"], "size"]
    want = (yes.mean() - no.mean()) / np.sqrt((yes.var() + no.var()) / 2)
    tidy = found.tidy()
    assert tidy["difference_smd"][0] == pytest.approx(want)
    assert tidy["level"].tolist()[1:] == ["GMS", "PMS"]
    assert tidy["responders"][1] + tidy["responders"][2] == pytest.approx(1.0)
    assert found.notes[0].code == "unbalanced"
    assert found.glance()["response_rate"][0] == pytest.approx(d["answered"].mean())


def test_bounds_hold_whatever_the_others_say() -> None:
    y = pd.Series([1.0] * 80 + [0.0] * 58, name="at_risk")
    row = response_bounds(y, 197, lowest=0, highest=1).tidy().iloc[0]
    assert row["bound_low"] == pytest.approx(80 / 197)
    assert row["bound_high"] == pytest.approx((80 + 59) / 197)
    assert row["conf_low"] < row["bound_low"]
    assert row["conf_high"] > row["bound_high"]
    full = response_bounds(y, 138, lowest=0, highest=1).tidy().iloc[0]
    half = 1.959964 * y.std() / np.sqrt(138)
    assert [full["conf_low"], full["conf_high"]] == pytest.approx([y.mean() - half, y.mean() + half], abs=1e-6)


def test_bounds_are_near_thirty_points_wide_at_138_of_197() -> None:
    row = response_bounds(pd.Series(np.repeat([0.0, 1.0], 69)), 197, lowest=0, highest=1).tidy().iloc[0]
    assert row["bound_high"] - row["bound_low"] == pytest.approx(59 / 197)


@pytest.mark.parametrize(
    ("margins", "text"),
    [
        ({"contract": {"GMS": 150, "PMS": 47, "APMS": 5}}, "Merge"),
        ({"contract": {"GMS": 150}}, "without a target"),
        ({"contract": {"GMS": 150, "PMS": 47}, "answered": {True: 138, False: 60}}, "different totals"),
        ({"contrct": {"GMS": 150, "PMS": 47}}, "contract"),
    ],
)
def test_raking_errors(margins: dict[str, dict[object, float]], text: str) -> None:
    with pytest.raises(ModelError, match=text):
        rake_weights(frame(), margins)


def test_raking_to_one_margin_is_post_stratification() -> None:
    d = frame()
    found = rake_weights(d, {"contract": {"GMS": 900, "PMS": 100}})
    counts = d["contract"].value_counts()
    np.testing.assert_allclose(found.weights, d["contract"].map({"GMS": 900, "PMS": 100}) / d["contract"].map(counts))


def test_finite_population_factor_of_138_in_197() -> None:
    d = frame()[:138]
    plain = survey_estimates(d, ["score"]).tidy()
    fpc = survey_estimates(d, ["score"], population=197).tidy()
    assert fpc["std_error"][0] / plain["std_error"][0] == pytest.approx(np.sqrt(1 - 138 / 197))
    assert plain["std_error"][0] == pytest.approx(d["score"].std() / np.sqrt(138))


def test_who_answered_must_be_known() -> None:
    with pytest.raises(ModelError, match="yes or no"):
        compare_responders(frame().assign(answered=1), "answered", ["size"])
