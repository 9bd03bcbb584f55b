"""Calibration and decision curves: identities, known truth, errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.errors import ModelError
from resilience_stats.stats.decision import net_benefit
from resilience_stats.stats.discrimination import c_statistic, gini_mean_difference


def sample(n: int = 400, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = rng.beta(2, 5, n)
    return (rng.random(n) < p).astype(int), p


def test_true_risks_are_calibrated_within_their_error() -> None:
    y, p = sample(4000)
    rows = rs.calibration(y, p).tidy().set_index("term")
    assert rows.loc["calibration_slope", "conf_low"] < 1 < rows.loc["calibration_slope", "conf_high"]
    assert rows.loc["calibration_in_the_large", "conf_low"] < 0 < rows.loc["calibration_in_the_large", "conf_high"]
    assert rows.loc["ici", "estimate"] < 0.03


def test_a_strategy_is_compared_with_those_who_ask_row_by_row() -> None:
    y, p = sample(500)
    asks = (np.arange(500) % 3 == 0).astype(int)
    made = rs.decision_curve(y, {"model": p, "asks": asks}, [0.2, 0.4], against=["asks"]).tidy()
    at = made.set_index(["term", "threshold"])
    for t in (0.2, 0.4):
        worth = np.where(y == 1, 1.0, -t / (1 - t))
        gain = ((p >= t).astype(float) - asks) * worth
        row = at.loc[("model", t)]
        assert row["against_asks"] == pytest.approx(row["estimate"] - at.loc[("asks", t), "estimate"])
        reach = 1.959963984540054 * gain.std() / np.sqrt(500)
        assert row["against_asks_high"] - row["against_asks"] == pytest.approx(reach)
        assert at.loc[("asks", t), "against_asks_high"] == 0
        assert row["against_all"] == pytest.approx(row["estimate"] - at.loc[("all", t), "estimate"])
    with pytest.raises(ModelError, match="against"):
        rs.decision_curve(y, p, [0.2], against=["asks"])


def test_the_smooth_of_very_many_risks_is_interpolated_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    y, p = sample(4000)
    whole = rs.calibration(y, p)
    monkeypatch.setattr("resilience_stats.models.performance._MOST_POINTS", 1000)
    made = rs.calibration(y, p)
    assert not whole.notes
    assert "curve-interpolated" in {n.code for n in made.notes}
    np.testing.assert_allclose(made.curve["loess"], whole.curve["loess"], atol=5e-3)


def test_halved_logits_double_the_slope_and_keep_the_order() -> None:
    y, p = sample()
    flat = 1 / (1 + np.exp(-np.log(p / (1 - p)) / 2))
    one, two = rs.calibration(y, p).glance().iloc[0], rs.calibration(y, flat).glance().iloc[0]
    np.testing.assert_allclose(two["calibration_slope"], 2 * one["calibration_slope"], rtol=1e-8)
    np.testing.assert_allclose(two["c_statistic"], one["c_statistic"])


def test_c_statistic_counts_pairs_with_and_without_weights() -> None:
    rng = np.random.default_rng(3)
    y, score, w = rng.integers(0, 2, 50), rng.integers(0, 6, 50), rng.integers(1, 4, 50)
    gap = np.subtract.outer(score[y == 1], score[y == 0])
    pairs = np.multiply.outer(w[y == 1], w[y == 0])
    np.testing.assert_allclose(c_statistic(y, score), np.mean((gap > 0) + 0.5 * (gap == 0)))
    np.testing.assert_allclose(
        c_statistic(y, score, w.astype(float)), np.sum(pairs * ((gap > 0) + 0.5 * (gap == 0))) / pairs.sum()
    )
    np.testing.assert_allclose(
        gini_mean_difference(score.astype(float)), np.abs(np.subtract.outer(score, score)).sum() / (50 * 49)
    )


def test_constant_and_few_risks_are_judged_too() -> None:
    y = np.array([0, 1, 0, 1, 1, 0, 0, 0])
    made = rs.calibration(y, np.full(8, 0.4)).glance().iloc[0]
    assert made["c_statistic"] == 0.5
    np.testing.assert_allclose(made["ici"], abs(0.4 - y.mean()))
    assert np.isnan(made["calibration_slope"])
    two = rs.calibration(y, np.where(np.arange(8) < 4, 0.2, 0.5))
    np.testing.assert_allclose(two.curve["loess"], [0.5, 0.25])


def test_acting_on_all_and_none_frame_every_strategy() -> None:
    y, p = sample()
    asks = (p > 0.5).astype(float)
    rows = rs.decision_curve(y, {"model": p, "those who ask": asks}, [0.1, 0.3]).tidy()
    assert set(rows["term"]) == {"model", "those who ask", "all", "none"}
    assert (rows.query("term == 'none'")["estimate"] == 0).all()
    everyone = rows.query("term == 'all'").set_index("threshold")["estimate"]
    np.testing.assert_allclose(everyone[0.1], y.mean() - (1 - y.mean()) / 9)
    model = rows.query("term == 'model'").set_index("threshold")
    np.testing.assert_allclose(model["against_all"], model["estimate"] - everyone, atol=1e-12)
    assert (model["conf_low"] < model["estimate"]).all()
    assert model["ppv"].between(model["ppv_low"], model["ppv_high"]).all()


def test_interval_of_net_benefit_is_that_of_a_bootstrap() -> None:
    y, p = sample(300)
    row = rs.decision_curve(y, p, [0.3]).tidy().query("term == 'model'").iloc[0]
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(2000):
        i = rng.integers(300, size=300)
        acted = p[i] >= 0.3
        draws.append(net_benefit((acted & (y[i] == 1)).sum(), (acted & (y[i] == 0)).sum(), 300, np.array(0.3)))
    np.testing.assert_allclose(np.std(draws), row["std_error"], rtol=0.08)


def test_impossible_risks_and_outcomes_are_refused() -> None:
    for y, p, said in (
        ([0, 1], [0.2, 1.2], "outside 0 to 1"), ([0, 2], [0.2, 0.3], "both 0 and 1"),
        ([0, 0], [0.2, 0.3], "both 0 and 1"),
        ([0, 1], [0.2], "differ in length"), ([0, 1], [0.2, np.nan], "missing"),
    ):  # fmt: skip
        with pytest.raises(ModelError, match=said):
            rs.calibration(y, p)
    with pytest.raises(ModelError, match="a threshold is a risk"):
        rs.decision_curve([0, 1], [0.2, 0.3], [1.0])


def test_series_do_as_well_as_arrays() -> None:
    y, p = sample(60)
    frame = pd.DataFrame({"y": y, "p": p}, index=np.arange(60)[::-1])
    assert rs.calibration(frame["y"], frame["p"]).glance().equals(rs.calibration(y, p).glance())


def test_risks_of_nothing_and_everything_and_one_risk_for_all_are_judged_without_noise() -> None:
    told = rs.calibration([0, 1, 0, 1, 1], [0, 1, 0, 1, 0]).glance().iloc[0]
    assert np.isnan(told["spiegelhalter_z"])
    assert told["hosmer_lemeshow"] == np.inf  # an event where the risk was said to be 0
    right = rs.calibration([0, 1, 0, 1], [0, 1, 0, 1]).glance().iloc[0]
    assert right["hosmer_lemeshow"] == 0
    flat = rs.calibration([0, 1, 0, 1], [0.5] * 4).glance().iloc[0]
    assert flat["c_statistic"] == 0.5
    assert np.isnan(flat["spiegelhalter_z"])
