"""The simulation of few events as rows and sentences: what it must show, and that sentences follow the rows."""

from __future__ import annotations

import pandas as pd
import pytest

from resilience_stats.disclosure import apply_policy
from resilience_stats.report.rows.rare_events import rare_event_rows, rare_events
from resilience_stats.report.sentences_rare_events import rare_event_sentences


@pytest.fixture(scope="module")
def figures() -> pd.Series:
    held = pd.DataFrame(rare_events()["rows"])
    return held.set_index(["events", "figure"])["value"]


@pytest.mark.parametrize("events", [5, 10, 20, 40])
def test_penalised_intervals_keep_their_promise(figures: pd.Series, events: int) -> None:
    for predictor in ("x", "z"):
        assert figures[events, f"firth/{predictor}/covers"] == pytest.approx(0.95, abs=4 * (0.05 * 0.95 / 480) ** 0.5)


def test_the_penalty_takes_bias_away_and_the_corrected_intercept_mends_predictions(figures: pd.Series) -> None:
    assert abs(figures[5, "firth/z/error"]) < abs(figures[5, "none/z/error"])
    assert figures[5, "firth/risk/ratio"] > 1.25 > 1.1 > figures[5, "flic/risk/ratio"]
    assert figures[5, "flac/risk/ratio"] < 1.1
    assert abs(figures[5, "corrected/c_statistic/error"]) < 0.02 < figures[5, "apparent/c_statistic/error"]
    assert figures[5, "separated"] > 0.1 > figures[20, "separated"]


def test_every_edition_shows_it_and_sentences_follow_the_rows() -> None:
    for edition in ("board", "public"):
        released = apply_policy(rare_event_rows(), edition)
        assert (released.rows["disclosure"] != "[c]").all()
    said = rare_event_sentences(released)
    assert len(said) == 5
    assert "With 5 events" in said[1]
    rows = rare_event_rows()
    rows.loc[rows["statistic"] == "risk_ratio", "value"] = 7.0
    assert "7.00" in rare_event_sentences(apply_policy(rows, "board"))[3]


def test_few_events_come_first() -> None:
    rows = rare_event_rows().query("output == 'rare_risks'")
    assert rows["group"].drop_duplicates().tolist() == ["5 events", "10 events", "20 events", "40 events"]
