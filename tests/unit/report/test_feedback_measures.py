"""Errors of scores, rounded figures of peers, the curve drawn from them, and the choice of areas."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from resilience_stats.report.feedback_measures import (
    GRID,
    PeerFigures,
    change_limit,
    likely_range,
    peer_figures,
    rounded,
    score_errors,
    smooth_curve,
    stand_out,
)
from resilience_stats.report.feedback_pictures import AreaRow, areas_picture, spread_picture
from resilience_stats.schema import load_instrument


def test_error_of_a_score_by_hand() -> None:
    phq = load_instrument("phq")
    rng = np.random.default_rng(1)
    trait = rng.normal(size=(300, 1))
    names = [i.id for i in phq.items_of("finance")]
    items = pd.DataFrame(np.clip(np.round(3 + trait + rng.normal(size=(300, len(names)))), 1, 4), columns=names)
    scores = pd.DataFrame({"phq_finance": items.mean(axis=1) * 25.0})
    found = score_errors(items, scores, phq)
    points = pd.DataFrame({i.id: 100 * (items[i.id] - i.options[0].value) / (i.options[-1].value - i.options[0].value)
                           for i in phq.items_of("finance")})  # fmt: skip
    c = points.cov().to_numpy()
    k = len(names)
    alpha = k / (k - 1) * (1 - np.trace(c) / c.sum())
    assert found.reliability["phq_finance"] == pytest.approx(alpha)
    assert found.values["phq_finance"].iloc[0] == pytest.approx(scores["phq_finance"].std() * np.sqrt(1 - alpha))
    items.iloc[0, 0] = np.nan
    missing = score_errors(items, scores, phq).values["phq_finance"]
    assert missing.iloc[0] == pytest.approx(missing.iloc[1] * np.sqrt(k / (k - 1)))


def test_items_not_asked_and_areas_without_variation_have_an_error_all_the_same() -> None:
    phq = load_instrument("phq")
    rng = np.random.default_rng(6)
    names = [i.id for i in phq.items_of("finance")]
    items = pd.DataFrame(rng.integers(1, 5, (40, len(names))), columns=names).astype(float)
    items[names[0]] = np.nan
    scores = pd.DataFrame({"phq_finance": items.mean(axis=1) * 25.0})
    assert score_errors(items, scores, phq).values["phq_finance"].notna().all()
    flat = score_errors(items * 0 + 2.0, scores * 0 + 50.0, phq)
    assert flat.reliability["phq_finance"] == 0.0
    assert (flat.values["phq_finance"] == 0.0).all()


def test_likely_range_holds_the_true_score_at_its_rate() -> None:
    rng = np.random.default_rng(2)
    truth = rng.normal(60, 8, 4000)
    seen = truth + rng.normal(0, 5, 4000)
    limits = np.array([likely_range(s, 5.0) for s in seen])
    assert ((limits[:, 0] < truth) & (truth < limits[:, 1])).mean() == pytest.approx(0.95, abs=0.011)
    assert likely_range(99.0, 5.0)[1] == 100.0
    again = truth + rng.normal(0, 5, 4000)
    assert (np.abs(again - seen) > change_limit(5.0)).mean() == pytest.approx(0.05, abs=0.011)


def test_figures_of_fewer_than_ten_are_not_there() -> None:
    theirs = pd.DataFrame({"phq_overall": np.arange(10.0), "phq_access": [*np.arange(9.0), np.nan]})
    found = peer_figures(theirs)
    assert set(found.median) == {"phq_overall"}
    assert found.gap("phq_access", 50.0, 3.0) is None
    assert PeerFigures(count=0, lower={}, median={}, upper={}).curve == ()


def test_everything_kept_of_peers_is_rounded() -> None:
    theirs = pd.DataFrame({"phq_overall": np.random.default_rng(3).normal(60, 12, 20)})
    found = peer_figures(theirs)
    for figures in (found.lower, found.median, found.upper):
        assert figures["phq_overall"] % 5 == 0


@pytest.mark.parametrize(("value", "expected"), [(52.4, 50), (52.5, 55), (57.49, 55), (0.0, 0), (99.0, 100)])
def test_rounding(value: float, expected: float) -> None:
    assert rounded(value) == expected


def test_curve_has_the_quartiles_that_it_was_given() -> None:
    curve = np.array(smooth_curve(50.0, 60.0, 70.0))
    share = np.cumsum(curve) / curve.sum()
    for quantile, expected in ((0.25, 50), (0.5, 60), (0.75, 70)):
        assert np.interp(quantile, share, GRID + 1.0) == pytest.approx(expected, abs=0.6)


@pytest.mark.parametrize("three", [(50.0, 50.0, 50.0), (0.0, 0.0, 5.0), (95.0, 100.0, 100.0), (40.0, 75.0, 80.0)])
def test_curve_of_odd_quartiles_is_still_one_hill(three: tuple[float, float, float]) -> None:
    curve = np.array(smooth_curve(*three))
    assert np.isfinite(curve).all()
    top = int(curve.argmax())
    assert (np.diff(curve[: top + 1]) >= 0).all()
    assert (np.diff(curve[top:]) <= 0).all()


def test_sure_gaps_come_before_large_unsure_ones() -> None:
    gaps = pd.Series({"wide": 25.0, "sure": 18.0, "small": 1.0, "below": -30.0})
    errors = pd.Series({"wide": 25.0, "sure": 4.0, "small": 4.0, "below": 4.0})
    above, below = stand_out(gaps, errors, sign=1), stand_out(gaps, errors, sign=-1)
    assert above.index.tolist() == ["sure", "wide"]
    assert above["certain"].tolist() == [True, False]
    assert below.index.tolist() == ["below"]
    assert stand_out(pd.Series(dtype=float), pd.Series(dtype=float), sign=1).empty


def test_pictures_escape_text_and_use_greys_alone() -> None:
    row = AreaRow(label="<b>Money & more</b>", score=50.0, low=40.0, high=60.0, lower=45.0, upper=70.0)
    silent = AreaRow(label="Silent", score=None, low=None, high=None, lower=None, upper=None)
    for svg in (areas_picture([row, silent]), spread_picture(4.0, 0.0, 12.0, smooth_curve(40, 50, 60), (40.0, 60.0))):
        assert "<b>" not in svg
        for colour in set(re.findall(r"#[0-9a-f]{6}", svg)):
            red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
            assert max(red, green, blue) - min(red, green, blue) <= 12
