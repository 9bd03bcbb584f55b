from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resilience_stats.features import scores
from resilience_stats.schema import load_instrument


@pytest.fixture
def tiny(tmp_path: Path):
    """Two areas: three agreement items of 1 to 5 (the second reversed), and one frequency item of 0 to 3."""
    options = [{"value": v, "label": str(v)} for v in range(1, 6)]
    content = {
        "id": "tiny",
        "title": "Tiny",
        "areas": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}],
        "scales": {
            "five": {"options": options, "missing": {"": "not_answered"}},
            "four": {"options": [{"value": v, "label": str(v)} for v in range(4)], "missing": {"": "not_answered"}},
        },
        "items": [
            {"id": "a_1", "text": "1", "area": "a", "scale": "five"},
            {"id": "a_2", "text": "2", "area": "a", "scale": "five", "direction": -1},
            {"id": "a_3", "text": "3", "area": "a", "scale": "five"},
            {"id": "b_1", "text": "4", "area": "b", "scale": "four"},
        ],
        "scoring": {"minimum_answered_share": 0.7, "range": [0, 100]},
    }
    path = tmp_path / "tiny.json"
    path.write_text(json.dumps(content))
    return load_instrument(path)


def responses(*answers: tuple[object, ...], wave: int = 2019) -> pd.DataFrame:
    names = ["a_1", "a_2", "a_3", "b_1"]
    coded = {
        n: pd.array([a[j] if isinstance(a[j], int) else None for a in answers], dtype="Int64")
        for j, n in enumerate(names)
    }
    kinds = {f"{n}_missing": [a[j] if isinstance(a[j], str) else None for a in answers] for j, n in enumerate(names)}
    return pd.DataFrame({**coded, **kinds}).assign(wave=wave, practice_code=[f"A8100{i}" for i in range(len(answers))])


def test_reversed_items_are_turned_and_codes_stay_codes(tiny) -> None:
    turned = scores.turn_items(responses((5, 1, 4, 3), (2, 4, 1, 0)), tiny)
    assert turned.to_numpy().tolist() == [[5, 5, 4, 3], [2, 2, 1, 0]]


def test_scores_by_hand(tiny) -> None:
    got = scores.phq_scores(responses((5, 1, 4, 3), (2, 4, 1, 0)), tiny)
    # Row 1: 100, 100, 75 in area a, 100 in b; row 2: 25, 25, 0 and 0.
    assert got["phq_a"].tolist() == pytest.approx([275 / 3, 50 / 3])
    assert got["phq_b"].tolist() == [100.0, 0.0]
    assert got["phq_overall"].tolist() == pytest.approx([375 / 4, 50 / 4])


def test_too_few_answers_give_no_score_and_what_does_not_apply_does_not_count(tiny) -> None:
    got = scores.phq_scores(
        responses((5, "dont_know", 4, 3), (5, "not_applicable", 4, 3), (5, "not_asked", "not_answered", 3)), tiny
    )
    # 2 of 3 answered is less than 0.7; 2 of the 2 that apply is all; 1 of 2 is less again.
    assert got["phq_a"].isna().tolist() == [True, False, True]
    assert got["phq_a"].iloc[1] == pytest.approx((100 + 75) / 2)
    # Overall: 3 of 4 = 0.75; 3 of 3; 2 of 3 = 0.67.
    assert got["phq_overall"].isna().tolist() == [False, False, True]


def test_seven_of_ten_is_enough_for_seven_tenths() -> None:
    values = pd.DataFrame([[50.0] * 7 + [np.nan] * 3])
    kinds = pd.DataFrame([[""] * 7 + ["not_answered"] * 3])
    assert scores.scale_score(values, kinds, 0.7).tolist() == [50.0]
    assert scores.scale_score(values, kinds, 0.71).isna().all()


def test_nothing_put_to_a_practice_gives_no_score() -> None:
    values, kinds = pd.DataFrame([[np.nan, np.nan]]), pd.DataFrame([["not_asked", "not_applicable"]])
    assert scores.scale_score(values, kinds, 0.0).isna().all()


def test_the_wave_before_is_the_latest_before(tiny) -> None:
    waves = [responses((5, 1, 5, 3), wave=2017), responses((1, 5, 1, 0), wave=2018), responses((3, 3, 3, 1), wave=2019)]
    got = scores.previous_scores(pd.concat(waves, ignore_index=True), 2019, tiny)
    assert got.loc["A81000", "wave_previous"] == 2018
    assert got.loc["A81000", "phq_overall_previous"] == 0.0


def test_a_score_knows_what_it_is_made_of(tiny) -> None:
    made = scores.part_of(tiny)
    assert made["phq_a"] == ("a_1", "a_2", "a_3")
    assert set(made["phq_overall"]) == {"phq_a", "phq_b", "a_1", "a_2", "a_3", "b_1"}


def test_kinds_of_missing_are_kept_per_answer(tiny) -> None:
    kinds = scores.item_kinds(responses((5, "dont_know", 4, "not_asked")), tiny)
    assert kinds.iloc[0].tolist() == ["", "dont_know", "", "not_asked"]
