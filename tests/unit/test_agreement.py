"""What the agreement functions do with awkward input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.errors import ModelError


def scores(n: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(rng.normal(size=(n, 1)) + 0.7 * rng.normal(size=(n, 3)), columns=["phq", "rat", "visit"])


def test_wide_and_long_frames_agree() -> None:
    long = scores().rename_axis("practice").reset_index().melt("practice", var_name="rater", value_name="score")
    wide = rs.intraclass_correlation(scores()).tidy()
    melted = rs.intraclass_correlation(long, subject="practice", rater="rater", score="score").tidy()
    np.testing.assert_allclose(wide["estimate"], melted["estimate"])
    one_way = rs.intraclass_correlation(long, subject="practice", score="score").tidy()
    np.testing.assert_allclose(one_way["estimate"], wide["estimate"].iloc[[0, 3]])
    np.testing.assert_allclose(one_way[["conf_low", "conf_high"]], wide[["conf_low", "conf_high"]].iloc[[0, 3]])


def test_consistency_ignores_a_shift_between_raters_and_agreement_does_not() -> None:
    shifted = scores().assign(rat=lambda d: d["rat"] + 3)
    before, after = (rs.intraclass_correlation(d).tidy().set_index("term")["estimate"] for d in (scores(), shifted))
    assert after["ICC3"] == pytest.approx(before["ICC3"])
    assert after["ICC2"] < before["ICC2"] - 0.1


def test_incomplete_subjects_are_left_out_and_said() -> None:
    gaps = scores()
    gaps.iloc[0, 0] = np.nan
    fit = rs.intraclass_correlation(gaps)
    assert fit.fit["n"] == 39
    assert "rows-dropped" in {n.code for n in fit.notes}


def test_reliable_change_directions_and_missing_scores() -> None:
    before = pd.Series([40.0, 50, 60, 70, 55])
    after = pd.Series([70.0, 52, 61, 30, np.nan])
    up = rs.reliable_change(before, after, reliability=0.9)
    down = rs.reliable_change(before, after, reliability=0.9, higher_is_better=False)
    assert (up.fit["n_improved"], up.fit["n_worse"], up.fit["n"]) == (1, 1, 4)
    assert down.tidy()["verdict"].tolist() == ["worse", "unchanged", "unchanged", "improved"]
    assert "rows-dropped" in {n.code for n in up.notes}
    assert "low-reliability" in {n.code for n in rs.reliable_change(before, after, reliability=0.5).notes}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: rs.intraclass_correlation(scores().iloc[:1]), "too few subjects"),
        (lambda: rs.intraclass_correlation(scores().iloc[:, :1]), "too few items"),
        (lambda: rs.intraclass_correlation(scores(), subject="phq"), "both subject and score"),
        (lambda: rs.intraclass_correlation(scores(), subject="practice", score="phq"), "no column named 'practice'"),
        (lambda: rs.intraclass_correlation(scores().assign(p=1), subject="p", score="phq"), "too few scores"),
        (lambda: rs.intraclass_correlation(scores() * 0), "do not vary"),
        (lambda: rs.intraclass_correlation(scores(), conf_level=2), "not a confidence level"),
        (lambda: rs.reliable_change(scores()["phq"], scores()["rat"], reliability=1.2), "reliability out of range"),
        (lambda: rs.reliable_change(scores()["phq"].iloc[:2], scores()["rat"].iloc[:2]), "too few respondents"),
    ],
)
def test_what_is_refused(call: object, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        call()  # type: ignore[operator]
