from __future__ import annotations

import numpy as np
import pandas as pd

from resilience_stats.schema import load_instrument
from resilience_stats.synthetic import survey

PHQ = load_instrument("phq")


def wave(seed: int = 1, oddities: int = 3) -> survey.Wave:
    rng = np.random.default_rng(seed)
    steps = np.column_stack([rng.integers(0, len(i.options), 400) for i in PHQ.items])
    names = pd.Series("Practice", index=pd.Index([f"Y9{i:04d}" for i in range(400)], name="practice_code"))
    return survey.collect_wave(PHQ, names, steps, pd.Timestamp("2019-11-30"), rng, oddities=oddities)


def test_a_reversed_item_is_answered_from_the_other_end() -> None:
    forward, backward = PHQ.item("leadership_1"), PHQ.item("leadership_3")
    assert survey.answer_codes(forward, np.array([0, 4])).tolist() == [1, 5]
    assert survey.answer_codes(backward, np.array([0, 4])).tolist() == [5, 1]


def test_each_kind_of_missing_comes_at_its_rate() -> None:
    held = wave(oddities=0)
    for kind, rate in survey.MISSING_RATES.items():
        assert abs((held.kinds == kind).mean() - rate) < 4 * np.sqrt(rate / held.kinds.size)
    assert ((held.values == -1) == (held.kinds != "")).all()


def test_some_answer_twice_and_some_break_off() -> None:
    held = wave()
    counts = held.frame["practice_code"].value_counts()
    assert sorted(counts.index[counts == 2]) == sorted(held.duplicates)
    stop = int(np.ceil(survey.BROKEN_AT * len(PHQ.items)))
    for code in held.broken_off:
        row = held.frame.index[held.frame["practice_code"] == code][0]
        assert (held.kinds[row, stop:] == "not_answered").all()


def test_responses_come_in_before_the_census_and_in_order() -> None:
    held = wave().frame
    assert held["completed_at"].is_monotonic_increasing
    assert held["completed_at"].max() <= pd.Timestamp("2019-12-01")
    assert (held["started_at"] < held["completed_at"]).all()


def test_missing_is_written_in_words_for_people_and_in_codes_for_tables() -> None:
    item = PHQ.items[0]
    for kind in ("dont_know", "not_applicable", "not_asked"):
        for labels in (True, False):
            assert item.missing[survey.missing_text(item, kind, labels=labels)] == kind
    assert survey.missing_text(item, "not_answered", labels=True) == ""
