"""Last year's numbers pass this year's policy, whatever edition they come from."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from resilience_stats.disclosure import apply_policy
from resilience_stats.report import since_rows
from resilience_stats.results.rows import TOTAL, combine_rows, make_rows


def results(asked: int, answered: int, scored: int) -> pd.DataFrame:
    response: dict[str, Any] = {"chapter": "participation", "output": "response_by_place", "n": asked}
    scores: dict[str, Any] = {"chapter": "instrument", "output": "scores", "statistic": "mean"}
    return combine_rows(
        [
            make_rows(**response, group=["North", TOTAL], statistic="asked", value=asked),
            make_rows(**response, group=["North", TOTAL], statistic="responded", value=answered),
            make_rows(**response, group=["North", TOTAL], statistic="response_rate", value=answered / asked),
            make_rows(**scores, term=["Overall score", "Team"], value=[50.0, 52.0], conf_low=45.0, conf_high=55.0,
                      n=[answered, scored]),
        ]
    )  # fmt: skip


def test_what_last_years_board_did_not_see_is_not_in_this_years(tmp_path: Path) -> None:
    now = apply_policy(results(60, 41, 40), "board")
    said = {}
    for edition in ("internal", "board"):
        path = tmp_path / f"{edition}.csv"
        path.write_text(apply_policy(results(24, 20, 18), edition).to_csv(), encoding="utf-8")
        study = SimpleNamespace(previous_results=path, year=2020, area="Kent", census_date=dt.date(2020, 11, 30))
        said[edition] = since_rows(study, now, conf_level=0.95)
    then, drop = said["internal"], ["group", "part_of", "cell"]
    assert 20 not in set(then["n"]) | set(pd.to_numeric(then["value"], errors="coerce"))
    assert "Team" in set(then["term"])  # of 18, which tells nothing of the four who did not answer
    facts = [frame[frame["output"] != "since_facts"] for frame in said.values()]
    pd.testing.assert_frame_equal(facts[0].drop(columns=drop), facts[1].drop(columns=drop))
