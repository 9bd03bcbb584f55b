from __future__ import annotations

import pandas as pd

from resilience_stats.cohort.lineage import CARRIED, OWN
from resilience_stats.cohort.responses import choose_responses, no_responses
from resilience_stats.schema import load_instrument

PHQ = load_instrument("phq")
ITEMS = PHQ.item_ids


def response(
    number: int, *, link: str = OWN, answered: int = 40, day: int = 1, wave: int = 2019, code: str = "A1"
) -> dict:
    answers = {i: (4 if k < answered else None) for k, i in enumerate(ITEMS)}
    kinds = {f"{i}_missing": (None if k < answered else "not_answered") for k, i in enumerate(ITEMS)}
    about = {"response_id": str(number), "practice_code": code, "wave": wave, "link": link}
    return {**about, "completed_at": pd.Timestamp(2019, 11, day), **answers, **kinds}


def chosen(*rows: dict) -> list[str]:
    frame = pd.DataFrame(rows)
    return sorted(frame.loc[choose_responses(frame, PHQ), "response_id"])


def test_the_own_code_comes_first_then_the_most_complete_then_the_latest() -> None:
    assert chosen(response(1, day=1), response(2, day=2)) == ["2"]
    assert chosen(response(1, day=1), response(2, day=2, answered=10)) == ["1"]
    assert chosen(response(1, day=1, answered=10), response(2, day=2, link=CARRIED)) == ["1"]
    assert chosen(response(1, day=1, answered=10), response(2, day=2, answered=12)) == ["2"]


def test_each_practice_and_wave_keeps_one() -> None:
    rows = [response(1), response(2, day=2), response(3, wave=2018), response(4, code="B1")]
    assert chosen(*rows) == ["2", "3", "4"]
    assert chosen(*reversed(rows)) == ["2", "3", "4"]


def test_on_a_tie_the_later_number_whatever_the_order() -> None:
    assert chosen(response(1), response(2)) == chosen(response(2), response(1)) == ["2"]


def test_an_empty_table_has_all_columns() -> None:
    frame = no_responses(PHQ)
    assert len(frame) == 0
    assert {"practice_code", "wave", *ITEMS} <= set(frame.columns)
