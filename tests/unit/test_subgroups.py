"""Performance in subgroups: counted by hand, found where planted, silent where events are few."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

import resilience_stats as rs
from resilience_stats.errors import ModelError


def sample(n: int = 3000, shift: float = 0.0, seed: int = 1) -> tuple[np.ndarray, np.ndarray, pd.Series]:
    rng = np.random.default_rng(seed)
    place = pd.Series(pd.Categorical(rng.choice(["West", "East"], n), categories=["West", "East"]))
    p = rng.beta(2, 5, n)
    true = expit(logit(p) + shift * (place == "East").to_numpy())
    return (rng.random(n) < true).astype(int), p, place


def test_each_level_is_what_calibration_gives_for_it_alone() -> None:
    y, p, place = sample()
    made = rs.subgroup_performance(y, p, {"place": place}).tidy().set_index("term")
    assert made.index.tolist() == ["West", "East"]  # the order of the categories
    for level in made.index:
        inside = (place == level).to_numpy()
        alone = rs.calibration(y[inside], p[inside]).tidy().set_index("term")
        row = made.loc[level]
        assert (row["n"], row["events"]) == (inside.sum(), y[inside].sum())
        assert row["mean_risk"] == pytest.approx(p[inside].mean())
        assert row["c_statistic"] == pytest.approx(alone.loc["c_statistic", "estimate"])
        assert row["c_low"] == pytest.approx(alone.loc["c_statistic", "conf_low"])
        large = alone.loc["calibration_in_the_large", ["estimate", "conf_low", "conf_high"]].astype(float)
        np.testing.assert_allclose(row[["calibration_in_the_large", "large_low", "large_high"]].astype(float), large)
        assert row["slope"] == pytest.approx(alone.loc["calibration_slope", "estimate"])


def test_the_difference_is_that_of_a_regression_with_the_level_as_its_predictor() -> None:
    y, p, place = sample(shift=0.5)
    made = rs.subgroup_performance(y, p, {"place": place}).tidy().iloc[0]
    d = pd.DataFrame({"y": y, "place": place, "eta": logit(p)})
    ratio = rs.fit_logistic(d, "y", ["place"], offset="eta", check_budget="off").tidy()["lr_chi_square"].iloc[1]
    assert made["difference_chi_square"] == pytest.approx(ratio)
    assert made["difference_p_value"] < 0.001


def test_alike_levels_differ_at_the_nominal_rate() -> None:
    p_values = [rs.subgroup_performance(*sample(400, seed=s)[:2], {"g": sample(400, seed=s)[2]}).tidy()[
        "difference_p_value"].iloc[0] for s in range(200)]  # fmt: skip
    assert abs(np.mean(np.array(p_values) < 0.1) - 0.1) < 4 * np.sqrt(0.09 / 200)


def test_few_events_are_counted_and_not_judged() -> None:
    y, p, place = sample(300)
    rare = np.where(np.arange(300) < 12, "few", "many")
    made = rs.subgroup_performance(y, p, pd.DataFrame({"kind": rare, "place": place}))
    rows = made.tidy().query("variable == 'kind'").set_index("term")
    assert np.isnan(rows.loc["few", "c_statistic"])
    assert rows.loc["few", "n"] == 12
    assert np.isnan(rows.loc["many", "difference_p_value"])  # nothing left to compare with
    assert "too-few-events" in {n.code for n in made.notes}
    assert made.glance()["too_few"].iloc[0] == 1


def test_missing_levels_are_left_out_and_bad_input_is_refused() -> None:
    y, p, place = sample(500)
    held = place.astype(object).where(np.arange(500) >= 100)
    assert rs.subgroup_performance(y, p, {"place": held}).tidy()["n"].sum() == 400
    with pytest.raises(ModelError, match="do not fit"):
        rs.subgroup_performance(y, p, {"place": place[:10]})
    with pytest.raises(ModelError, match="outside 0 to 1"):
        rs.subgroup_performance(y, p * 2, {"place": place})
