"""What those who did not answer could change: known truth, bounds that hold it, silence where nothing can be said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resilience_stats.disclosure import DisclosedFrame, apply_policy
from resilience_stats.report.rows.nonresponse import nonresponse_rows
from resilience_stats.report.sentences_nonresponse import nonresponse_sentences
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import make_rows

WORDS = wording("participation")["nonresponse"]


def example(n: int = 400) -> tuple[Any, Any, float]:
    """Practices with many GPs score higher and answer more often: the plain mean is too high."""
    rng = np.random.default_rng(6)
    gps = rng.normal(size=n)
    score = np.clip(60 + 8 * gps + rng.normal(0, 8, n), 0, 100)
    answered = rng.random(n) < 1 / (1 + np.exp(-0.8 - 1.0 * gps))
    frame = pd.DataFrame({"phq_overall": np.where(answered, score, np.nan), "gps": gps, "responded": answered})
    frame.index = [f"Y{k:05d}" for k in range(n)]
    catalogue = pd.DataFrame({"name": frame.columns, "unit": ["points, 0 to 100", "FTE", ""]})
    study = SimpleNamespace(
        outcome=SimpleNamespace(name="phq_overall"), predictors=(SimpleNamespace(name="gps", role="exposure"),)
    )
    return study, SimpleNamespace(frame=frame, catalogue=catalogue), float(score.mean())


def release(study: Any, features: Any) -> DisclosedFrame:
    return apply_policy(nonresponse_rows(study, features, conf_level=0.95), "board")


def means(frame: DisclosedFrame) -> pd.DataFrame:
    return frame.select(output="nonresponse", statistic="mean").rows.set_index("term")


def test_weights_bring_the_mean_back_and_the_bounds_hold_the_truth() -> None:
    study, features, truth = example()
    found = means(release(study, features))
    plain, weighted = found.loc[WORDS["answered"]], found.loc[WORDS["weighted"]]
    assert plain["conf_low"] > truth
    assert weighted["conf_low"] < truth < weighted["conf_high"]
    assert found.loc[WORDS["lowest"], "value"] < truth < found.loc[WORDS["highest"], "value"]


def test_the_interval_speaks_of_the_practices_asked() -> None:
    study, features, _ = example()
    y = features.frame["phq_overall"].dropna()
    row = means(release(study, features)).loc[WORDS["answered"]]
    error = y.std() / np.sqrt(len(y)) * np.sqrt(1 - len(y) / len(features.frame))
    assert (row["conf_high"] - row["conf_low"]) / 2 / error == pytest.approx(1.966, abs=0.01)


def test_the_bounds_put_all_others_at_an_end_of_the_scale() -> None:
    study, features, _ = example()
    found = means(release(study, features))
    padded = features.frame["phq_overall"]
    assert found.loc[WORDS["lowest"], "value"] == pytest.approx(padded.fillna(0).mean())
    assert found.loc[WORDS["highest"], "value"] == pytest.approx(padded.fillna(100).mean())


def test_nothing_is_said_without_a_scale_or_where_everybody_answered() -> None:
    study, features, _ = example()
    features.catalogue["unit"] = "stars"
    assert nonresponse_sentences(release(study, features), conf_level=0.95) == []
    study, features, _ = example()
    features.frame = features.frame.dropna()
    assert nonresponse_sentences(release(study, features), conf_level=0.95) == []


def test_without_predictors_there_are_no_weights() -> None:
    study, features, _ = example()
    study.predictors = ()
    assert WORDS["weighted"] not in means(release(study, features)).index


def test_the_sentences_say_the_rows() -> None:
    rows = make_rows(
        "participation", "nonresponse", term=[WORDS["answered"], WORDS["lowest"], WORDS["highest"]], statistic="mean",
        value=[65.44, 44.85, 76.32], conf_low=[64.1, None, None], conf_high=[66.8, None, None], n=135,
    )  # fmt: skip
    mean, bounds = nonresponse_sentences(apply_policy(rows, "board"), conf_level=0.95)
    assert "is 65.4 (95% interval 64.1 to 66.8" in mean
    assert "lies between 44.9 and 76.3" in bounds
