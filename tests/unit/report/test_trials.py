"""The packaged simulations of comparing and judging: what is quoted is what was found, and the methods hold up."""

from __future__ import annotations

import json

import pytest

from resilience_stats.disclosure import apply_policy
from resilience_stats.report.rows.trials import trial_rows
from resilience_stats.report.sentences_trials import trial_sentences
from resilience_stats.resources import schema_directory

MADE = json.loads((schema_directory() / "reference" / "practice_simulations.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("figure", "nominal", "room"),
    [
        ("found_nothing", 0.05, 0.0),
        ("covered_nothing", 0.95, 0.0),
        ("covered_planted", 0.95, 0.0),
        ("error_nothing", 0.0, 0.0),
        ("error_planted", 0.0, 0.0),
        ("score_covered", 0.95, 0.01),
        ("rank_covered", 0.95, 0.015),
        # Exact quantiles of the winsorised z leave a little.
        ("flagged_additive_consistent", 0.05, 0.006),
        ("flagged_multiplicative_consistent", 0.05, 0.006),
    ],
)
def test_each_method_does_what_it_says(figure: str, nominal: float, room: float) -> None:
    found = MADE["figures"][figure]
    assert abs(found["value"] - nominal) <= room + 3 * found["monte_carlo_error"]


def test_the_naive_change_finds_what_is_not_there() -> None:
    figures = MADE["figures"]
    assert figures["naive_nothing"]["value"] > 0.5
    assert figures["flagged_none"]["value"] > 0.15
    assert 0.08 < figures["flagged_additive"]["value"] < 0.13


@pytest.mark.parametrize("chapter", ["programmes", "comparing"])
def test_sentences_tell_the_packaged_figures(chapter: str) -> None:
    frame = apply_policy(trial_rows(chapter), "board")
    (text,) = trial_sentences(frame, chapter)
    assert f"In {MADE['replicates']:,} invented cohorts" in text
    shown = frame.rows["value"].astype(float)
    assert sum(f"{100 * v:.1f}%" in text for v in shown) >= 3
    assert trial_sentences(apply_policy(trial_rows(chapter).iloc[:0], "board"), chapter) == []
