"""XmR charts: limits by hand and each rule by a planted pattern."""

from __future__ import annotations

import numpy as np
import pytest

from resilience_stats.errors import ModelError
from resilience_stats.models.spc import control_chart

CALM = [50, 52, 49, 51, 50, 48, 51, 50, 52, 49, 51, 50]


def test_limits_by_hand() -> None:
    fit = control_chart([10.0, 12.0, 11.0, 15.0])
    # Moving ranges 2, 1, 4; mean 7/3; mean of the values 12.
    assert fit.fit["mean"] == 12.0
    assert fit.fit["high"] == pytest.approx(12 + 2.66 * 7 / 3)
    assert [n.code for n in fit.notes] == ["few-points"]


def test_calm_series_has_no_special_cause() -> None:
    fit = control_chart(CALM)
    assert fit.fit["special_causes"] == 0
    assert not fit.notes
    assert set(fit.tidy()["direction"]) == {"common"}


def test_a_point_beyond_the_limits_and_its_direction() -> None:
    rows = control_chart([*CALM, 30]).tidy()
    assert rows["outside_limits"].tolist() == [False] * 12 + [True]
    assert rows["direction"].iloc[-1] == "concern"
    assert control_chart([*CALM, 30], better="lower").tidy()["direction"].iloc[-1] == "improvement"


def test_seven_on_one_side_are_a_shift_and_six_are_not() -> None:
    # Uneven steps, so that nothing but the side is in a row.
    six, seven = [51, 51.4, 51, 51.4, 51, 51.4], [51, 51.4, 51, 51.4, 51, 51.4, 51]
    base = [50, 49, 51, 49, 50, 49]
    assert not control_chart([*base, 48, *six], baseline=6).tidy()["shift"].any()
    found = control_chart([*base, 48, *seven], baseline=6).tidy()
    assert found["shift"].tolist() == [False] * 7 + [True] * 7


def test_seven_rising_are_a_trend() -> None:
    rows = control_chart([50, 49, 50, 49, 49.2, 49.4, 49.6, 49.8, 50.0, 50.2, 49], baseline=4).tidy()
    assert rows["trend"].tolist() == [False] * 3 + [True] * 7 + [False]
    assert (rows.loc[rows["trend"], "direction"] == "improvement").all()


def test_two_of_three_near_a_limit() -> None:
    base = [50.0, 52, 50, 52, 50, 52]
    half = 2.66 * 2
    rows = control_chart([*base, 51 + 0.8 * half, 51, 51 + 0.8 * half], baseline=6).tidy()
    assert rows["near_limits"].tolist() == [False] * 6 + [True, False, True]
    assert not rows["outside_limits"].any()


def test_screening_ranges_keeps_one_jump_from_widening_the_limits() -> None:
    series = [50.0, 51, 50, 51, 50, 51, 50, 90, 91, 90, 91, 90]
    assert control_chart(series).fit["high"] < control_chart(series, screen_ranges=False).fit["high"]


def test_false_alarms_are_rare() -> None:
    rng = np.random.default_rng(7)
    found = [control_chart(rng.normal(size=24)).tidy()["outside_limits"].mean() for _ in range(200)]
    assert np.mean(found) < 0.02


def test_refuses_gaps_and_short_series() -> None:
    for values in ([1.0, 2.0, 3.0], [1.0, np.nan, 2.0, 3.0]):
        with pytest.raises(ModelError, match="without gaps"):
            control_chart(values)
    with pytest.raises(ModelError, match="baseline"):
        control_chart(CALM, baseline=2)
