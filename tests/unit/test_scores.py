"""Scores side by side, and the shortest scale."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.errors import ModelError
from resilience_stats.stats.scores import score_moves, shortest_set


def answers(n: int = 300, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(n, 1))
    spread = np.array([0.3, 0.4, 0.5, 2.0, 3.0, 4.0])
    return pd.DataFrame(np.digitize(theta + spread * rng.logistic(size=(n, 6)), [-1, 0, 1]) + 1, columns=list("abcdef"))


def test_sum_and_mean_rank_alike_and_the_frame_says_who_moved() -> None:
    frame = answers()
    frame.loc[3, "a"] = np.nan
    result = rs.compare_scores(frame, {"team": list("abc"), "care": list("cdef")})
    tidy = result.tidy().set_index("term")
    assert tidy.loc["team: mean for sum", "estimate"] == pytest.approx(1.0)
    assert tidy.loc["team: mean for sum", "max_rank_move"] == 0.0
    assert tidy.loc["team: irt for sum", "n"] == 299
    assert result.scores.shape == (300, 10)
    assert result.scores["team"].loc[3].isna().all()
    assert not result.scores["care"].loc[3].isna().any()
    expected = frame[list("abc")].dropna()
    np.testing.assert_allclose(result.scores[("team", "sum")].dropna(), expected.sum(axis=1))
    np.testing.assert_allclose(
        result.reliability.loc["team", "alpha"], rs.reliability(expected).fit["alpha"], rtol=1e-12
    )


def test_weights_are_used_and_must_be_complete() -> None:
    frame = answers()
    result = rs.compare_scores(frame, {"team": list("abc")}, weights={"a": 2.0, "b": 1.0, "c": 1.0})
    np.testing.assert_allclose(result.scores[("team", "weighted")], (2 * frame["a"] + frame["b"] + frame["c"]) / 4)
    with pytest.raises(ModelError, match="no weight"):
        rs.compare_scores(frame, {"team": list("abc")}, weights={"a": 1.0})


def test_turned_items_are_turned_in_every_score() -> None:
    frame = answers()
    turned = frame.assign(b=5 - frame["b"])
    one = rs.compare_scores(frame, {"team": list("abc")})
    other = rs.compare_scores(turned, {"team": list("abc")}, reverse=["b"])
    pd.testing.assert_frame_equal(one.scores, other.scores, rtol=1e-5, atol=1e-5)


def test_two_items_get_no_factor_score_and_that_is_said() -> None:
    result = rs.compare_scores(answers(), {"team": ["a", "b"]})
    assert ("team", "factor") not in result.scores.columns
    assert "no-factor-score" in {n.code for n in result.notes}


def test_areas_must_name_items() -> None:
    for model in ({}, {"team": ["a"]}, {"team": "abc"}):
        with pytest.raises(ModelError):
            rs.compare_scores(answers(), model)


def test_a_reliable_move_is_counted() -> None:
    moved = np.arange(10.0)
    moved[[0, 9]] = moved[[9, 0]]
    out = score_moves(np.arange(10.0), moved, 1.0)
    assert out["share_reliable_move"] == pytest.approx(0.2)
    assert out["max_rank_move"] == 9.0


def test_the_shortest_set_reaches_the_share_and_no_item_can_be_spared() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        information = rng.exponential(size=8)
        chosen = shortest_set(information, 0.7)
        total = information.sum()
        assert information[chosen].sum() >= 0.7 * total
        assert information[chosen[:-1]].sum() < 0.7 * total
    assert set(shortest_set(np.array([3.0, 2.0, 1.0]), 0.4, [2])) == {2, 0}


def test_a_short_scale_keeps_the_telling_items() -> None:
    short = rs.shorten_scale(answers(600), keep=0.85, n_boot=10, random_state=1)
    assert set(short.kept) == set("abc")
    assert short.fit["information_kept"] >= 0.85
    assert short.fit["reliability_short"] < short.fit["reliability"]
    assert (short.tidy().set_index("term").loc[list("abc"), "share_kept"] > 0.9).all()
    assert (short.information["short"] < short.information["full"]).all()
    again = rs.shorten_scale(answers(600), keep=0.85, n_boot=10, random_state=1)
    pd.testing.assert_frame_equal(short.tidy(), again.tidy())


def test_named_items_stay_and_the_focus_matters() -> None:
    frame = answers(600)
    assert "f" in rs.shorten_scale(frame, keep=0.5, must_keep=["f"]).kept
    low = rs.shorten_scale(frame, keep=0.9, focus=(-3.0, -1.0))
    assert low.fit["information_kept"] >= 0.9
    for options in ({"keep": 1.5}, {"focus": (1.0, 0.0)}, {"n_boot": 10}, {"must_keep": ["z"]}):
        with pytest.raises(ModelError):
            rs.shorten_scale(frame, **options)
