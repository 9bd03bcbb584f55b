from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience_stats.errors import StudyError
from resilience_stats.synthetic.population import invent_practices, predictors
from resilience_stats.synthetic.resilience import EFFECTS, draw_resilience, draw_responders


@pytest.fixture(scope="module")
def practices() -> pd.DataFrame:
    return invent_practices(4000, np.random.default_rng(1))


def test_resilience_has_unit_variance_and_the_stated_shares(practices) -> None:
    drawn = draw_resilience(practices, predictors(practices), EFFECTS, np.random.default_rng(2))
    assert drawn.now.std() == pytest.approx(1.0, abs=0.05)
    assert np.corrcoef(drawn.before, drawn.now)[0, 1] == pytest.approx(drawn.wave_r, abs=0.03)
    groups = pd.Series(drawn.now).groupby(practices["pcn_code"].to_numpy())
    within = groups.var(ddof=1).mean()
    assert 1 - within / drawn.now.var() == pytest.approx(drawn.pcn_share, abs=0.04)


def test_effects_that_leave_no_variance_are_refused(practices) -> None:
    with pytest.raises(StudyError, match="more variance than there is"):
        draw_resilience(practices, predictors(practices), {"imd_score": 0.95}, np.random.default_rng(1))


def test_an_unknown_predictor_is_refused_with_the_nearest(practices) -> None:
    with pytest.raises(StudyError, match="Did you mean 'imd_score'"):
        draw_resilience(practices, predictors(practices), {"imd_scor": 0.1}, np.random.default_rng(1))


def test_exactly_as_many_answer_as_asked_for() -> None:
    theta = np.random.default_rng(1).standard_normal(197)
    for count in (0, 1, 138, 196, 197, 300):
        assert draw_responders(theta, count, 0.8, np.random.default_rng(2)).sum() == min(count, 197)


def test_the_more_resilient_answer_more_often_by_the_stated_slope() -> None:
    rng = np.random.default_rng(3)
    theta = rng.standard_normal(20_000)
    answered = draw_responders(theta, 14_000, 0.8, rng).astype(float)
    design, beta = np.column_stack([np.ones_like(theta), theta]), np.zeros(2)
    for _ in range(25):
        p = 1 / (1 + np.exp(-design @ beta))
        beta += np.linalg.solve(design.T * (p * (1 - p)) @ design, design.T @ (answered - p))
    assert beta[1] == pytest.approx(0.8, abs=0.07)
